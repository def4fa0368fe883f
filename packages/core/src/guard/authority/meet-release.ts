import type { Release } from "@moltbot/contracts";
import { canonicalText, sameValue } from "../canonical.ts";
import { valueSet } from "./meet-constraints.ts";

/** One spelling of what may be let out: what `any` source says already is not said again for one. Null without canonical text. */
export const releaseSet = (release: readonly Release[]): readonly Release[] | null => {
  const open = new Set(release.filter(({ source }) => source === "any").map(({ to }) => to));
  return valueSet(release.filter(({ source, to }) => source === "any" || !open.has(to)));
};

const flow = (a: Release, b: Release): readonly Release[] => {
  if (a.to !== b.to) return [];
  if (a.source === "any") return [b];
  return b.source === "any" || sameValue(a.source, b.source) ? [a] : [];
};

/** What both let out. */
export const sharedRelease = (a: readonly Release[], b: readonly Release[]): readonly Release[] =>
  a.flatMap((one) => b.flatMap((other) => flow(one, other)));

/** Whether `release` lets out nothing that `bound` does not. */
export const releasesWithin = (release: readonly Release[], bound: readonly Release[]): boolean => {
  const own = releaseSet(release);
  return own !== null && canonicalText(releaseSet(sharedRelease(own, bound))) === canonicalText(own);
};
