import { MemoryId, ok } from "@moltbot/contracts";
import type { AccessScope, PrivacySubject, Result } from "@moltbot/contracts";
import type { PrivacyPorts } from "./ports.ts";

const TRIES = 60;
const A_MOMENT = 500;

/** A backup that is being made reads what was, for as long as it takes; it holds no key. */
const scrub = async ({ house: { store } }: PrivacyPorts): Promise<Result<void>> => {
  for (let left = TRIES; ; left -= 1) {
    const scrubbed = await store.privacy.scrub();
    if (scrubbed.ok || left === 0 || scrubbed.error.code !== "DATABASE_UNAVAILABLE") return scrubbed;
    await new Promise((resolve) => setTimeout(resolve, A_MOMENT));
  }
};

/** Rows, files, what a search found it by, and what the engine's files still held of them. */
export const removeRest = async (
  ports: PrivacyPorts,
  scope: AccessScope,
  subject: PrivacySubject,
  keys: readonly string[],
): Promise<Result<{ readonly rows: Readonly<Record<string, number>>; readonly files: number }>> => {
  const { house, files, system } = ports;
  const { store } = house;
  const addresses = await store.privacy.addressesOf(scope, subject);
  if (!addresses.ok && addresses.error.code !== "NOT_FOUND") return addresses;
  const erased = await store.privacy.erase(scope, subject);
  if (!erased.ok) return erased;
  const rows: Record<string, number> = { ...erased.value };
  for (const key of keys) {
    if (!key.startsWith("memory:")) continue;
    const removed = await store.memories.remove(system, MemoryId.parse(key.slice("memory:".length)));
    if (removed.ok) rows["memories"] = (rows["memories"] ?? 0) + 1;
    else if (removed.error.code !== "NOT_FOUND") return removed;
  }
  let gone = 0;
  for (const address of addresses.ok ? addresses.value : []) {
    const removed = await files.remove(address);
    if (!removed.ok) return removed;
    if (removed.value) gone += 1;
  }
  const scrubbed = await scrub(ports);
  return scrubbed.ok ? ok({ rows, files: gone }) : scrubbed;
};
