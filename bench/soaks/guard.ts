import { runCases } from "../../packages/core/src/guard/testing/authority-cases.ts";

/** Cases of one round; a hundred rounds are the million. */
const CASES = 10_000;
const SHOWN = 5;

/**
 * One round of random cases from their own seeds: meet, delegation and narrowed tokens against random calls, canonical bytes
 * against equality told another way, and the decision itself over whatever it may be handed.
 */
export const runGuardRound = (
  at: number,
): { readonly held: boolean; readonly facts: Readonly<Record<string, number | boolean>> } => {
  const began = performance.now();
  const { seen, broken, cases } = runCases(at * CASES, CASES);
  const milliseconds = Math.round(performance.now() - began);
  for (const fault of broken.slice(0, SHOWN)) process.stderr.write(`broken: ${fault}\n`);
  const inOrder = Object.entries(seen).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    held: broken.length === 0,
    facts: { cases, broken: broken.length, milliseconds, ...Object.fromEntries(inOrder) },
  };
};
