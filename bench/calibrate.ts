import { createHash } from "node:crypto";
import { median } from "./result.ts";

/** Milliseconds of one round on the reference machine: two cores, otherwise idle, Node 26.10. */
const REFERENCE = 21;
const ROUNDS = 7;

/** The same work everywhere: hashing, JSON and allocation, as the gateway does them. */
const round = (): number => {
  const began = performance.now();
  const block = Buffer.alloc(64 * 1024, 7);
  const hash = createHash("sha256");
  for (let at = 0; at < 128; at += 1) hash.update(block);
  let sum = hash.digest()[0] ?? 0;
  for (let at = 0; at < 4_000; at += 1) {
    const text = JSON.stringify({ at, words: ["remind", "me", "in", "ten", "minutes"], nested: { sum } });
    sum += (JSON.parse(text) as { words: readonly string[] }).words.length;
  }
  return performance.now() - began;
};

/** How much slower this machine is than the reference right now: the median of seven rounds after a warm-up. */
export const calibrate = (): number => {
  round();
  round();
  return median(Array.from({ length: ROUNDS }, round)) / REFERENCE;
};

if (import.meta.main) console.log(median(Array.from({ length: 15 }, round)).toFixed(2));
