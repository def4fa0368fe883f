import { writeFileSync } from "node:fs";
import type { AuditProof } from "@moltbot/contracts";
import { instantOf } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../crypto/index.ts";
import { openAuditLog, verifyProof } from "./index.ts";
import { inclusionProof, consistencyProof } from "./merkle-proof.ts";
import { hexOf } from "./hex.ts";
import { recordLine } from "./log-line.ts";
import { changeLines, fill, filledLog } from "./testing/filled-log.ts";
import { fileOf, must, testOptions } from "./testing/open-test-log.ts";
import { signHead } from "./tree-head.ts";

const hex = (hashes: readonly Uint8Array[] | null): string[] => (hashes ?? []).map(hexOf);

describe("a proof", () => {
  it("is what the standard gives over all leaves, for logs around the size of tiles", { timeout: 60_000 }, async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    for (const size of [1, 2, 700, 1_023, 1_024, 1_025, 2_500]) {
      await fill(log, options, log.size(), size);
      const records = must(await log.list(size)).toReversed();
      const leaves = records.map((record) => recordLine(record).leaf);
      for (const at of [0, 1, 511, 1_023, 1_024, size - 1].filter((one) => one < size)) {
        const proof = must(await log.proveRecord(at));
        expect(proof.path).toEqual(hex(inclusionProof(leaves, at)));
        expect(verifyProof(proof, { record: records[at] })).toBeNull();
        const earlier = must(await log.proveSize(at + 1));
        expect(earlier.path).toEqual(hex(consistencyProof(leaves, at + 1)));
        expect(verifyProof(earlier)).toBeNull();
      }
    }
    await log.close();
    // After a start the leaves are read from the file.
    const again = must(await openAuditLog(options));
    const proof = must(await again.proveRecord(1_500));
    expect(verifyProof(proof, { record: must(await again.list(1, 1_501))[0] })).toBeNull();
    expect(verifyProof(must(await again.proveSize(1_500)))).toBeNull();
    await again.close();
  });

  it("of a size holds against the head that was kept, and only against that", async () => {
    const { options, log } = await filledLog(40);
    const kept = must(await log.head());
    await fill(log, options, 40, 90);
    const proof = must(await log.proveSize(40));
    expect(verifyProof(proof, { head: kept })).toBeNull();
    const another = must(await log.head());
    expect(verifyProof(proof, { head: another })).toContain("did not have the root");
    expect(verifyProof(proof, { head: { ...kept, at: instantOf(5) } })).toContain("given head is not valid");
    const mallory = signerFromSeed(testOptions().signingSeed);
    const forged = signHead(mallory, 40, Buffer.from(kept.root, "hex"), kept.at);
    expect(verifyProof(proof, { head: forged })).toContain("another key");
    await log.close();
  });

  it("does not exist for a record that is not there, nor for a size that the log never had", async () => {
    const { log } = await filledLog(5);
    expect(await log.proveRecord(5)).toMatchObject({ ok: false, error: { code: "NOT_FOUND" } });
    expect(await log.proveSize(6)).toMatchObject({ ok: false, error: { code: "AUDIT_HEAD_MISMATCH" } });
    const nothing = must(await log.proveSize(0));
    expect(verifyProof(nothing)).toBeNull();
    expect(verifyProof({ ...nothing, path: [nothing.head.root] })).not.toBeNull();
    await log.close();
    expect(await log.proveSize(1)).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
  });

  it("does not hold with anything of it changed", async () => {
    const { log } = await filledLog(77);
    const [record] = must(await log.list(1, 31));
    const proof = must(await log.proveRecord(30));
    const size = must(await log.proveSize(30));
    const flip = (hash: string): string => (hash.startsWith("0") ? `1${hash.slice(1)}` : `0${hash.slice(1)}`);
    const broken: AuditProof[] = [
      { ...proof, record: 31 } as AuditProof, // the spread keeps the kind
      { ...proof, leaf: flip(proof.kind === "inclusion" ? proof.leaf : "") } as AuditProof,
      { ...size, size: 31 } as AuditProof,
      { ...size, root: flip(size.kind === "consistency" ? size.root : "") } as AuditProof,
      ...[proof, size].flatMap((one) => [
        ...one.path.map((hash, at) => ({ ...one, path: one.path.with(at, flip(hash)) })),
        { ...one, path: one.path.slice(1) },
        { ...one, head: { ...one.head, size: one.head.size + 1 } },
      ]),
    ];
    for (const one of broken) expect(verifyProof(one), JSON.stringify(one)).not.toBeNull();
    expect(verifyProof(proof, { record })).toBeNull();
    const lied = record === undefined ? undefined : { ...record, actor: "somebody else" };
    expect(verifyProof(proof, { record: lied })).toContain("not a proof of the given record");
    expect(verifyProof(size, { record })).toContain("not a proof of the given record");
    await log.close();
  });

  it("unplug: without the signature of its head a made-up log proves anything", async () => {
    const { log } = await filledLog(3);
    const proof = must(await log.proveRecord(0));
    const made = { ...proof, leaf: "ab".repeat(32), path: [], head: { ...proof.head, size: 1, root: "ab".repeat(32) } };
    const forged = made as AuditProof; // still of its kind
    expect(verifyProof(forged)).toContain("signature");
    expect(verifyProof(forged, {}, () => true)).toBeNull();
    await log.close();
  });

  it("is not made from a file that is not the one that was signed", async () => {
    const { options, log } = await filledLog(30);
    changeLines(options, (lines) => lines.splice(3, 1, (lines[3] ?? "").replace('"n":3', '"n":9')));
    expect(await log.proveRecord(7)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    expect(await log.proveSize(7)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    writeFileSync(fileOf(options), "");
    expect(await log.proveRecord(7)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    expect(await log.proveSize(7)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    await log.close();
  });
});
