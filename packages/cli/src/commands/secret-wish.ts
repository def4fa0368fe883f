import type { Instant, SecretInfo } from "@moltbot/contracts";
import { oneOf, usage } from "../usage.ts";

const DAY = 86_400_000;
const KINDS: readonly SecretInfo["kind"][] = ["api-key", "token", "password", "certificate", "other"];

/** A day or an instant, a number of days from now, or `never`; undefined when it was left out. */
export const expiryOf = (word: string | undefined, now: number = Date.now()): Instant | null | undefined => {
  if (word === undefined) return undefined;
  if (word === "never") return null;
  const at = /^\d{1,4}$/.test(word) ? now + Number(word) * DAY : Date.parse(word);
  if (Number.isNaN(at) || !/^\d{1,4}$|^\d{4}-\d{2}-\d{2}/.test(word))
    throw usage("--expires takes a day such as 2027-01-31, a number of days, or never.");
  if (at <= now) throw usage("--expires: that time has passed.");
  return new Date(at).toISOString() as Instant; // exactly this form, or it throws
};

/** A number of days, or `never`; undefined when it was left out. */
export const rotationOf = (word: string | undefined): number | null | undefined => {
  if (word === undefined) return undefined;
  if (word === "never") return null;
  const days = Number(word);
  if (!Number.isInteger(days) || days < 1 || days > 3_650)
    throw usage("--rotate takes a number of days from 1 to 3650, or never.");
  return days;
};

export const kindOf = (word: string | undefined): SecretInfo["kind"] | undefined => oneOf("kind", KINDS, word);

/** Hosts for all, and hosts for one name (`name=host`). */
export interface HostWish {
  readonly all: readonly string[];
  readonly byName: ReadonlyMap<string, readonly string[]>;
}

export const hostWish = (words: readonly string[]): HostWish => {
  const byName = new Map<string, readonly string[]>();
  const all: string[] = [];
  for (const word of words) {
    const [, name, host] = /^([^=]+)=(.+)$/.exec(word) ?? [];
    if (name === undefined || host === undefined) all.push(word);
    else byName.set(name, [...(byName.get(name) ?? []), host]);
  }
  return { all, byName };
};

/** The hosts that a wish gives a name; null when it gives none. */
export const hostsFor = ({ all, byName }: HostWish, ...names: readonly string[]): readonly string[] | null => {
  const own = names.map((name) => byName.get(name)).find((hosts) => hosts !== undefined);
  return own ?? (all.length > 0 ? all : null);
};

/** Hosts as a person types them: parted by blanks or commas. */
export const typedHosts = (text: string): readonly string[] => text.split(/[\s,]+/).filter((host) => host !== "");
