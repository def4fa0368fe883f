import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditEvent, AuditHead, AuditPort, AuditRecord, ClockPort, LogPort, Result } from "@moltbot/contracts";
import type { ContentSealer, Signer } from "../crypto/index.ts";
import type { AuditDetailsStore } from "./details-store.ts";
import type { LogFile } from "./log-file.ts";
import { headLine } from "./log-line.ts";
import { makeEntry } from "./make-entry.ts";
import type { Entry } from "./make-entry.ts";
import type { Frontier } from "./merkle-tree.ts";
import { readRecords } from "./read-records.ts";
import { signHead } from "./tree-head.ts";
import { verifyLog } from "./verify-log.ts";

/** At most this many records share one flush; so a crash leaves at most this many rows without a line. */
export const BATCH_LIMIT = 512;
const TAIL = 1_000;
const HEAD_EVERY_MILLISECONDS = 1_000;

/** The open log. */
export interface AuditLog extends AuditPort {
  /** Signs a last head and lets go of the file; everything after it is refused. */
  close(): Promise<void>;
  /** How many records are durable. */
  size(): number;
}

/** What the log works with. */
export interface AuditLogPorts {
  readonly file: LogFile;
  readonly signer: Signer;
  readonly commitmentKey: Uint8Array;
  readonly content: ContentSealer;
  readonly details: AuditDetailsStore;
  readonly clock: ClockPort;
  readonly log: LogPort;
}

/** What opening found in the file. */
export interface AuditLogState {
  readonly tree: Frontier;
  readonly bytes: number;
  readonly lastHead: AuditHead | null;
  /** The newest records, oldest first, at most about a thousand. */
  readonly tail: readonly AuditRecord[];
}

interface Waiting {
  readonly event: AuditEvent;
  readonly answer: (result: Result<AuditRecord>) => void;
}

const unwritable = (): Result<never> => err(moltbotError("AUDIT_UNWRITABLE"));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** The log over a file that opening has checked. */
export const createAuditLog = (ports: AuditLogPorts, found: AuditLogState): AuditLog => {
  const { file, clock, log, details } = ports;
  const { tree } = found;
  let tail = [...found.tail];
  let size = tree.size();
  let bytes = found.bytes;
  let lastHead = found.lastHead;
  let headSignedAt = Number.NEGATIVE_INFINITY;
  let state: "open" | "poisoned" | "closed" = "open";
  let waiting: Waiting[] = [];
  let turn: Promise<unknown> = Promise.resolve();

  /** One piece of work at a time touches the file's end. */
  const exclusively = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  /** Writes durably. After a failed write or sync nobody knows what the disk holds, so nothing more is written. */
  const write = async (text: string): Promise<Result<void>> => {
    const chunk = Buffer.from(text, "utf8");
    try {
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

  const signNow = (): AuditHead => {
    headSignedAt = clock.monotonic();
    return signHead(ports.signer, tree.size(), tree.root(), clock.now());
  };

  const flush = async (batch: readonly Waiting[]): Promise<void> => {
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
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
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
    }
  };

  /** A head over everything, appended unless the newest one in the file covers the same records. */
  const writeHead = async (): Promise<Result<AuditHead>> => {
    if (state !== "open") return unwritable();
    const head = signNow();
    if (lastHead?.size === head.size) return ok(head);
    const written = await write(`${headLine(head)}\n`);
    if (!written.ok) return written;
    lastHead = head;
    return ok(head);
  };

  const readable = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
    try {
      return await work();
    } catch {
      log.error("the audit log could not be read", { record: size });
      return unwritable();
    }
  };

  return {
    size: () => size,
    record: async (event) =>
      state !== "open"
        ? unwritable()
        : new Promise((answer) => {
            waiting.push({ event, answer });
            if (waiting.length === 1) void exclusively(drain);
          }),
    list: async (limit, before = size) => {
      const to = Math.max(0, Math.min(Math.floor(before), size));
      const from = Math.max(0, to - Math.max(0, Math.floor(limit)));
      const kept = tail;
      const first = size - kept.length;
      const newer = kept.slice(Math.max(0, from - first), Math.max(0, to - first));
      if (from >= Math.min(to, first)) return ok(newer.toReversed());
      const older = await readable(async () => readRecords(file, bytes, from, Math.min(to, first)));
      return older.ok ? ok([...older.value, ...newer].toReversed()) : older;
    },
    head: async () => exclusively(writeHead),
    verify: async () =>
      readable(async () => {
        const known = await exclusively(async () => ({
          size,
          bytes,
          root: state === "poisoned" ? null : hexOf(tree.root()),
          rows: await details.highest(),
        }));
        return verifyLog(ports, known);
      }),
    export: async () =>
      readable(async () =>
        exclusively(async () => {
          const head = await writeHead();
          return head.ok ? ok(Buffer.from(await file.read(0, bytes)).toString("utf8")) : head;
        }),
      ),
    close: async () =>
      exclusively(async () => {
        if (state === "closed") return;
        if (size > 0) await writeHead();
        if (state === "open") await details.put([], size); // closed in order: from now on not one line may be missing
        state = "closed";
        await file.close();
      }),
  };
};
