import type { AuditHead, AuditProof, AuditRecord } from "@moltbot/contracts";
import { bytesOfHex, hexOf } from "./hex.ts";
import { recordLine } from "./log-line.ts";
import { verifyConsistency, verifyInclusion } from "./merkle-proof.ts";
import { createFrontier } from "./merkle-tree.ts";
import { isSigned } from "./tree-head.ts";

/** What a proof is checked against beside itself. */
export interface ProofWish {
  /** A head that was kept elsewhere: it must be by the same key; for a proof of a size the head of that size, for one of a record the head that it leads to. */
  readonly head?: AuditHead | undefined;
  /** The record that is said to stand there. */
  readonly record?: AuditRecord | undefined;
}

const EMPTY = hexOf(createFrontier().root());

const holds = (proof: AuditProof): boolean => {
  const path = proof.path.map(bytesOfHex);
  const later = { size: proof.head.size, root: bytesOfHex(proof.head.root) };
  if (proof.kind === "inclusion") {
    return verifyInclusion(bytesOfHex(proof.leaf), proof.record, later.size, path, later.root);
  }
  if (proof.size === 0) return path.length === 0 && proof.root === EMPTY;
  return verifyConsistency({ size: proof.size, root: bytesOfHex(proof.root) }, later, path);
};

/** What is wrong with a proof, in words; null when it proves what it says. Needs neither the log nor the gateway. */
export const verifyProof = (proof: AuditProof, { head, record }: ProofWish = {}, check = isSigned): string | null => {
  if (!check(proof.head)) return "the signature of its head is not valid";
  if (!holds(proof)) return "its hashes do not lead to the root of its head";
  if (head !== undefined) {
    if (!check(head)) return "the signature of the given head is not valid";
    if (head.publicKey !== proof.head.publicKey) return "the given head was signed by another key";
    if (proof.kind === "consistency" && (proof.size !== head.size || proof.root !== head.root)) {
      return "the log did not have the root of the given head when it had that size";
    }
    // A record's proof leads to one head; another log by the same key has a head of another size too.
    if (proof.kind === "inclusion" && proof.head.size !== head.size) {
      return `the given head is of ${String(head.size)} records and this proof of ${String(proof.head.size)}: prove that size too`;
    }
    // Two heads of one size by one key, with two roots: one of the logs was made up.
    if (proof.head.size === head.size && proof.head.root !== head.root) {
      return "the given head is of another log of the same size";
    }
  }
  if (record === undefined) return null;
  const isOf =
    proof.kind === "inclusion" && record.sequence === proof.record && hexOf(recordLine(record).leaf) === proof.leaf;
  return isOf ? null : "it is not a proof of the given record";
};
