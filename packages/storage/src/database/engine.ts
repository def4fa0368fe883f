import type { Result } from "@moltbot/contracts";
import type { Dialect } from "./dialect.ts";
import type { SqlValue } from "./query.ts";

/** A statement of one text; whoever runs it is inside a step of a gate. */
export interface Statement {
  one(bound: readonly SqlValue[]): Promise<unknown>;
  all(bound: readonly SqlValue[]): Promise<readonly unknown[]>;
  /** How many rows it changed. */
  run(bound: readonly SqlValue[]): Promise<number>;
}

/** `now`: on the disk when the commit returns; `later`: a power cut may take it back. */
export type Durability = "now" | "later";

/** One open transaction that may write; there is never a second one. */
export interface Transaction {
  /** False once the engine has given it up by itself. */
  readonly alive: boolean;
  /** Runs `work` so that its statements belong to this transaction. */
  within<T>(work: () => Promise<T>): Promise<T>;
  /** Begins a part of it that can be taken back alone; the part before it is kept. */
  mark(): Promise<void>;
  takeBack(): Promise<void>;
  /** Throws when it is not sure that it happened. */
  commit(): Promise<void>;
  /** Takes back what was not committed and lets go; throws nothing. */
  end(): Promise<void>;
}

/** What a statement of a library did. */
export interface Executed {
  readonly rows: Record<string, unknown>[];
  readonly changes: number;
}

/** An open database without its repositories. */
export interface Engine {
  readonly dialect: Dialect;
  readonly open: boolean;
  /** Whether a step that only reads has to wait until nobody writes. */
  readonly readsInLine: boolean;
  statement(source: string): Statement;
  /**
   * Runs `work` when the transaction is about to commit, where it would be dear within each step, or at once; it is taken back
   * with the step that asked for it. What looks at its effect in the same transaction settles first.
   */
  atTheEnd(work: () => Promise<unknown>): Promise<void>;
  /** Runs what waits for the end of this transaction now. */
  settle(): Promise<void>;
  /** Runs a step that sees one state of the database from its first statement to its last. */
  reading<T>(step: () => Promise<T>): Promise<T>;
  begin(durability: Durability): Promise<Transaction>;
  /** Runs SQL of a library in the current step, so that what it writes is part of that step; null where no library has its own. */
  readonly execute: ((text: string, values: readonly unknown[]) => Promise<Executed>) | null;
  /** The named error of what the engine threw; anything else is a bug and is thrown again. */
  named(thrown: unknown): Result<never>;
}
