import { AsyncLocalStorage } from "node:async_hooks";
import { err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type Sqlite from "better-sqlite3-multiple-ciphers";
import { driverError } from "./driver-error.ts";

/** How a repository reaches the connection. A step is synchronous, so nothing of another caller can come between its statements. */
export interface Gate {
  /** Runs a step that only reads. */
  read<T>(step: () => Result<T>): Promise<Result<T>>;
  /** Runs a step that is all or nothing. */
  write<T>(step: () => Result<T>): Promise<Result<T>>;
  /**
   * The same for what only this process needs, such as a lease: a power cut may take it back, and becomes durable with the next
   * write at the latest. Nothing that was acknowledged to anybody may rest on it.
   */
  lightly<T>(step: () => Result<T>): Promise<Result<T>>;
}

export interface Gates {
  /** For callers outside a transaction: waits its turn, first come first served, so that it never joins somebody else's. */
  readonly outer: Gate;
  /** Opens a transaction and hands `work` the only gate that leads into it; `with-record`: as durable as `lightly`. */
  transaction<T>(work: (inner: Gate) => Promise<Result<T>>, durable: "now" | "with-record"): Promise<Result<T>>;
  /** Runs `work` while nobody else is on the connection and no transaction is open. */
  alone<T>(work: () => T): Promise<T>;
}

interface Token {
  open: boolean;
}

const closed = moltbotError("DATABASE_UNAVAILABLE", { problem: "it is closed" });

/** Orders everything that happens on one connection. */
export const createGates = (handle: Sqlite.Database): Gates => {
  const begin = handle.prepare("BEGIN IMMEDIATE");
  const commit = handle.prepare("COMMIT");
  const rollback = handle.prepare("ROLLBACK");
  const within = new AsyncLocalStorage<Token>();
  const waiting: (() => void)[] = [];
  let busy = false;

  const acquire = async (): Promise<void> => {
    if (within.getStore()?.open === true) {
      // It would wait for a transaction that waits for it.
      throw new Error("the store was used inside atomically(): use the repositories handed to the work");
    }
    if (!busy) {
      busy = true;
      return;
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const release = (): void => {
    const next = waiting.shift();
    if (next === undefined) busy = false;
    else next();
  };
  const undo = (): void => {
    if (handle.open && handle.inTransaction) rollback.run();
  };
  const named = (thrown: unknown): Result<never> => {
    const error = driverError(thrown);
    if (error === null) throw thrown;
    return err(error);
  };

  const reading = <T>(step: () => Result<T>): Result<T> => {
    if (!handle.open) return err(closed);
    try {
      return step();
    } catch (thrown) {
      return named(thrown);
    }
  };
  const writing = <T>(step: () => Result<T>): Result<T> => {
    if (!handle.open) return err(closed);
    try {
      begin.run();
      const result = step();
      if (result.ok) commit.run();
      return result;
    } catch (thrown) {
      undo();
      return named(thrown);
    } finally {
      undo();
    }
  };
  // Prepared once, these statements do not take effect reliably.
  const lighten = (): void => void handle.exec("PRAGMA synchronous = NORMAL");
  const weigh = (): void => {
    if (handle.open) handle.exec("PRAGMA synchronous = FULL");
  };
  const writingLightly = <T>(step: () => Result<T>): Result<T> => {
    if (!handle.open) return err(closed);
    lighten();
    try {
      return writing(step);
    } finally {
      weigh();
    }
  };
  const alone = async <T>(work: () => T): Promise<T> => {
    await acquire();
    try {
      return work();
    } finally {
      release();
    }
  };

  const innerGate = (token: Token): Gate => {
    const step = async <T>(work: () => Result<T>): Promise<Result<T>> => {
      if (!token.open) throw new Error("the repositories of an ended transaction were used");
      // A full disk makes SQLite roll back by itself; later statements would then commit one by one.
      if (!handle.inTransaction)
        return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "the transaction was rolled back" }));
      return reading(work);
    };
    return { read: step, write: step, lightly: step };
  };

  return {
    outer: {
      read: (step) => alone(() => reading(step)),
      write: (step) => alone(() => writing(step)),
      lightly: (step) => alone(() => writingLightly(step)),
    },
    alone,
    transaction: async (work, durable) => {
      await acquire();
      const token: Token = { open: true };
      try {
        if (!handle.open) return err(closed);
        if (durable === "with-record") lighten();
        begin.run();
        const result = await within.run(token, () => work(innerGate(token)));
        token.open = false;
        if (!result.ok) return result;
        if (!handle.inTransaction)
          return err(moltbotError("DATABASE_UNAVAILABLE", { problem: "the transaction was rolled back" }));
        commit.run();
        return result;
      } catch (thrown) {
        return named(thrown);
      } finally {
        token.open = false;
        undo();
        if (durable === "with-record") weigh();
        release();
      }
    },
  };
};
