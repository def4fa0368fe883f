import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** A name's addresses, in order of preference; rejects or is empty when there are none. */
export type Lookup = (host: string) => Promise<readonly string[]>;

/** The operating system's answer, every address of it. */
export const lookupBySystem: Lookup = async (host) =>
  (await systemLookup(host, { all: true, order: "verbatim" })).map(({ address }) => address);

/** Resolves a host once. One address that is not "public" to the check refuses the host: an attacker's name may carry both kinds. */
export const resolveHost = async (
  host: string,
  lookup: Lookup,
  check: (address: string) => string,
): Promise<Result<readonly string[]>> => {
  const addresses = isIP(host) === 0 ? await lookup(host).catch(() => []) : [host];
  if (addresses.length === 0) return err(moltbotError("HOST_UNRESOLVED", { host }));
  const odd = addresses.find((address) => isIP(address) === 0);
  if (odd !== undefined) return err(moltbotError("ADDRESS_REFUSED", { host, range: "not an address" }));
  const refused = addresses.map(check).find((range) => range !== "public");
  if (refused !== undefined) return err(moltbotError("ADDRESS_REFUSED", { host, range: refused }));
  return ok(addresses);
};
