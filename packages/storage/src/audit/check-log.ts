import type { AuditHead, AuditRecord, AuditReport } from "@moltbot/contracts";
import { hexOf } from "./hex.ts";
import { readLogLine, skimLogLine } from "./log-line.ts";
import type { Leaf, LogLine, SkimmedLine } from "./log-line.ts";
import { createFrontier, rootOf } from "./merkle-tree.ts";
import type { Frontier, FrontierState } from "./merkle-tree.ts";
import { isSigned } from "./tree-head.ts";

export type AuditFault = AuditReport["faults"][number];

/** The record by which retention says, before it does so, of how many records only the hashes are kept. */
export const PRUNED_EVENT = "log:pruned";

/** A log may be damaged everywhere; a reader needs the first faults, not a million. */
const FAULT_LIMIT = 100;

/** Where a check begins that does not begin at the first line. */
export interface CheckStart {
  readonly tree: FrontierState;
  /** How many records at the beginning are hashes alone. */
  readonly hashes: number;
}

interface Expectation {
  /** The key that every head must name; null takes the first head's. */
  readonly publicKey: string | null;
  /** A head held elsewhere, which the log must contain. */
  readonly head: AuditHead | null;
  /** `whole` checks each line's form and each head's signature; `hashes` leaves both to what the hashes are compared with. */
  readonly depth: "whole" | "hashes";
  readonly start?: CheckStart;
  /** Replaced only by tests that show what the check is for. */
  readonly isSigned?: typeof isSigned;
  /** How many hashes may stand alone, by what the log says of itself; replaced only by such a test. */
  readonly allowance?: (pruned: number) => number;
}

/** Reads a log line by line, front to back, and remembers what does not fit. */
export interface LogChecker {
  /** Takes the next line and returns the place and hash of the record in it, if there is one. */
  push(line: Uint8Array): (Leaf & { readonly kind: "record" | "leaf" }) | null;
  /** Notes a fault that was found beside the text. */
  fault(record: number | null, problem: string, code?: AuditFault["code"]): void;
  /** To be called after the last line: notes whether the expected head was met, and hands out what was found. */
  finish(): Checked;
  /** The head read last. */
  lastHead(): AuditHead | null;
  /** The tree of all that was read. */
  readonly tree: Frontier;
  readonly faults: readonly AuditFault[];
}

/** What a check found. */
export interface Checked {
  readonly tree: Frontier;
  readonly lastHead: AuditHead | null;
  /** How many records at the beginning are hashes alone. */
  readonly hashes: number;
  readonly faults: readonly AuditFault[];
}

const MENTIONS_PRUNING = Buffer.from(`"event":"${PRUNED_EVENT}"`);

/** How many records a record of retention says are hashes alone; it can only speak of those before it. */
export const prunedBy = (record: AuditRecord): number => {
  const count = record.event === PRUNED_EVENT && record.actor === "system" ? record.fields["records"] : 0;
  return typeof count === "number" && count <= record.sequence ? count : 0;
};

const prunedIn = (line: Uint8Array): number => {
  if (!Buffer.from(line.buffer, line.byteOffset, line.length).includes(MENTIONS_PRUNING)) return 0;
  const read = readLogLine(line);
  return typeof read !== "string" && read.kind === "record" ? prunedBy(read.record) : 0;
};

/** A checker that has read nothing yet, or what its start says. */
export const createLogChecker = (expected: Expectation): LogChecker => {
  const check = expected.isSigned ?? isSigned;
  const allowance = expected.allowance ?? ((pruned: number) => pruned);
  const isWhole = expected.depth === "whole";
  const read: (line: Uint8Array) => LogLine | SkimmedLine | string = isWhole ? readLogLine : skimLogLine;
  const tree = createFrontier(expected.start?.tree);
  const faults: AuditFault[] = [];
  let publicKey = expected.publicKey ?? expected.head?.publicKey ?? null;
  let lastHead: AuditHead | null = null;
  let signed: FrontierState = tree.state(); // what the last head was read over
  let next = tree.size();
  let hashes = expected.start?.hashes ?? 0;
  let pruned = hashes; // what a start brings was allowed when it was read
  let isLost = false; // after an unreadable line the next sequence is taken as it comes
  let isForked = false; // after one wrong root all later ones are wrong too
  let isMet = false;

  const fault: LogChecker["fault"] = (record, problem, code = "AUDIT_DAMAGED") => {
    if (faults.length < FAULT_LIMIT) faults.push({ record, code, problem });
  };

  const meet = (): void => {
    if (tree.size() === expected.head?.size && hexOf(tree.root()) === expected.head.root) isMet = true;
  };
  meet();

  const compareRoot = (head: AuditHead, over: FrontierState, from: number): void => {
    if (isForked || head.root === hexOf(rootOf(over))) return;
    isForked = true;
    fault(over.size === 0 ? null : over.size - 1, `the records from ${from} up to here are not those that were signed`);
  };

  const pushHead = (head: AuditHead): void => {
    const place = next === 0 ? null : next - 1;
    publicKey ??= head.publicKey;
    if (head.publicKey !== publicKey) {
      fault(
        place,
        "a head was signed by another key",
        expected.head === null ? "AUDIT_DAMAGED" : "AUDIT_HEAD_MISMATCH",
      );
    }
    if (isWhole && !check(head)) fault(place, "the signature of a head is not valid");
    const from = lastHead?.size ?? expected.start?.tree.size ?? 0;
    lastHead = head;
    signed = tree.state();
    if (head.size !== tree.size() && !isForked) {
      isForked = true;
      fault(place, `the records from ${from} up to here are not those that were signed`);
    }
    // A root costs many hashes. Where only hashes are asked for, the last one says it for all.
    if (isWhole) compareRoot(head, signed, from);
  };

  const pushLeaf = (line: Uint8Array, found: Leaf & { readonly kind: "record" | "leaf" }): void => {
    if (found.sequence !== next && !isLost) {
      fault(next, `record ${found.sequence} stands where record ${next} belongs`);
    }
    isLost = false;
    next = found.sequence + 1;
    if (found.kind === "leaf") {
      if (tree.size() === hashes) hashes += 1;
      else fault(found.sequence, "only the hash of the record is there, after records that are whole");
    } else if (hashes > 0) {
      pruned = Math.max(pruned, prunedIn(line));
    }
    tree.append(found.leaf);
    if (tree.size() === expected.head?.size) meet();
  };

  return {
    faults,
    fault,
    tree,
    lastHead: () => lastHead,
    push: (bytes) => {
      const line = read(bytes);
      if (typeof line === "string") {
        fault(next, `the line cannot be read: ${line}`);
        isLost = true;
        return null;
      }
      if (line.kind === "head") {
        pushHead(line.head);
        return null;
      }
      pushLeaf(bytes, line);
      return line;
    },
    finish: () => {
      if (lastHead !== null && !isWhole) compareRoot(lastHead, signed, 0);
      if (hashes > allowance(pruned)) {
        fault(allowance(pruned), "only the hash of the record is there, and no record says that it was to be so");
      }
      if (expected.head !== null && !isMet) {
        fault(null, `the log does not contain the given head (size ${expected.head.size})`, "AUDIT_HEAD_MISMATCH");
      }
      return { tree, lastHead, hashes, faults };
    },
  };
};

/** The report of a finished check. */
export const reportOf = (finished: Checked): AuditReport => ({
  ok: finished.faults.length === 0,
  records: finished.tree.size(),
  root: hexOf(finished.tree.root()),
  head: finished.lastHead,
  faults: finished.faults,
});
