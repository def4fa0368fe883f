import { millisecondsOf } from "@moltbot/contracts";
import type { CryptoPort, Instant, PrincipalId } from "@moltbot/contracts";

/** What an id is made for. */
export type ImportedKind = "agent" | "conversation" | "message" | "memory" | "call";

/**
 * A UUIDv7 (RFC 9562) that the same thing gets again: its time, and the first 74 bits of a MAC over whose it is, where it came from
 * and what names it there. The MAC's key is this home's, so that nobody else can tell from an id what was imported.
 */
export const derivedId = (
  mac: CryptoPort["mac"],
  kind: ImportedKind,
  names: readonly string[],
  at: Instant,
): string => {
  const bits = mac("import", JSON.stringify([kind, ...names]));
  const time = Math.max(0, millisecondsOf(at)).toString(16).padStart(12, "0").slice(-12);
  const variant = (8 + (Number.parseInt(bits.slice(3, 4), 16) % 4)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${bits.slice(0, 3)}-${variant}${bits.slice(4, 7)}-${bits.slice(7, 19)}`;
};

/** What has no time of its own, or must not depend on one. */
const TIMELESS = "1970-01-01T00:00:00.000Z" as Instant; // in the form of an instant

/** The ids of what one owner imports from one place. */
export const importIds = (mac: CryptoPort["mac"], owner: PrincipalId, from: string) => ({
  of: <T>(kind: { parse(text: string): T }, what: ImportedKind, names: readonly string[], at: Instant = TIMELESS): T =>
    kind.parse(derivedId(mac, what, [owner, from, ...names], at)),
});
export type ImportIds = ReturnType<typeof importIds>;
