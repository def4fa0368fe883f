import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditEvent, AuditHead, AuditRecord, ClockPort, LogPort, Result } from "@moltbot/contracts";
import type { ContentSealer, Signer } from "../crypto/index.ts";
import type { CheckpointStore } from "./checkpoint.ts";
import type { AuditDetailsStore } from "./details-store.ts";
import { hexOf } from "./hex.ts";
import type { HeldLog, LogFile } from "./log-file.ts";
import { headLine } from "./log-line.ts";
import { makeEntry } from "./make-entry.ts";
import type { Entry } from "./make-entry.ts";
import type { Frontier } from "./merkle-tree.ts";
import { signHead } from "./tree-head.ts";

/** At most this many records share one flush; so a crash leaves at most this many rows without a line. */
export const BATCH_LIMIT = 512;
const TAIL = 1_000;
const HEAD_EVERY_MILLISECONDS = 1_000;
/** After so many records a checkpoint is written, so that opening after a crash reads at most that many. */
const CHECKPOINT_EVERY = 16_384;

/** What the log works with. */
export interface AuditLogPorts {
  readonly file: LogFile;
  readonly signer: Signer;
  readonly commitmentKey: Uint8Array;
  readonly content: ContentSealer;
  readonly details: AuditDetailsStore;
  readonly checkpoints: CheckpointStore;
  /** Bytes that an export in one text may have; tests choose another number. */
  readonly longestExport?: number;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

/** What opening found in the file. */
export interface AuditLogState {
  readonly tree: Frontier;
  readonly bytes: number;
  readonly lastHead: AuditHead | null;
  /** How many records at the beginning are hashes alone. */
  readonly hashes: number;
  /** How many records at the beginning were taken from a checkpoint and not read: they are checked in the background. */
  readonly unread: number;
  /** The newest records, oldest first, at most about a thousand. */
  readonly tail: readonly AuditRecord[];
}

/** What is durable now. */
export interface Durable {
  readonly size: number;
  readonly bytes: number;
  readonly hashes: number;
  readonly lastHead: AuditHead | null;
  readonly tail: readonly AuditRecord[];
}

/** What another file has in the place of the log's. */
export interface Exchange {
  readonly bytes: number;
  readonly hashes: number;
}

/** The only one who touches the end of the file. */
export interface LogWriter {
  /** Durable when it returns; concurrent calls share one flush. */
  record(event: AuditEvent): Promise<Result<AuditRecord>>;
  /** A head over everything, appended unless the newest one in the file covers the same records. Only inside `exclusively`. */
  writeHead(): Promise<Result<AuditHead>>;
  /** One piece of work at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Reads the file as it stands when `begin` runs, whatever takes its place meanwhile. */
  reading<T, S>(begin: () => Promise<S>, work: (held: HeldLog, at: S) => Promise<Result<T>>): Promise<Result<T>>;
  /** Lets another file take the log's place. Only inside `exclusively`; when it fails half-way, nothing more is written. */
  exchange(take: () => Promise<void>, now: Exchange): Promise<Result<void>>;
  now(): Durable;
  /** The root over all that is durable, lower-case hex. */
  root(): string;
  state(): "open" | "poisoned" | "closed";
  close(): Promise<void>;
}

interface Waiting {
  readonly event: AuditEvent;
  readonly answer: (result: Result<AuditRecord>) => void;
}

export const unwritable = (): Result<never> => err(moltbotError("AUDIT_UNWRITABLE"));

/** The writer of a file that opening has checked. */
export const createLogWriter = (ports: AuditLogPorts, found: AuditLogState): LogWriter => {
  const { file, clock, log, details, checkpoints } = ports;
  const { tree } = found;
  let tail = [...found.tail];
  let size = tree.size();
  let { bytes, lastHead, hashes } = found;
  let savedSize = size;
  let headSignedAt = Number.NEGATIVE_INFINITY;
  let state: "open" | "poisoned" | "closed" = "open";
  let waiting: Waiting[] = [];
  let isDraining = false;
  let turn: Promise<unknown> = Promise.resolve();

  const exclusively = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  /** Writes durably. After a failed write or sync nobody knows what the disk holds, so nothing more is written. */
  const write = async (text: string): Promise<Result<void>> => {
    const chunk = Buffer.from(text, "utf8");
    try {
      // A second process that writes to it, let in by a lock that does not reach it, would fork the log.
      if ((await file.size()) !== bytes) throw new Error("the file is not as long as it was left");
      await file.append(chunk);
      await file.sync();
    } catch {
      state = "poisoned";
      log.error("the audit log could not be written and refuses everything until the next start", { record: size });
      return unwritable();
    }
    bytes += chunk.length;
    return done;
  };

  const saveCheckpoint = async (): Promise<void> => {
    savedSize = size;
    await checkpoints.write({ tree: tree.state(), bytes, hashes, lastHead }, file);
  };

  const signNow = (): AuditHead => {
    headSignedAt = clock.monotonic();
    return signHead(ports.signer, tree.size(), tree.root(), clock.now());
  };

  const makeEntries = (batch: readonly Waiting[]): readonly (Entry & Pick<Waiting, "answer">)[] => {
    const at = clock.now();
    const entries: (Entry & Pick<Waiting, "answer">)[] = [];
    for (const { event, answer } of batch) {
      const entry = state === "open" ? makeEntry(event, size + entries.length, at, ports) : unwritable();
      if (entry.ok) entries.push({ ...entry.value, answer });
      else {
        log.error("an event could not be recorded", { code: entry.error.code });
        answer(unwritable());
      }
    }
    return entries;
  };

  const flush = async (batch: readonly Waiting[]): Promise<void> => {
    const entries = makeEntries(batch);
    const refuse = (): void => {
      for (const { answer } of entries) answer(unwritable());
    };
    if (entries.length === 0) return;
    const stored = await details.put(
      entries.map(({ row }) => row),
      size,
    );
    if (!stored.ok) {
      log.error("the details of records could not be stored", { code: stored.error.code, record: size });
      refuse();
      return;
    }
    for (const { leaf } of entries) tree.append(leaf);
    const head = clock.monotonic() - headSignedAt >= HEAD_EVERY_MILLISECONDS ? signNow() : null;
    const lines = entries.map(({ line }) => line);
    if (head !== null) lines.push(headLine(head));
    const written = await write(`${lines.join("\n")}\n`);
    if (!written.ok) {
      refuse();
      return;
    }
    size += entries.length;
    lastHead = head ?? lastHead;
    tail.push(...entries.map(({ record }) => record));
    if (tail.length > 2 * TAIL) tail = tail.slice(-TAIL);
    for (const { answer, record } of entries) answer(ok(record));
    if (size - savedSize >= CHECKPOINT_EVERY) await saveCheckpoint();
  };

  /** One batch at a time, so that whoever else needs the file's end comes between two of them. */
  const drain = async (): Promise<void> => {
    const batch = waiting.slice(0, BATCH_LIMIT);
    waiting = waiting.slice(BATCH_LIMIT);
    try {
      await flush(batch);
    } catch (error) {
      // A port that throws is a bug; callers still must not wait for ever nor go on.
      state = "poisoned";
      log.error("the audit log failed in a way it does not know", {
        error: error instanceof Error ? error.name : "unknown",
      });
      for (const { answer } of batch) answer(unwritable());
    }
    if (waiting.length > 0) void exclusively(drain);
    else isDraining = false;
  };

  const writeHead = async (): Promise<Result<AuditHead>> => {
    if (state !== "open") return unwritable();
    const head = signNow();
    if (lastHead?.size === head.size) return ok(head);
    const written = await write(`${headLine(head)}\n`);
    if (!written.ok) return written;
    lastHead = head;
    return ok(head);
  };

  return {
    exclusively,
    writeHead,
    state: () => state,
    now: () => ({ size, bytes, hashes, lastHead, tail }),
    root: () => hexOf(tree.root()),
    record: async (event) =>
      state !== "open"
        ? unwritable()
        : new Promise((answer) => {
            waiting.push({ event, answer });
            if (isDraining) return;
            isDraining = true;
            void exclusively(drain);
          }),
    reading: async (begin, work) => {
      let held: HeldLog | undefined;
      try {
        const at = await exclusively(async () => {
          if (state !== "closed") held = file.hold();
          return begin();
        });
        return held === undefined ? unwritable() : await work(held, at);
      } catch {
        log.error("the audit log could not be read", { record: size });
        return unwritable();
      } finally {
        await held?.release();
      }
    },
    exchange: async (take, now) => {
      // A checkpoint of the file that was must not be found beside the one that is.
      await checkpoints.remove();
      state = "poisoned"; // should the exchange fail half-way, nobody knows which file is written to
      await take();
      state = "open";
      ({ bytes, hashes } = now);
      tail = tail.filter(({ sequence }) => sequence >= hashes);
      await saveCheckpoint();
      return done;
    },
    close: async () =>
      exclusively(async () => {
        if (state === "closed") return;
        if (size > 0) await writeHead();
        if (state === "open") {
          await details.put([], size); // closed in order: from now on not one line may be missing
          await saveCheckpoint();
        }
        state = "closed";
        await file.close();
      }),
  };
};
