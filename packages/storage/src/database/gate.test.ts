import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Conversation, Repositories } from "@moltbot/contracts";
import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { openWithKey } from "./open-file.ts";
import type { Database } from "./index.ts";
import {
  aConversation,
  aMessage,
  codeOf,
  must,
  openTest,
  optionsFor,
  person,
  removeFolders,
  scopeOf,
  temporaryFile,
} from "./testing/world.ts";

const ada = person();
const me = scopeOf(ada);
let options = optionsFor(temporaryFile());
let db: Database;
let home: Conversation;
const refusal = moltbotError("CONFLICT", { kind: "test" });

beforeEach(async () => {
  options = optionsFor(temporaryFile());
  db = await openTest(options);
  home = aConversation(ada);
  must(await db.conversations.create(me, home));
  return () => db.close();
});
afterAll(removeFolders);

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
const texts = async (): Promise<readonly string[]> =>
  must(await db.conversations.path(me, home.id, "main", 1000)).map((message) =>
    message.parts.map((part) => (part.type === "text" ? part.text : "")).join(),
  );
const append = (to: Pick<Repositories, "conversations">, text: string) =>
  to.conversations.append(me, "main", aMessage(home, text));

describe("atomically", () => {
  it("keeps everything of a success", async () => {
    const result = await db.atomically(async (inside) => {
      must(await append(inside, "a"));
      await pause();
      must(await append(inside, "b"));
      return ok(7);
    });
    expect(must(result)).toBe(7);
    expect(await texts()).toEqual(["a", "b"]);
  });

  it("keeps nothing of an error", async () => {
    const result = await db.atomically(async (inside) => {
      must(await append(inside, "a"));
      return err(refusal);
    });
    expect(codeOf(result)).toBe("CONFLICT");
    expect(await texts()).toEqual([]);
  });

  it("keeps nothing of an exception, which travels on", async () => {
    await expect(
      db.atomically(async (inside) => {
        must(await append(inside, "a"));
        throw new Error("a bug");
      }),
    ).rejects.toThrow("a bug");
    expect(await texts()).toEqual([]);
    must(await append(db, "still works"));
  });

  it("sees its own writes, and nobody else's enter it", async () => {
    let insideSaw: readonly unknown[] = [];
    const inside = db.atomically(async (own) => {
      must(await append(own, "mine"));
      await pause();
      insideSaw = must(await own.conversations.path(me, home.id, "main", 9));
      return err(refusal);
    });
    // These come while the transaction is open: they must wait, or its rollback would take them along.
    const outside = ["x", "y"].map((text) => append(db, text));
    const read = db.conversations.path(me, home.id, "main", 9);
    expect(codeOf(await inside)).toBe("CONFLICT");
    (await Promise.all(outside)).map(must);
    expect(insideSaw).toHaveLength(1);
    expect(must(await read)).toHaveLength(2);
    expect(await texts()).toEqual(["x", "y"]);
  });

  it("refuses the outer store inside the work instead of waiting for ever", async () => {
    await expect(db.atomically(async () => append(db, "nested"))).rejects.toThrow("repositories handed to the work");
    await expect(db.atomically(async () => db.atomically(async () => ok(1)))).rejects.toThrow(
      "repositories handed to the work",
    );
    expect(await texts()).toEqual([]);
  });

  it("lets what was started inside use the store once the transaction has ended", async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let late: Promise<unknown> = Promise.resolve();
    must(
      await db.atomically(async () => {
        late = gate.then(async () => must(await append(db, "late")));
        return ok(null);
      }),
    );
    release();
    await late;
    expect(await texts()).toEqual(["late"]);
  });

  it("refuses repositories of a transaction that has ended", async () => {
    let kept: Repositories | null = null;
    must(
      await db.atomically(async (inside) => {
        kept = inside;
        return ok(null);
      }),
    );
    await expect((kept as unknown as Repositories).conversations.list(me, 1)).rejects.toThrow("ended transaction"); // assigned in the work above
  });

  it("serves callers in the order they came, any number of them", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom("plain", "commit", "rollback"), { minLength: 1, maxLength: 12 }),
        async (kinds) => {
          const before = await texts();
          await Promise.all(
            kinds.map((kind, index) =>
              kind === "plain"
                ? append(db, String(index))
                : db.atomically<unknown>(async (inside) => {
                    await Promise.resolve();
                    const written = await append(inside, String(index));
                    await Promise.resolve();
                    return kind === "commit" ? written : err(refusal);
                  }),
            ),
          );
          const kept = kinds.map((kind, index) => (kind === "rollback" ? [] : [String(index)])).flat();
          expect((await texts()).slice(before.length)).toEqual(kept);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("answers DATABASE_UNAVAILABLE once the file is closed", async () => {
    await db.close();
    await db.close();
    expect(codeOf(await db.conversations.list(me, 1))).toBe("DATABASE_UNAVAILABLE");
    expect(codeOf(await append(db, "x"))).toBe("DATABASE_UNAVAILABLE");
    expect(codeOf(await db.atomically(async () => ok(1)))).toBe("DATABASE_UNAVAILABLE");
    expect(codeOf(await db.check())).toBe("DATABASE_UNAVAILABLE");
  });

  it("names a database that another program holds, and commits nothing", async () => {
    const { createGates } = await import("./gate.ts");
    const mine = openWithKey(options.file, options.key, { readonly: false });
    mine.exec("PRAGMA busy_timeout = 1");
    const gates = createGates(mine);
    const other = openWithKey(options.file, options.key, { readonly: false });
    other.exec("BEGIN IMMEDIATE");
    const refused = await gates.outer.write(() => ok(1));
    const transaction = await gates.transaction(async () => ok(1));
    other.exec("ROLLBACK");
    expect([codeOf(refused), codeOf(transaction)]).toEqual(["DATABASE_UNAVAILABLE", "DATABASE_UNAVAILABLE"]);
    // SQLite itself may end a transaction (a full disk); the rest of the work must not be committed piece by piece.
    const ended = await gates.transaction(async (inner) => {
      mine.exec("ROLLBACK");
      const next = await inner.write(() => ok(mine.exec("INSERT INTO facts VALUES ('piece', '1')")));
      expect(codeOf(next)).toBe("DATABASE_UNAVAILABLE");
      return ok(1);
    });
    expect(codeOf(ended)).toBe("DATABASE_UNAVAILABLE");
    expect(mine.prepare("SELECT count(*) FROM facts WHERE name = 'piece'").pluck().get()).toBe(0);
    await expect(
      gates.outer.read(() => {
        throw new TypeError("a bug");
      }),
    ).rejects.toThrow("a bug");
    await expect(
      gates.outer.write(() => {
        throw new TypeError("a bug");
      }),
    ).rejects.toThrow("a bug");
    mine.close();
    other.close();
  });
});

describe("unplug: without waiting, a caller joins a stranger's transaction", () => {
  it("and loses its write to the rollback", async () => {
    const { createGates } = await import("./gate.ts");
    const handle = openWithKey(options.file, options.key, { readonly: false });
    const gates = createGates(handle);
    const insert = (name: string): void => void handle.exec(`INSERT INTO facts VALUES ('${name}', '1')`);
    const count = (): unknown =>
      handle.prepare("SELECT count(*) FROM facts WHERE name IN ('waits', 'joins')").pluck().get();
    const open = gates.transaction(async () => {
      await pause();
      return err(refusal);
    });
    await Promise.resolve();
    insert("joins");
    const waits = gates.outer.write(() => ok(insert("waits")));
    await open;
    must(await waits);
    expect(count()).toBe(1);
    handle.close();
  });
});
