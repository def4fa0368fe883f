import { AsyncLocalStorage } from "node:async_hooks";
import { err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { Durability, Engine, Transaction } from "./engine.ts";
import { createLine } from "./line.ts";

type Step<T> = () => Promise<Result<T>>;

/** How a repository reaches the database. Nothing that anybody else writes comes between the statements of one step. */
export interface Gate {
  /** Runs a step that only reads. */
  read<T>(step: Step<T>): Promise<Result<T>>;
  /** Runs a step that is all or nothing: a failed result or an exception takes back what it wrote. */
  write<T>(step: Step<T>): Promise<Result<T>>;
  /**
   * The same for what only this process needs, such as a lease: a power cut may take it back, and becomes durable with the next
   * write at the latest. Nothing that was acknowledged to anybody may rest on it.
   */
  lightly<T>(step: Step<T>): Promise<Result<T>>;
}

export interface Gates {
  /** For callers outside a transaction: waits its turn, first come first served, so that it never joins somebody else's. */
  readonly outer: Gate;
  /** Opens a transaction and hands `work` the only gate that leads into it; `with-record`: as durable as `lightly`. */
  transaction<T>(work: (inner: Gate) => Promise<Result<T>>, durable: "now" | "with-record"): Promise<Result<T>>;
  /** Runs `work` while nobody else writes and no transaction is open. */
  alone<T>(work: () => T | Promise<T>): Promise<T>;
}

/** Whether the work of a transaction still goes on. */
interface Token {
  open: boolean;
  /** The end of the step that was started last. */
  last: Promise<unknown>;
}
/** Returns a result or throws what was thrown. */
type Outcome<T = unknown> = () => Result<T>;
/** A write that may share its commit with its neighbours. */
interface Write {
  /** Runs the step and remembers what became of it; throws nothing. */
  readonly run: (run: <T>(step: Step<T>) => Promise<Result<T>>) => Promise<Outcome>;
  /** Answers the caller: with what was remembered, or with what became of the commit. */
  readonly answer: (fault: Outcome | null) => void;
}

const ROLLED_BACK = "the transaction was rolled back";
const unavailable = (problem: string): Result<never> => err(moltbotError("DATABASE_UNAVAILABLE", { problem }));
const closed = unavailable("it is closed");

/** What everybody of a lost transaction is told: why, if the outcome says it. */
const refused = (outcome: Outcome): Result<never> => {
  const result = outcome();
  return result.ok ? unavailable(ROLLED_BACK) : result;
};
const failed = (outcome: Outcome): boolean => {
  try {
    return !outcome().ok;
  } catch {
    return true; // the caller gets what was thrown
  }
};

/** Orders everything that happens on one open database. */
export const createGates = (engine: Engine): Gates => {
  const within = new AsyncLocalStorage<Token>();
  const mustBeOutside = (): void => {
    if (within.getStore()?.open === true) {
      // It would wait for a transaction that waits for it, or miss what that one wrote.
      throw new Error("the store was used inside atomically(): use the repositories handed to the work");
    }
  };

  const reading = async <T>(step: Step<T>): Promise<Result<T>> => {
    if (!engine.open) return closed;
    try {
      return await engine.reading(step);
    } catch (thrown) {
      return engine.named(thrown);
    }
  };
  /** A step as one of several parts of a transaction. */
  const part = async <T>(transaction: Transaction, step: Step<T>): Promise<Result<T>> => {
    if (!transaction.alive) return unavailable(ROLLED_BACK);
    let kept = false;
    try {
      await transaction.mark();
      const result = await transaction.within(step);
      kept = result.ok;
      return result;
    } catch (thrown) {
      return engine.named(thrown);
    } finally {
      if (!kept && transaction.alive) await transaction.takeBack();
    }
  };

  const asWrite = <T>(step: Step<T>, resolve: (result: Result<T>) => void, reject: (bug: unknown) => void): Write => {
    let outcome: Outcome<T> = () => unavailable(ROLLED_BACK);
    return {
      run: async (run) => {
        try {
          const result = await run(step);
          outcome = () => result;
        } catch (thrown) {
          outcome = () => engine.named(thrown);
        }
        return outcome;
      },
      answer: (fault) => {
        try {
          resolve(fault === null ? outcome() : refused(fault));
        } catch (bug) {
          reject(bug);
        }
      },
    };
  };

  /** Nobody is answered before the commit is durable: what a later one of them saw may rest on an earlier one. */
  const commitTogether = async (batch: readonly Write[], durability: Durability): Promise<void> => {
    let transaction: Transaction | null = null;
    let fault: Outcome | null = null;
    try {
      if (engine.open) {
        const opened = await engine.begin(durability);
        transaction = opened;
        let kept = 0;
        for (const write of batch) {
          const outcome = await write.run(
            batch.length === 1 ? (step) => opened.within(step) : (step) => part(opened, step),
          );
          if (!failed(outcome)) kept += 1;
          if (!opened.alive) fault ??= outcome;
        }
        if (fault === null && kept > 0) await opened.commit();
      } else fault = () => closed;
    } catch (thrown) {
      fault = () => engine.named(thrown);
    }
    await transaction?.end();
    for (const write of batch) write.answer(fault);
  };

  const line = createLine<Write>((batch) => commitTogether(batch, "now"));
  const alone = async <T>(work: () => T | Promise<T>): Promise<T> => {
    mustBeOutside();
    const leave = await line.enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
  const write = <T>(step: Step<T>, join: (write: Write) => void): Promise<Result<T>> =>
    new Promise((resolve, reject) => {
      mustBeOutside();
      join(asWrite(step, resolve, reject));
    });

  const innerGate = (token: Token, transaction: Transaction): Gate => {
    /** One after the other, also when the work starts several at once; none outlives the transaction. */
    const ordered = <T>(run: Step<T>): Promise<Result<T>> => {
      const mine = token.last.then(() => {
        if (!token.open) throw new Error("the repositories of an ended transaction were used");
        return run();
      });
      token.last = mine.catch(() => undefined);
      return mine;
    };
    const looking = async <T>(step: Step<T>): Promise<Result<T>> => {
      if (!transaction.alive) return unavailable(ROLLED_BACK);
      try {
        return await transaction.within(step);
      } catch (thrown) {
        return engine.named(thrown);
      }
    };
    const writing: Gate["write"] = (step) => ordered(() => part(transaction, step));
    return { read: (step) => ordered(() => looking(step)), write: writing, lightly: writing };
  };

  const transaction: Gates["transaction"] = (work, durable) =>
    alone(async () => {
      if (!engine.open) return closed;
      const token: Token = { open: true, last: Promise.resolve() };
      let opened: Transaction | null = null;
      try {
        const begun = await engine.begin(durable === "now" ? "now" : "later");
        opened = begun;
        const result = await within.run(token, () => work(innerGate(token, begun)));
        token.open = false;
        await token.last;
        if (!result.ok) return result;
        if (!begun.alive) return unavailable(ROLLED_BACK);
        await begun.commit();
        return result;
      } catch (thrown) {
        return engine.named(thrown);
      } finally {
        token.open = false;
        await token.last;
        await opened?.end();
      }
    });

  return {
    outer: {
      read: async (step) => {
        if (engine.readsInLine) return alone(() => reading(step));
        mustBeOutside();
        return reading(step);
      },
      write: (step) => write(step, (joining) => line.join(joining)),
      lightly: (step) => alone(() => write(step, (only) => void commitTogether([only], "later"))),
    },
    alone,
    transaction,
  };
};
