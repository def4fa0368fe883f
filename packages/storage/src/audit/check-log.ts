import type { AuditHead, AuditReport } from "@moltbot/contracts";
import { parseLogLine, skimLogLine } from "./log-line.ts";
import type { Leaf, SkimmedLine } from "./log-line.ts";
import { createFrontier } from "./merkle-tree.ts";
import type { Frontier } from "./merkle-tree.ts";
import { isSigned } from "./tree-head.ts";

export type AuditFault = AuditReport["faults"][number];

/** A log may be damaged everywhere; a reader needs the first faults, not a million. */
const FAULT_LIMIT = 100;

interface Expectation {
  /** The key that every head must name; null takes the first head's. */
  readonly publicKey: string | null;
  /** A head held elsewhere, which the log must contain. */
  readonly head: AuditHead | null;
  /** `whole` checks each line's form and each head's signature; `hashes` leaves both to what the hashes are compared with. */
  readonly depth: "whole" | "hashes";
  /** Replaced only by tests that show what the check is for. */
  readonly isSigned?: typeof isSigned;
}

/** Reads a log line by line, front to back, and remembers what does not fit. */
export interface LogChecker {
  /** Takes the next line's text (null: not UTF-8) and returns the place and hash of the record in it, if there is one. */
  push(text: string | null): Leaf | null;
  /** Notes a fault that was found beside the text. */
  fault(record: number | null, problem: string, code?: AuditFault["code"]): void;
  /** To be called after the last line: notes whether the expected head was met, and hands out what was found. */
  finish(): { readonly tree: Frontier; readonly lastHead: AuditHead | null; readonly faults: readonly AuditFault[] };
  readonly faults: readonly AuditFault[];
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A checker that has read nothing yet. */
export const createLogChecker = (expected: Expectation): LogChecker => {
  const check = expected.isSigned ?? isSigned;
  const read: (text: string) => SkimmedLine | string = expected.depth === "whole" ? parseLogLine : skimLogLine;
  const tree = createFrontier();
  const faults: AuditFault[] = [];
  let publicKey = expected.publicKey ?? expected.head?.publicKey ?? null;
  let lastHead: AuditHead | null = null;
  let next = 0;
  let isLost = false; // after an unreadable line the next sequence is taken as it comes
  let isForked = false; // after one wrong root all later ones are wrong too
  let isMet = false;

  const fault: LogChecker["fault"] = (record, problem, code = "AUDIT_DAMAGED") => {
    if (faults.length < FAULT_LIMIT) faults.push({ record, code, problem });
  };

  const meet = (): void => {
    if (expected.head !== null && tree.size() === expected.head.size && hexOf(tree.root()) === expected.head.root) {
      isMet = true;
    }
  };
  meet();

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
    if (expected.depth === "whole" && !check(head)) fault(place, "the signature of a head is not valid");
    if (!isForked && (head.size !== tree.size() || head.root !== hexOf(tree.root()))) {
      isForked = true;
      fault(place, `the records from ${lastHead?.size ?? 0} up to here are not those that were signed`);
    }
    lastHead = head;
  };

  return {
    faults,
    fault,
    push: (text) => {
      const line = text === null ? "it is not UTF-8" : read(text);
      if (typeof line === "string") {
        fault(next, `the line cannot be read: ${line}`);
        isLost = true;
        return null;
      }
      if (line.kind === "head") {
        pushHead(line.head);
        return null;
      }
      if (line.sequence !== next && !isLost) {
        fault(next, `record ${line.sequence} stands where record ${next} belongs`);
      }
      isLost = false;
      next = line.sequence + 1;
      tree.append(line.leaf);
      meet();
      return line;
    },
    finish: () => {
      if (expected.head !== null && !isMet) {
        fault(null, `the log does not contain the given head (size ${expected.head.size})`, "AUDIT_HEAD_MISMATCH");
      }
      return { tree, lastHead, faults };
    },
  };
};

/** The report of a finished check. */
export const reportOf = (finished: ReturnType<LogChecker["finish"]>): AuditReport => ({
  ok: finished.faults.length === 0,
  records: finished.tree.size(),
  root: hexOf(finished.tree.root()),
  head: finished.lastHead,
  faults: finished.faults,
});
