import { isIP } from "node:net";
import { isGrantable } from "./classify-address.ts";
import type { EgressAuthority } from "./egress.ts";
import { isLocalName } from "./parse-target.ts";

/** Where clouds hand out credentials to whoever asks; nobody's model stands there. */
const NEVER: ReadonlySet<string> = new Set(["link-local", "cloud platform"]);

const placeOf = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${String(port)}`;

/**
 * The check of a host's addresses under an authority: "public" for one that may be dialled, otherwise the range for which it may
 * not. A private address may be dialled where the grant names it with its port; a name that leads to one needs a grant of both,
 * because whoever keeps the name decides where it leads. `check` says what is public.
 */
export const checkAddress =
  (authority: EgressAuthority, host: string, port: number, check: (address: string) => string) =>
  (address: string): string => {
    const range = check(address);
    if (authority.kind === "provider") return NEVER.has(range) ? range : "public";
    const { granted } = authority;
    if (range === "public" || !granted.includes(placeOf(host, port)) || !isGrantable(address)) return range;
    if (isIP(host) !== 0) return "public";
    const isMeant = isLocalName(host) ? range === "loopback" : granted.includes(placeOf(address, port));
    return isMeant ? "public" : range;
  };
