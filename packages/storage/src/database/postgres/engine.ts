import { AsyncLocalStorage } from "node:async_hooks";
import { err } from "@moltbot/contracts";
import type pg from "pg";
import type { Dialect } from "../dialect.ts";
import type { Engine, Transaction } from "../engine.ts";
import { PostgresFault, isCut, postgresError } from "./errors.ts";

/** The connection that the statements of a step belong to. */
interface Session {
  readonly client: pg.PoolClient;
  alive: boolean;
  /** Gives the connection back, or away when it is not usable any more. */
  letGo(usable: boolean): void;
}
type Row = Record<string, unknown>;

export interface PostgresEngine extends Engine {
  readonly execute: NonNullable<Engine["execute"]>;
  /** Nothing begins any more; resolves when the steps that run have ended. */
  close(): Promise<void>;
}

const sessionOf = (client: pg.PoolClient): Session => {
  const lost = (): void => void (session.alive = false);
  const session: Session = {
    client,
    alive: true,
    letGo: (usable) => {
      const again = usable && session.alive;
      session.alive = false;
      client.off("error", lost).off("end", lost);
      client.release(!again);
    },
  };
  client.once("error", lost).once("end", lost);
  return session;
};

/**
 * The engine over one schema. Steps that only read run side by side, each in a snapshot of its own. Steps that write follow one
 * another, here and across all processes on this database: each transaction first takes the lock `writers`. Every repository
 * looks before it writes (is this step taken? whose lease is it?), and that look must still hold when it writes; one line of
 * writers gives on PostgreSQL the same guarantee as on SQLite, where there is one connection.
 */
export const postgresEngine = (
  pools: { readonly reading: pg.Pool; readonly writing: pg.Pool },
  dialect: Dialect,
  writers: bigint,
): PostgresEngine => {
  const current = new AsyncLocalStorage<Session>();
  const running = new Set<Promise<unknown>>();
  let open = true;
  let statements = 0;

  const connected = (): pg.PoolClient => {
    const session = current.getStore();
    if (session === undefined) throw new Error("a statement ran outside a step");
    if (!session.alive) throw new PostgresFault("the connection was cut");
    return session.client;
  };

  const looking = async <T>(step: () => Promise<T>): Promise<T> => {
    const session = sessionOf(await pools.reading.connect());
    let ended = false;
    try {
      await session.client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
      const result = await current.run(session, step);
      await session.client.query("COMMIT");
      ended = true;
      return result;
    } finally {
      session.letGo(ended);
    }
  };

  const commit = async (session: Session): Promise<void> => {
    try {
      const answer = await session.client.query("COMMIT");
      // The server answers a commit of what had failed with success, and says only by this word that it was none.
      if (answer.command !== "COMMIT") throw new PostgresFault("the transaction was rolled back");
    } catch (thrown) {
      if (!isCut(thrown)) throw thrown;
      throw new PostgresFault("the connection was cut before the commit was confirmed; it may have happened");
    }
  };
  const transaction = (session: Session): Transaction => {
    let marked = false;
    let committed = false;
    return {
      get alive() {
        return session.alive;
      },
      within: (work) => current.run(session, work),
      mark: async () => {
        await session.client.query(marked ? "RELEASE SAVEPOINT step; SAVEPOINT step" : "SAVEPOINT step");
        marked = true;
      },
      takeBack: async () => void (await session.client.query("ROLLBACK TO SAVEPOINT step")),
      commit: async () => {
        await commit(session);
        committed = true;
      },
      end: async () => {
        try {
          if (!committed && session.alive) await session.client.query("ROLLBACK");
          session.letGo(true);
        } catch {
          session.letGo(false); // the server takes back what a cut connection left
        }
      },
    };
  };

  return {
    dialect,
    get open() {
      return open;
    },
    readsInLine: false,
    statement: (text) => {
      statements += 1;
      const name = `s${statements}`;
      const ask = (values: readonly unknown[]) => connected().query<Row>({ name, text, values: [...values] });
      return {
        one: async (bound) => (await ask(bound)).rows[0],
        all: async (bound) => (await ask(bound)).rows,
        run: async (bound) => (await ask(bound)).rowCount ?? 0,
      };
    },
    atTheEnd: async (work) => void (await work()),
    settle: () => Promise.resolve(),
    reading: async (step) => {
      const looked = looking(step);
      running.add(looked);
      try {
        return await looked;
      } finally {
        running.delete(looked);
      }
    },
    begin: async (durability) => {
      const session = sessionOf(await pools.writing.connect());
      const light = durability === "later" ? "SET LOCAL synchronous_commit = off; " : "";
      try {
        await session.client.query(`BEGIN; ${light}SELECT pg_advisory_xact_lock(${writers})`);
      } catch (thrown) {
        session.letGo(false);
        throw thrown;
      }
      return transaction(session);
    },
    named: (thrown) => {
      const error = postgresError(thrown);
      if (error === null) throw thrown;
      return err(error);
    },
    execute: async (text, values) => {
      const { rows, rowCount } = await connected().query<Row>(text, [...values]);
      return { rows, changes: rowCount ?? 0 };
    },
    close: async () => {
      open = false;
      await Promise.allSettled(running);
    },
  };
};
