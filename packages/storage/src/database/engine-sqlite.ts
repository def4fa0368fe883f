import { err } from "@moltbot/contracts";
import Sqlite from "better-sqlite3-multiple-ciphers";
import { sqliteDialect } from "./dialect-sqlite.ts";
import { driverError } from "./driver-error.ts";
import type { Engine, Transaction } from "./engine.ts";

/** The engine over one open file. There is one connection, so whoever uses it stands in line, also to read. */
export const sqliteEngine = (handle: Sqlite.Database): Engine => {
  const begin = handle.prepare("BEGIN IMMEDIATE");
  const commit = handle.prepare("COMMIT");
  const rollback = handle.prepare("ROLLBACK");
  const mark = handle.prepare("SAVEPOINT step");
  const keep = handle.prepare("RELEASE step");
  const takeBack = handle.prepare("ROLLBACK TO step");

  // Prepared once, these statements do not take effect reliably.
  const lighten = (): void => void handle.exec("PRAGMA synchronous = NORMAL");
  const weigh = (): void => void handle.exec("PRAGMA synchronous = FULL");

  /** Of the one open transaction. An FTS5 index writes a segment of its own at every savepoint that finds it changed. */
  let waiting: (() => Promise<unknown>)[] = [];
  const settle = async (): Promise<void> => {
    const due = waiting;
    waiting = [];
    for (const work of due) await work();
  };

  const transaction = (light: boolean): Transaction => {
    let marked = false;
    let before: typeof waiting = [];
    return {
      // A full disk makes SQLite roll back by itself; later statements would then commit one by one.
      get alive() {
        return handle.open && handle.inTransaction;
      },
      within: (work) => work(),
      mark: async () => {
        if (marked) keep.run();
        mark.run();
        marked = true;
        before = [...waiting];
      },
      takeBack: async () => {
        waiting = [...before];
        takeBack.run();
      },
      commit: async () => {
        await settle();
        try {
          commit.run();
        } catch (thrown) {
          // What a failed sync left on the disk nobody knows, and a later commit over its remains reads as damage: only a start goes on.
          if (thrown instanceof Sqlite.SqliteError && thrown.code.startsWith("SQLITE_IOERR")) handle.close();
          throw thrown;
        }
      },
      end: async () => {
        waiting = [];
        if (!handle.open) return;
        try {
          if (handle.inTransaction) rollback.run();
          if (light) weigh();
        } catch {
          // Nothing may ever join what cannot be taken back.
          handle.close();
        }
      },
    };
  };

  return {
    dialect: sqliteDialect,
    get open() {
      return handle.open;
    },
    readsInLine: true,
    statement: (source) => {
      const statement = handle.prepare(source);
      return {
        one: async (bound) => statement.get(...bound),
        all: async (bound) => statement.all(...bound),
        run: async (bound) => statement.run(...bound).changes,
      };
    },
    atTheEnd: async (work) => void waiting.push(work),
    settle,
    reading: (step) => step(),
    execute: null,
    begin: async (durability) => {
      const light = durability === "later";
      if (light) lighten();
      try {
        begin.run();
      } catch (thrown) {
        if (light) weigh();
        throw thrown;
      }
      return transaction(light);
    },
    named: (thrown) => {
      const error = driverError(thrown);
      if (error === null) throw thrown;
      return err(error);
    },
  };
};
