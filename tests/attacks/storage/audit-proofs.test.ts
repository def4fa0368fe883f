import { describe, expect, it } from "vitest";
import { openAuditLog, verifyProof } from "../../../packages/storage/src/audit/index.ts";
import { fill, filledLog } from "../../../packages/storage/src/audit/testing/filled-log.ts";
import { must, testOptions } from "../../../packages/storage/src/audit/testing/open-test-log.ts";

/** The log that was, and another one of as many records by the same key: what somebody makes who has the vault open. */
const two = async (size: number) => {
  const { options, log } = await filledLog(size);
  const other = { ...testOptions(), signingSeed: options.signingSeed, commitmentKey: options.commitmentKey };
  const made = must(await openAuditLog(other));
  for (let n = 0; n < size; n += 1) must(await made.record({ event: "made:up", actor: "system", fields: { n } }));
  return {
    log,
    made,
    grow: async (to: number) => {
      await fill(made, other, size, to);
    },
    close: async () => {
      await log.close();
      await made.close();
    },
  };
};

describe("a proof of another log by the same key", () => {
  it("is refused beside a head of the same size that was kept from the true one", async () => {
    const { log, made, close } = await two(20);
    const kept = must(await log.head());
    const proof = must(await made.proveRecord(7));
    expect(proof.head.size).toBe(kept.size);
    // By itself it holds: the same key signed both.
    expect(verifyProof(proof)).toBeNull();
    expect(verifyProof(proof, { head: kept })).not.toBeNull();
    expect(verifyProof(must(await made.proveSize(20)), { head: kept })).not.toBeNull();
    // The honest one is accepted.
    expect(verifyProof(must(await log.proveRecord(7)), { head: kept })).toBeNull();
    await close();
  });

  // An inclusion proof says nothing of a head of another size; a consistency proof of that size has to stand beside it.
  it("is refused beside a head of another size that was kept from the true one", async () => {
    const { log, made, grow, close } = await two(20);
    const kept = must(await log.head());
    await grow(30);
    const proof = must(await made.proveRecord(7));
    await close();
    expect(verifyProof(proof, { head: kept })).not.toBeNull();
  });
});
