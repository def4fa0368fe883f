import { AsyncLocalStorage } from "node:async_hooks";
import Sqlite from "better-sqlite3-multiple-ciphers";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { postgresDialect } from "./dialect-postgres.ts";
import type { Engine, Transaction } from "./engine.ts";
import { sqliteEngine } from "./engine-sqlite.ts";
import { createGates } from "./gate.ts";
import type { Gates } from "./gate.ts";
import { connectionConfig, createPool } from "./postgres/connect.ts";
import { postgresEngine } from "./postgres/engine.ts";
import { onPostgres } from "./testing/engines.ts";
import { codeOf, must } from "./testing/world.ts";

/** An engine with a table of numbers, and what the tests watch of it. */
interface Ground {
  readonly engine: Engine;
  readonly keep: (value: number) => Promise<void>;
  readonly kept: () => Promise<readonly number[]>;
  close(): Promise<void>;
}

const groundOf = async (engine: Engine, close: () => Promise<void>): Promise<Ground> => {
  const [slot, number] = engine.dialect.engine === "sqlite" ? ["?", "INTEGER"] : ["$1", "BIGINT"];
  const make = engine.statement(`CREATE TABLE kept (place ${engine.dialect.types.ordinal}, value ${number} UNIQUE)`);
  const begun = await engine.begin("now");
  await begun.within(() => make.run([]));
  await begun.commit();
  await begun.end();
  const insert = engine.statement(`INSERT INTO kept (value) VALUES (${slot})`);
  const select = engine.statement("SELECT value FROM kept ORDER BY place");
  return {
    engine,
    keep: async (value) => void (await insert.run([value])),
    kept: async () => (await select.all([])).map((row) => Number((row as { value: unknown }).value)), // the one column
    close,
  };
};

const onSqlite = (): Promise<Ground> => {
  const handle = new Sqlite(":memory:", { readonly: false, fileMustExist: false, timeout: 0 });
  return groundOf(sqliteEngine(handle), async () => void handle.close());
};

/** The engine with its transactions changed, as a test needs them. */
const changed = (engine: Engine, change: (transaction: Transaction) => Partial<Transaction>): Engine => ({
  ...engine,
  get open() {
    return engine.open;
  },
  begin: async (durability) => {
    const transaction = await engine.begin(durability);
    const changes = change(transaction);
    return {
      get alive() {
        return transaction.alive;
      },
      within: (work) => transaction.within(work),
      mark: changes.mark ?? (() => transaction.mark()),
      takeBack: changes.takeBack ?? (() => transaction.takeBack()),
      commit: changes.commit ?? (() => transaction.commit()),
      end: () => transaction.end(),
    };
  },
});

const refused: Result<never> = err(moltbotError("CONFLICT", { kind: "test" }));
const isFailure = (thrown: unknown): Result<never> => {
  if (thrown instanceof DiskError) return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "its disk fails" }));
  throw thrown;
};
class DiskError extends Error {}

const suite = (fresh: () => Promise<Ground>): void => {
  let ground: Ground;
  beforeEach(async () => {
    ground = await fresh();
    return () => ground.close();
  });
  const look = async (gates: Gates): Promise<readonly number[]> =>
    must(await gates.outer.read(async () => ok(await ground.kept())));
  const keeping = (value: number) => async (): Promise<Result<number>> => {
    await ground.keep(value);
    return ok(value);
  };
  /** Holds the line until it is let go. */
  const holding = (gates: Gates): { readonly release: () => void; readonly held: Promise<unknown> } => {
    const { promise, resolve } = Promise.withResolvers<void>();
    return { release: resolve, held: gates.alone(() => promise) };
  };

  describe("writes that wait together", () => {
    it("share one commit, 32 at most, and stand in the order in which they came", async () => {
      let commits = 0;
      const engine = changed(ground.engine, (transaction) => ({
        commit: async () => {
          commits += 1;
          await transaction.commit();
        },
      }));
      const gates = createGates(engine);
      const { release, held } = holding(gates);
      const values = Array.from({ length: 40 }, (_, n) => n);
      const written = values.map((value) => gates.outer.write(keeping(value)));
      release();
      await held;
      expect((await Promise.all(written)).map(must)).toEqual(values);
      expect(commits).toBe(2);
      expect(await look(gates)).toEqual(values);
    });

    it("do not take each other back: a failure, a bug and a refusal of the engine lose only their own", async () => {
      const gates = createGates(ground.engine);
      const { release, held } = holding(gates);
      const written = [
        gates.outer.write(keeping(1)),
        gates.outer.write(async () => {
          await ground.keep(2);
          return refused;
        }),
        gates.outer.write(async () => {
          await ground.keep(3);
          throw new Error("a bug");
        }),
        gates.outer.write(keeping(1)),
        gates.outer.write(keeping(4)),
      ];
      release();
      await held;
      const ended = await Promise.allSettled(written);
      expect(ended.map((each) => (each.status === "rejected" ? "thrown" : codeOf(each.value)))).toEqual([
        "ok",
        "CONFLICT",
        "thrown",
        "CONFLICT",
        "ok",
      ]);
      expect(await look(gates)).toEqual([1, 4]);
    });

    it("are answered only once the commit returned, the failed ones too", async () => {
      const { promise: durable, resolve: makeDurable } = Promise.withResolvers<void>();
      const { promise: committing, resolve: begins } = Promise.withResolvers<void>();
      const engine = changed(ground.engine, (transaction) => ({
        commit: async () => {
          begins();
          await durable;
          await transaction.commit();
        },
      }));
      const gates = createGates(engine);
      const { release, held } = holding(gates);
      const answered: string[] = [];
      const written = [keeping(1), async () => refused].map(async (step, n) => {
        const result = await gates.outer.write<number>(step);
        answered.push(`${n} ${codeOf(result)}`);
      });
      release();
      await held;
      await committing;
      expect(answered).toEqual([]);
      makeDurable();
      await Promise.all(written);
      expect(answered).toEqual(["0 ok", "1 CONFLICT"]);
    });

    it("all get the named error when the commit fails, and nothing of them is kept", async () => {
      let fails = true;
      const failing = changed(ground.engine, (transaction) => ({
        commit: async () => {
          if (fails) throw new DiskError("no space");
          await transaction.commit();
        },
      }));
      const gates = createGates({ ...failing, open: true, named: isFailure });
      const { release, held } = holding(gates);
      const written = [
        gates.outer.write(keeping(1)),
        gates.outer.write(async () => refused),
        gates.outer.write(keeping(2)),
      ];
      release();
      await held;
      expect((await Promise.all(written)).map(codeOf)).toEqual(written.map(() => "DATABASE_UNAVAILABLE"));
      expect(await look(gates)).toEqual([]);
      fails = false;
      must(await gates.outer.write(keeping(3)));
      expect(await look(gates)).toEqual([3]);
    });

    it("keep what succeeded in the order of arrival, whatever fails between", async () => {
      const gates = createGates(ground.engine);
      let next = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.constantFrom("write", "refuse", "throw", "light", "together"), { maxLength: 45 }),
          async (kinds) => {
            const before = (await look(gates)).length;
            const { release, held } = holding(gates);
            const expected: number[] = [];
            const running = kinds.map((kind) => {
              next += 1;
              const value = next;
              if (kind !== "refuse" && kind !== "throw") expected.push(value);
              if (kind === "write") return gates.outer.write(keeping(value));
              if (kind === "light") return gates.outer.lightly(keeping(value));
              if (kind === "together") return gates.transaction((inner) => inner.write(keeping(value)), "now");
              return gates.outer.write<number>(async () => {
                await ground.keep(value);
                if (kind === "throw") throw new Error("a bug");
                return refused;
              });
            });
            release();
            await held;
            const ended = await Promise.allSettled(running);
            const said = ended.map((each) => (each.status === "rejected" ? "throw" : codeOf(each.value)));
            expect(said).toEqual(
              kinds.map((kind) => (kind === "throw" ? "throw" : kind === "refuse" ? "CONFLICT" : "ok")),
            );
            expect((await look(gates)).slice(before)).toEqual(expected);
          },
        ),
        { numRuns: 25 },
      );
    });
  });

  describe("a transaction", () => {
    it("goes on after a step that failed, without what that step wrote", async () => {
      const gates = createGates(ground.engine);
      must(await gates.outer.write(keeping(7)));
      const done = await gates.transaction(async (inner) => {
        must(await inner.write(keeping(1)));
        expect(codeOf(await inner.write(keeping(7)))).toBe("CONFLICT");
        const half = await inner.write(async () => {
          await ground.keep(2);
          return refused;
        });
        expect(codeOf(half)).toBe("CONFLICT");
        must(await inner.lightly(keeping(3)));
        return inner.read(async () => ok(await ground.kept()));
      }, "now");
      expect(must(done)).toEqual([7, 1, 3]);
      expect(await look(gates)).toEqual([7, 1, 3]);
    });

    it("runs steps that were started at once one after the other", async () => {
      const gates = createGates(ground.engine);
      const running: string[] = [];
      must(
        await gates.transaction(async (inner) => {
          const step = (name: string) => async (): Promise<Result<null>> => {
            running.push(`${name} begins`);
            await ground.keep(running.length);
            running.push(`${name} ends`);
            return ok(null);
          };
          await Promise.all([inner.write(step("a")), inner.write(step("b")), inner.write(step("c"))]);
          return ok(null);
        }, "now"),
      );
      expect(running).toEqual(["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
    });

    it("is not seen before its commit, and lets nothing run in it afterwards", async () => {
      const gates = createGates(ground.engine);
      let late: Promise<Result<number>> | undefined;
      let seen: readonly number[] | undefined;
      must(
        await gates.transaction(async (inner) => {
          must(await inner.write(keeping(1)));
          // On SQLite it waits until the transaction is over; then it is answered all the same.
          if (!ground.engine.readsInLine) seen = await lookFromOutside(gates, ground);
          late = Promise.resolve()
            .then(() => undefined)
            .then(() => inner.write(keeping(2)));
          late.catch(() => undefined);
          return ok(null);
        }, "now"),
      );
      await expect(late).rejects.toThrow("ended transaction");
      expect(seen ?? []).toEqual([]);
      expect(await look(gates)).toEqual([1]);
    });

    it("must not use the store around it", async () => {
      const gates = createGates(ground.engine);
      for (const use of [() => gates.outer.read(async () => ok(null)), () => gates.outer.write(keeping(1))])
        await expect(gates.transaction(async () => use(), "now")).rejects.toThrow("inside atomically()");
      expect(await look(gates)).toEqual([]);
    });
  });

  describe("unplug: without marking where each write begins", () => {
    it("a write that failed is kept by its neighbours' commit", async () => {
      const gates = createGates(
        changed(ground.engine, () => ({ mark: async () => undefined, takeBack: async () => undefined })),
      );
      const { release, held } = holding(gates);
      const failed = gates.outer.write(async () => {
        await ground.keep(1);
        return refused;
      });
      const neighbour = gates.outer.write(keeping(2));
      release();
      await held;
      expect([codeOf(await failed), codeOf(await neighbour)]).toEqual(["CONFLICT", "ok"]);
      expect(await look(gates)).toEqual([1, 2]);
    });
  });
};

/** As another caller, who is in no transaction. */
const lookFromOutside = (gates: Gates, ground: Ground): Promise<readonly number[]> =>
  outside(async () => must(await gates.outer.read(async () => ok(await ground.kept()))));
const outside = AsyncLocalStorage.snapshot();

describe("the gates on SQLite", () => {
  suite(onSqlite);

  const FULL = 2;
  const NORMAL = 1;
  const handle = new Sqlite(":memory:", { readonly: false, fileMustExist: false, timeout: 0 });
  const synchronous = (): unknown => handle.prepare("PRAGMA synchronous").pluck().get();
  handle.exec("PRAGMA synchronous = FULL; CREATE TABLE kept (value)");
  afterEach(() => expect(synchronous()).toBe(FULL));

  it("sync lightly inside a light step alone, also when the step fails", async () => {
    const { outer } = createGates(sqliteEngine(handle));
    const seen: unknown[] = [];
    const look = async () => {
      seen.push(synchronous());
      return ok(null);
    };
    await outer.lightly(look);
    await outer.write(look);
    await expect(
      outer.lightly(async () => {
        await look();
        throw new Error("a bug");
      }),
    ).rejects.toThrow("a bug");
    await outer.write(look);
    expect(seen).toEqual([NORMAL, FULL, NORMAL, FULL]);
  });

  it("tell everybody of a batch whose transaction the full disk ended, and keep nothing of it", async () => {
    handle.exec("PRAGMA max_page_count = 20");
    const gates = createGates(sqliteEngine(handle));
    const insert = handle.prepare("INSERT INTO kept VALUES (?)");
    const { promise, resolve } = Promise.withResolvers<void>();
    const held = gates.alone(() => promise);
    const written = [10, 10_000_000, 10].map((bytes) =>
      gates.outer.write(async () => {
        insert.run(Buffer.alloc(bytes));
        return ok(null);
      }),
    );
    resolve();
    await held;
    const codes = (await Promise.all(written)).map(codeOf);
    expect(codes[1]).toBe("DATABASE_UNAVAILABLE");
    const kept = handle.prepare("SELECT count(*) FROM kept").pluck().get();
    expect(kept).toBe(codes.filter((code) => code === "ok").length);
    handle.exec("PRAGMA max_page_count = 1000000");
  });
});

onPostgres((_engine, server) => {
  describe("the gates", () => {
    suite(async () => {
      const config = connectionConfig(await server().newDatabase(), "public");
      const pools = { reading: createPool(config, 3), writing: createPool(config, 1) };
      const engine = postgresEngine(pools, postgresDialect(1), 1n);
      return groundOf(engine, async () => {
        await engine.close();
        await Promise.all([pools.reading.end(), pools.writing.end()]);
      });
    });
  });
});
