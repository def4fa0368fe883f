/** A database on the disk that two processes open alike, and who spends in it. */
import { TenantId, instantOf, ok } from "@moltbot/contracts";
import { createContentSealer, sha256 } from "@moltbot/storage/crypto";
import { openDatabase } from "@moltbot/storage/database";

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const NOON = Date.UTC(2026, 10, 23, 12);

export const SPENDER = Object.freeze({
  noon: NOON,
  day: "2026-11-23",
  /** The most tokens of one answer. */
  most: 10,
  tenantId: TenantId.parse("01930000-0000-7000-8000-000000000001"),
  person: "01930000-0000-7000-8000-000000000002",
  agent: "01930000-0000-7000-8000-000000000003",
});

export const openUsage = async (file: string) => {
  const opened = await openDatabase({
    file,
    key: new Uint8Array(32).fill(7),
    sealer: createContentSealer({ find: (subject) => sha256(subject), findOrCreate: (subject) => ok(sha256(subject)) }),
    clock: { now: () => instantOf(NOON), monotonic: () => 0 },
    log: silent,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
};
