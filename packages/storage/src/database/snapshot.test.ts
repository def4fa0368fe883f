import { readFileSync, statSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { sqliteSnapshot } from "./snapshot-sqlite.ts";
import { isInBackups, parentsFirst } from "./backup-tables.ts";
import { clearIndexOfFile } from "./clear-index.ts";
import { newSqliteFile } from "./fill-sqlite.ts";
import type { FillingDatabase } from "./fill-sqlite.ts";
import { MIGRATIONS } from "./migrate.ts";
import { openWithKey } from "./open-file.ts";
import { openDatabase } from "./open-database.ts";
import { openPostgres } from "./open-postgres.ts";
import { newPostgresSchema, takePostgresPlace } from "./postgres/fill.ts";
import type { Snapshot, SnapshotRow, SnapshotValue } from "../backup/index.ts";
import { onPostgres } from "./testing/engines.ts";
import {
  aConversation,
  aMemory,
  aMessage,
  must,
  openTest,
  optionsFor,
  person,
  removeFolders,
  scopeOf,
  silent,
  standingClock,
  temporaryFile,
} from "./testing/world.ts";

afterEach(removeFolders);

const clock = standingClock();
const KNOWN = MIGRATIONS.at(-1)?.version ?? 0;
type Tables = Readonly<Record<string, { readonly columns: readonly string[]; readonly rows: readonly SnapshotRow[] }>>;

/** The driver's own kind of bytes is not worth a difference. */
const plain = (value: SnapshotValue): SnapshotValue => (value instanceof Uint8Array ? new Uint8Array(value) : value);

/** Every row of a snapshot, the columns and facts in one order whatever the engine. */
const read = async (snapshot: Snapshot): Promise<Tables> => {
  const tables: Record<string, { columns: readonly string[]; rows: SnapshotRow[] }> = {};
  for (const table of snapshot.tables) {
    const rows: SnapshotRow[] = [];
    let columns: readonly string[] = [];
    for await (const page of snapshot.rows(table)) {
      const { columns: names, rows: found } = must(page);
      columns = names.toSorted();
      rows.push(...found.map((row) => columns.map((column) => plain(row[names.indexOf(column)] ?? null))));
    }
    tables[table] = { columns, rows: rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) };
  }
  await snapshot.close();
  return tables;
};

/** Made-up rows for every column of every table, whose keys fit each other. */
const everyTable = async (): Promise<Tables> => {
  const file = temporaryFile();
  const options = optionsFor(file);
  void must(await newSqliteFile({ file, key: options.key, clock }, KNOWN)).abandon();
  const handle = openWithKey(file, options.key, { readonly: true });
  const names = handle.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
  const tables: Record<string, { columns: readonly string[]; rows: SnapshotRow[] }> = {};
  for (const table of names.filter(isInBackups)) {
    const columns = handle
      .prepare<[string], { name: string; type: string }>("SELECT name, type FROM pragma_table_info(?)")
      .all(table);
    const value = ({ name, type }: { name: string; type: string }, n: number): SnapshotValue => {
      if (type === "INTEGER") return table === "audit_details" ? n : n + 1;
      // What is shared up to a message is a conversation, and these are of nothing in particular.
      if (name === "up_to") return null;
      if (type === "BLOB") return new Uint8Array([0, n, 255]);
      return name === "id" || name.endsWith("_id") ? `id-${String(n)}` : `${name} ${String(n)} ä"\\`;
    };
    tables[table] = {
      columns: columns.map(({ name }) => name),
      rows: [0, 1, 2].map((n) => columns.map((column) => value(column, n))),
    };
  }
  handle.close();
  return tables;
};

const fillWith = async (filling: FillingDatabase, tables: Tables): Promise<void> => {
  // Children first: a restore must not depend on the order.
  for (const [table, { columns, rows }] of Object.entries(tables).toReversed())
    must(await filling.insert(table, columns, rows));
  must(await filling.finish());
};

const sorted = (tables: Tables): Tables =>
  Object.fromEntries(
    Object.entries(tables).map(([table, { columns, rows }]) => {
      const order = columns.toSorted();
      const sortedRows = rows.map((row) => order.map((column) => row[columns.indexOf(column)] ?? null));
      return [
        table,
        { columns: order, rows: sortedRows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) },
      ];
    }),
  );

describe("parents and children", () => {
  it("puts parents first, whatever they are called", () => {
    const tables = [
      { name: "a", parents: ["z"] },
      { name: "m", parents: ["a", "m"] },
      { name: "z", parents: [] },
    ];
    expect(parentsFirst(tables)).toEqual(["z", "a", "m"]);
  });

  it("ends even when tables name each other", () => {
    expect(
      parentsFirst([
        { name: "a", parents: ["b"] },
        { name: "b", parents: ["a"] },
      ]).toSorted(),
    ).toEqual(["a", "b"]);
  });
});

describe("a snapshot of the encrypted file", () => {
  it("has every table but indexes, the account of migrations and answers that are only begun", async () => {
    const options = optionsFor(temporaryFile());
    const db = await openTest(options);
    const snapshot = must(await db.snapshot());
    const handle = openWithKey(options.file, options.key, { readonly: true });
    const all = handle.prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'table'").pluck().all();
    handle.close();
    const left = all.filter((name) => !snapshot.tables.includes(name));
    expect(left.length).toBeGreaterThan(1);
    for (const name of left)
      expect(name).toMatch(/^(schema_versions|memory_words|message_words|message_index|word_index|usage_begun)/);
    expect(snapshot).toMatchObject({ engine: "sqlite", schemaVersion: KNOWN, auditRecords: 0 });
    await snapshot.close();
    await db.close();
  });

  it("stays as it was while others write, and does not hold them up", async () => {
    const db = await openTest(optionsFor(temporaryFile()));
    const ada = person();
    const me = scopeOf(ada);
    const home = aConversation(ada);
    must(await db.conversations.create(me, home));
    const snapshot = must(await db.snapshot());
    for (let n = 0; n < 300; n += 1) must(await db.conversations.append(me, "main", aMessage(home, `m ${String(n)}`)));
    const found = await read(snapshot);
    expect(found["messages"]?.rows).toEqual([]);
    expect(found["conversations"]?.rows).toHaveLength(1);
    expect((await read(must(await db.snapshot())))["messages"]?.rows).toHaveLength(300);
    await db.close();
  });

  it("holds no word of an index", async () => {
    const db = await openTest(optionsFor(temporaryFile()));
    const ada = person();
    must(await db.memories.create(scopeOf(ada), aMemory(ada, "Zwetschgenknödel with plums")));
    const text = JSON.stringify(await read(must(await db.snapshot())));
    expect(text.toLowerCase()).not.toContain("zwetschgen");
    await db.close();
  });

  it("is refused when the database is closed, and when the key is another's", async () => {
    const options = optionsFor(temporaryFile());
    const db = await openTest(options);
    expect(sqliteSnapshot(options.file, new Uint8Array(32))).toMatchObject({
      ok: false,
      error: { code: "DATABASE_DAMAGED" },
    });
    await db.close();
    expect(await db.snapshot()).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
  });
});

describe("a file that is put aside", () => {
  it("has no word left, loses nothing else, and is found by words again once it is opened", async () => {
    const options = optionsFor(temporaryFile());
    const ada = person();
    const db = await openTest(options);
    must(await db.memories.create(scopeOf(ada), aMemory(ada, "plums and pears")));
    await db.close();
    const count = (): unknown => {
      const raw = openWithKey(options.file, options.key, { readonly: false });
      const found = raw.prepare("SELECT count(*) FROM memory_words_docsize").pluck().get();
      raw.close();
      return found;
    };
    expect(count()).toBe(1);
    must(clearIndexOfFile(options.file, options.key));
    must(clearIndexOfFile(options.file, options.key));
    expect(count()).toBe(0);
    const again = await openTest(options);
    expect(must(await again.check())).toEqual([]);
    expect(must(await again.memories.search(scopeOf(ada), "plums", 5, [ada.id]))).toHaveLength(1);
    await again.close();
    expect(clearIndexOfFile(options.file, new Uint8Array(32))).toMatchObject({ error: { code: "DATABASE_DAMAGED" } });
  });
});

describe("filling a new file", () => {
  it("gives back every row of every table, and opens without a fault", async () => {
    const options = optionsFor(temporaryFile());
    const tables = await everyTable();
    expect(Object.keys(tables).length).toBeGreaterThan(20);
    await fillWith(must(await newSqliteFile({ ...options, clock }, KNOWN)), tables);
    const db = must(await openDatabase(options));
    expect(must(await db.check())).toEqual([]);
    const found = await read(must(await db.snapshot()));
    // Opening counts itself.
    const { facts, ...others } = found;
    const { facts: wanted, ...given } = sorted(tables);
    expect(others).toEqual(given);
    expect(facts?.rows).toEqual(expect.arrayContaining([...(wanted?.rows ?? [])]));
    expect(statSync(options.file).mode & 0o777).toBe(0o600);
    expect(readFileSync(options.file).includes("id-1")).toBe(false);
    await db.close();
  });

  it("starts from the schema of its backup and is brought up to date by whoever opens it", async () => {
    const options = optionsFor(temporaryFile());
    must(await must(await newSqliteFile({ ...options, clock }, 2)).finish());
    const db = must(await openDatabase(options));
    const snapshot = must(await db.snapshot());
    expect(snapshot.schemaVersion).toBe(KNOWN);
    await snapshot.close();
    await db.close();
  });

  it("refuses tables and columns that it does not know, and rows whose parents are missing", async () => {
    const options = optionsFor(temporaryFile());
    const filling = must(await newSqliteFile({ ...options, clock }, KNOWN));
    const refused = { ok: false, error: { code: "DATABASE_DAMAGED" } };
    expect(await filling.insert("nobody", ["id"], [["x"]])).toMatchObject(refused);
    expect(await filling.insert("epochs", ["tenant_id", "nothing"], [["x", "y"]])).toMatchObject(refused);
    expect(await filling.insert("schema_versions", ["version", "name"], [[99, "x"]])).toMatchObject(refused);
    expect(await filling.insert("epochs", ["tenant_id", "epoch"], [["x", 1]])).toEqual({ ok: true, value: undefined });
    expect(
      await filling.insert(
        "plan_steps",
        ["plan_id", "step", "call_id", "tenant_id", "owner_id", "audience"],
        [["none", 1, "c", "t", "o", "[]"]],
      ),
    ).toMatchObject({ ok: true });
    expect(await filling.finish()).toMatchObject(refused);
    await filling.abandon();
  });
});

onPostgres((_engine, server) => {
  const place = () => server().place;

  it("carries every row of every table to PostgreSQL and back to SQLite", async () => {
    const tables = await everyTable();
    await fillWith(must(await newPostgresSchema({ connection: place(), schema: "carried", clock }, KNOWN)), tables);
    const options = optionsFor(temporaryFile());
    const db = must(await openPostgres({ ...options, connection: place(), schema: "carried", log: silent }));
    expect(must(await db.check())).toEqual([]);
    const onPostgresNow = await read(must(await db.snapshot()));
    const { facts: _before, ...given } = sorted(tables);
    const { facts: _after, ...found } = onPostgresNow;
    expect(found).toEqual(given);
    await fillWith(must(await newSqliteFile({ ...options, clock }, KNOWN)), onPostgresNow);
    const back = must(await openDatabase(options));
    const { facts: _last, ...again } = await read(must(await back.snapshot()));
    expect(again).toEqual(given);
    await back.close();
    await db.close();
  });

  it("numbers new rows behind the restored ones, and checks parents again", async () => {
    await fillWith(
      must(await newPostgresSchema({ connection: place(), schema: "numbered", clock }, KNOWN)),
      await everyTable(),
    );
    const db = must(await openPostgres({ ...optionsFor(temporaryFile()), connection: place(), schema: "numbered" }));
    const ada = person();
    must(await db.memories.create(scopeOf(ada), aMemory(ada, "plums")));
    expect(must(await db.memories.list(scopeOf(ada), 5))).toHaveLength(1);
    const orphan = aMessage(aConversation(ada));
    expect((await db.conversations.append(scopeOf(ada), "main", orphan)).ok).toBe(false);
    await db.close();
  });

  it("leaves nothing of a schema that was not finished, refuses one that is there, and refuses orphans", async () => {
    const filling = must(await newPostgresSchema({ connection: place(), schema: "half", clock }, KNOWN));
    must(await filling.insert("epochs", ["tenant_id", "epoch"], [["x", 1]]));
    await filling.abandon();
    expect(await newPostgresSchema({ connection: place(), schema: "half", clock }, KNOWN)).toMatchObject({
      ok: false,
      error: { code: "CONFLICT" },
    });
    const other = must(await newPostgresSchema({ connection: place(), schema: "orphans", clock }, KNOWN));
    must(
      await other.insert(
        "plan_steps",
        ["plan_id", "step", "call_id", "tenant_id", "owner_id", "audience"],
        [["none", 1, "c", "t", "o", "[]"]],
      ),
    );
    expect(await other.finish()).toMatchObject({ ok: false, error: { code: "DATABASE_DAMAGED" } });
  });

  it("takes the place of another schema, which is kept; twice is once", async () => {
    const fresh = (schema: string) => newPostgresSchema({ connection: place(), schema, clock }, KNOWN);
    const old = must(await fresh("living"));
    must(await old.insert("epochs", ["tenant_id", "epoch"], [["old", 1]]));
    must(await old.finish());
    const next = must(await fresh("restored"));
    must(await next.insert("epochs", ["tenant_id", "epoch"], [["new", 1]]));
    must(await next.finish());
    const names = { from: "restored", to: "living", aside: "living_before" };
    must(await takePostgresPlace(place(), names));
    must(await takePostgresPlace(place(), names));
    for (const [schema, tenant] of [
      ["living", "new"],
      ["living_before", "old"],
    ] as const) {
      const db = must(await openPostgres({ ...optionsFor(temporaryFile()), connection: place(), schema }));
      expect((await read(must(await db.snapshot())))["epochs"]?.rows).toEqual([[1, tenant]]);
      await db.close();
    }
  });
});
