import { afterAll, describe, expect, it } from "vitest";
import { COLUMNS } from "./inventory-columns.ts";
import { INVENTORY } from "./inventory.ts";
import { onEveryEngine } from "./testing/engines.ts";
import type { Intruder, TestEngine } from "./testing/engines.ts";
import { openTest, removeFolders } from "./testing/world.ts";

afterAll(removeFolders);

/** Tables of a search index's own inner workings: their rows are the index itself. */
const SHADOW = /_words_(?:data|idx|docsize|config|content)$/;

const columnsOf = async (engine: TestEngine, intruder: Intruder): Promise<ReadonlyMap<string, readonly string[]>> => {
  const found = new Map<string, string[]>();
  const rows =
    engine.engine === "sqlite"
      ? await intruder.ask(
          "select m.name as place, c.name as part from sqlite_master as m, pragma_table_info(m.name) as c where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\'",
        )
      : await intruder.ask(
          "select table_name as place, column_name as part from information_schema.columns where table_schema = current_schema()",
        );
  for (const { place, part } of rows) {
    if (SHADOW.test(String(place))) continue;
    found.set(String(place), [...(found.get(String(place)) ?? []), String(part)]);
  }
  return found;
};

/** What of the database the inventory does not say. */
const missing = (found: ReadonlyMap<string, readonly string[]>): readonly string[] => {
  const places = new Set(INVENTORY.map(({ place }) => place));
  const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = COLUMNS;
  return [...found].flatMap(([table, parts]) => [
    ...(places.has(table) ? [] : [table]),
    ...parts.filter((part) => columns[table]?.[part] === undefined).map((part) => `${table}.${part}`),
  ]);
};

onEveryEngine((engine) => {
  const look = async (change?: (intruder: Intruder) => Promise<unknown>) => {
    const options = engine.options();
    const db = await openTest(options);
    const intruder = await engine.intruder(options);
    try {
      await change?.(intruder);
      return await columnsOf(engine, intruder);
    } finally {
      await intruder.close();
      await db.close();
    }
  };

  describe("the inventory", () => {
    it("names every table and every column of the database", async () => {
      const found = await look();
      expect(found.size).toBeGreaterThan(25);
      expect(missing(found)).toEqual([]);
    });

    it("names no table that is not there, but for search indexes of the other engine", async () => {
      const found = await look();
      const gone = Object.entries(COLUMNS).filter(([table]) => !found.has(table));
      expect(gone.map(([table]) => table).filter((table) => !/_words$|^word_index$/.test(table))).toEqual([]);
      for (const [table, columns] of Object.entries(COLUMNS))
        if (found.has(table)) expect(Object.keys(columns).toSorted(), table).toEqual(found.get(table)?.toSorted());
    });

    it("notices a table and a column that somebody planted (unplug)", async () => {
      const found = await look(async (intruder) => {
        await intruder.ask("create table planted (note text)");
        await intruder.ask("alter table messages add column whispered text");
      });
      expect(missing(found)).toEqual(expect.arrayContaining(["planted", "planted.note", "messages.whispered"]));
      expect(missing(found)).toHaveLength(3);
    });
  });
});

describe("each entry of the inventory", () => {
  it("says what it holds, how long, what an erasure does, and whose keys seal what is personal", () => {
    const columns: Readonly<Record<string, Readonly<Record<string, string>>>> = COLUMNS;
    for (const { place, holds, kept, erased, clear, sealedBy } of INVENTORY) {
      for (const words of [holds, kept, erased]) expect(words.length, place).toBeGreaterThan(5);
      const sealed = Object.values(columns[place] ?? {}).includes("sealed");
      if (sealed) expect(sealedBy, place).not.toEqual([]);
      expect(clear.filter((column) => columns[place]?.[column] === "sealed")).toEqual([]);
    }
    expect(new Set(INVENTORY.map(({ place }) => place)).size).toBe(INVENTORY.length);
  });

  it("has one for every folder and file that a home is made of", () => {
    const places = INVENTORY.map(({ place }) => place).join("\n");
    for (const place of [
      "moltbot.db",
      "vault/vault.json",
      "vault/keyring.jsonl",
      "vault/erasures.jsonl",
      "vault/secrets.json",
      "audit",
      "attachments",
      "backups",
      "workspaces",
      "copies/",
      "undo/",
      "removed",
      "logs",
      "run",
      "moltbot.json5",
      "policy.cedar",
    ])
      expect(places).toContain(place);
  });
});
