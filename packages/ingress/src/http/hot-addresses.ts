import type { IncomingMessage } from "node:http";
import { OPERATIONS } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts";
import type { Arrival } from "./arrival.ts";
import { keyOf } from "./credential-key.ts";
import { readCredential } from "./credentials.ts";
import type { Credential } from "./credentials.ts";

/** Credentials that were good, the most that are remembered. */
const MOST_KNOWN = 10_000;
const SECOND = 1_000;

/** Addresses whose strangers flood, one kind of credential apart from the other, and credentials that count as known there. */
export interface HotAddresses {
  /** From now on, for a second, strangers of this address who bring that kind of credential are answered with this error. */
  heat(address: string, kind: Credential["kind"], error: MoltbotError): void;
  /** A credential was good: whoever brings it is looked at, however hot the address is. */
  remember(key: string): void;
  forget(key: string): void;
  /** What to answer a stranger of a hot address; undefined for everybody who has to be looked at. */
  turnedAway(request: IncomingMessage, arrival: Arrival): MoltbotError | undefined;
}

/** What needs no credential has budgets of its own. */
const OPEN = new Set<string>([
  ...Object.values(OPERATIONS)
    .filter(({ role }) => role === null)
    .map(({ method, path }) => `${method} ${path}`),
  "GET /v2/openapi.json",
  "GET /v2/vault/state",
]);
const needsCredential = (method: string | undefined, path: string): boolean =>
  /^\/(v2|openai)\//.test(path) && !OPEN.has(`${method ?? ""} ${path}`);

/** Memory is bounded: an address is forgotten after a second, of the credentials the one used least lately goes first. */
export const createHotAddresses = (): HotAddresses => {
  const hot = new Map<string, MoltbotError>();
  const known = new Set<string>();
  return {
    heat(address, kind, error) {
      const place = `${kind} ${address}`;
      if (!hot.has(place)) setTimeout(() => hot.delete(place), SECOND).unref();
      hot.set(place, error);
    },
    remember(key) {
      known.delete(key);
      const [oldest] = known;
      if (known.size >= MOST_KNOWN && oldest !== undefined) known.delete(oldest);
      known.add(key);
    },
    forget: (key) => void known.delete(key),
    turnedAway(request, arrival) {
      if (hot.size === 0 || !needsCredential(request.method, arrival.path)) return undefined;
      const read = readCredential(request, false, true);
      const credential: Credential = read.ok ? read.value : { kind: "none" };
      const error = hot.get(`${credential.kind} ${arrival.address}`);
      if (error === undefined) return undefined;
      switch (credential.kind) {
        // These carry a signature or were handed out a moment ago: what is no good of them is found without reading anything.
        case "device":
        case "ticket":
          return undefined;
        default:
          return known.has(keyOf(credential)) ? undefined : error;
      }
    },
  };
};
