import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Instant, Result } from "@moltbot/contracts";
import { PRUNED_EVENT } from "./check-log.ts";
import { hexOf } from "./hex.ts";
import { createPause } from "./let-others-work.ts";
import type { ReadableLog, Successor } from "./log-file.ts";
import { leafLine, readLogLine, skimLogLine } from "./log-line.ts";
import { unwritable } from "./log-writer.ts";
import type { AuditLogPorts, LogWriter } from "./log-writer.ts";
import { createFrontier } from "./merkle-tree.ts";
import { placeOf } from "./read-records.ts";
import { readBlocks } from "./read-lines.ts";

/** The log as it was at one moment. */
interface LogAt {
  readonly file: ReadableLog;
  readonly bytes: number;
}

/** How many records at the beginning are older than the instant; the first that is not ends the count, whatever comes after it. */
const countOlder = async ({ file, bytes }: LogAt, size: number, hashes: number, before: Instant): Promise<number> => {
  const pause = createPause();
  for await (const lines of readBlocks(file, await placeOf(file, bytes, hashes), bytes)) {
    for (const { bytes: line } of lines) {
      const found = readLogLine(line);
      if (typeof found !== "string" && found.kind === "record" && found.record.at >= before) return found.sequence;
    }
    await pause();
  }
  return size;
};

const damaged = (record: number, problem: string): Result<never> =>
  err(moltbotError("AUDIT_DAMAGED", { record, problem }));

/**
 * Writes the log anew with the first `count` records as their hashes; returns the new length. Evidence must not be thrown away:
 * a log whose hashes do not lead to the root that memory knows is AUDIT_DAMAGED, and nothing takes its place.
 */
const writePruned = async (
  log: LogAt & { readonly root: string },
  count: number,
  successor: Successor,
): Promise<Result<number>> => {
  const tree = createFrontier();
  const pause = createPause();
  let written = 0;
  let from: number | null = null; // where the first line stands that is kept as it is
  for await (const lines of readBlocks(log.file, 0, log.bytes)) {
    const hashes: string[] = [];
    for (const { bytes, start } of lines) {
      const found = skimLogLine(bytes);
      if (typeof found === "string") return damaged(tree.size(), found);
      if (found.kind === "head") continue; // the hashes lead to every later head, so those before them are not needed
      tree.append(found.leaf);
      if (found.sequence < count) hashes.push(`${leafLine(found)}\n`);
      else from ??= start;
    }
    const piece = Buffer.from(hashes.join(""));
    await successor.append(piece);
    written += piece.length;
    await pause();
  }
  if (hexOf(tree.root()) !== log.root) return damaged(tree.size(), "the records are not those that were written");
  const kept = await copyTo(successor, log.file, from ?? log.bytes, log.bytes);
  return ok(written + kept);
};

const COPY = 256 * 1024;

/** Copies bytes as they are; returns how many. */
const copyTo = async (successor: Successor, file: ReadableLog, from: number, to: number): Promise<number> => {
  for (let place = from; place < to;) {
    const bytes = await file.read(place, Math.min(COPY, to - place));
    if (bytes.length === 0) throw new Error("the log became shorter while it was copied");
    await successor.append(bytes);
    place += bytes.length;
  }
  return to - from;
};

/** Writes the log anew with the first `count` records as hashes, and puts it in the place of the old one. */
const rewrite = async ({ file, log }: AuditLogPorts, writer: LogWriter, count: number): Promise<Result<void>> => {
  let successor: Successor | undefined;
  try {
    const next = await file.succeed();
    successor = next;
    const copied = await writer.reading(
      async () => ({ bytes: writer.now().bytes, root: writer.root() }),
      async (held, { bytes, root }) => {
        const length = await writePruned({ file: held, bytes, root }, count, next);
        return length.ok ? ok({ length: length.value, read: bytes }) : length;
      },
    );
    if (!copied.ok) return copied;
    // On record and signed before it happens: only this lets a verifier accept hashes in the place of records.
    const intent = await writer.record({ event: PRUNED_EVENT, actor: "system", fields: { records: count } });
    if (!intent.ok) return intent;
    return await writer.exclusively(async () => {
      const head = await writer.writeHead();
      if (!head.ok) return head;
      const more = await copyTo(next, file, copied.value.read, writer.now().bytes);
      successor = undefined; // it is the log now, or nobody knows
      return writer.exchange(() => next.takePlace(), { bytes: copied.value.length + more, hashes: count });
    });
  } catch {
    log.error("the audit log could not be written anew", { records: count });
    return unwritable();
  } finally {
    await successor?.discard().catch(() => undefined);
  }
};

/** `AuditPort.prune`: one at a time. */
export const createPrune = (
  ports: AuditLogPorts,
  writer: LogWriter,
): ((before: Instant) => Promise<Result<number>>) => {
  let turn: Promise<unknown> = Promise.resolve();
  const prune = async (before: Instant): Promise<Result<number>> => {
    const had = writer.now().hashes;
    const counted = await writer.reading(
      async () => writer.now(),
      async (held, { bytes, size }) => ok(await countOlder({ file: held, bytes }, size, had, before)),
    );
    if (!counted.ok) return counted;
    if (counted.value > had) {
      const rewritten = await rewrite(ports, writer, counted.value);
      if (!rewritten.ok) return rewritten;
    }
    const { hashes } = writer.now();
    const forgotten = await ports.details.forget(hashes);
    return forgotten.ok ? ok(hashes - had) : forgotten;
  };
  return async (before) => {
    const mine = turn.then(async () => prune(before));
    turn = mine.catch(() => undefined);
    return mine;
  };
};
