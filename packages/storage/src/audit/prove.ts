import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditHead, AuditProof, Result } from "@moltbot/contracts";
import { hexOf } from "./hex.ts";
import { createPause } from "./let-others-work.ts";
import type { ReadableLog } from "./log-file.ts";
import { skimLogLine } from "./log-line.ts";
import { createFrontier } from "./merkle-tree.ts";
import { consistencyRanges, inclusionRanges } from "./merkle-ranges.ts";
import type { Range } from "./merkle-ranges.ts";
import { placeOf, readLeaves } from "./read-records.ts";
import { readBlocks } from "./read-lines.ts";
import { TILE } from "./tiles.ts";
import type { Tiles } from "./tiles.ts";
import { verifyProof } from "./verify-proof.ts";

/** The log as it was when its head was signed. */
export interface Snapshot {
  readonly file: ReadableLog;
  readonly bytes: number;
  readonly head: AuditHead;
  readonly tiles: Tiles;
}

/** Reads the leaves of all full tiles that are not known yet: once after a start, later only those that came since. */
const learnTiles = async ({ file, bytes, head, tiles }: Snapshot): Promise<void> => {
  const wanted = head.size - (head.size % TILE);
  if (tiles.known() >= wanted) return;
  const pause = createPause();
  tiles.restart();
  for await (const lines of readBlocks(file, await placeOf(file, bytes, tiles.known()), bytes)) {
    for (const { bytes: line } of lines) {
      const found = skimLogLine(line);
      if (typeof found !== "string" && found.kind !== "head") tiles.append(found.sequence, found.leaf);
    }
    if (tiles.known() >= wanted) return;
    await pause();
  }
};

/** The hash of a range of leaves: of full tiles their roots, of the others their leaves. */
const hashOf = async ({ file, bytes, tiles }: Snapshot, { from, to }: Range): Promise<Result<Uint8Array>> => {
  const tree = createFrontier();
  for (let place = from; place < to;) {
    const end = Math.min(to, place - (place % TILE) + TILE);
    const root = end - place === TILE ? tiles.root(place / TILE) : undefined;
    if (root === undefined) {
      const leaves = await readLeaves(file, bytes, place, end);
      if (!leaves.ok) return leaves;
      for (const leaf of leaves.value) tree.append(leaf);
    } else tree.appendSubtree(root, TILE);
    place = end;
  }
  return ok(tree.root());
};

const hashesOf = async (snapshot: Snapshot, ranges: readonly Range[]): Promise<Result<readonly string[]>> => {
  const path: string[] = [];
  for (const range of ranges) {
    const hash = await hashOf(snapshot, range);
    if (!hash.ok) return hash;
    path.push(hexOf(hash.value));
  }
  return ok(path);
};

/** What does not prove itself was made from a file that is not the one that was signed. */
const checked = (proof: AuditProof, record: number | null): Result<AuditProof> => {
  const problem = verifyProof(proof);
  return problem === null ? ok(proof) : err(moltbotError("AUDIT_DAMAGED", { record: record ?? "none", problem }));
};

/** That the record stands in the log under the head; NOT_FOUND for one that does not. */
export const proveRecord = async (snapshot: Snapshot, sequence: number): Promise<Result<AuditProof>> => {
  const { file, bytes, head } = snapshot;
  const ranges = inclusionRanges(head.size, sequence);
  if (ranges === null) return err(moltbotError("NOT_FOUND", { kind: "audit record" }));
  await learnTiles(snapshot);
  const leaf = await readLeaves(file, bytes, sequence, sequence + 1);
  if (!leaf.ok) return leaf;
  const path = await hashesOf(snapshot, ranges);
  if (!path.ok) return path;
  const [hash = new Uint8Array()] = leaf.value;
  return checked({ kind: "inclusion", record: sequence, leaf: hexOf(hash), path: path.value, head }, sequence);
};

/** That the log of `size` records is the beginning of the one under the head; AUDIT_HEAD_MISMATCH when it never had so many. */
export const proveSize = async (snapshot: Snapshot, size: number): Promise<Result<AuditProof>> => {
  const { head } = snapshot;
  // Of nothing, everything is a continuation.
  const ranges = size === 0 ? [] : consistencyRanges(head.size, size);
  if (ranges === null) return err(moltbotError("AUDIT_HEAD_MISMATCH", { size }));
  await learnTiles(snapshot);
  const path = await hashesOf(snapshot, ranges);
  if (!path.ok) return path;
  const root = await hashOf(snapshot, { from: 0, to: size });
  if (!root.ok) return root;
  return checked({ kind: "consistency", size, root: hexOf(root.value), path: path.value, head }, null);
};
