import type { Host } from "../host.ts";
import type { Json } from "../json.ts";
import { passed } from "./plain-json.ts";
import { mayNot, pastLimit } from "./refusal.ts";

const MOST_KEYS = 1_000;

const checkKey = (key: unknown): string => {
  if (typeof key === "string" && key.length >= 1 && key.length <= 200) return key;
  throw mayNot("keep something under a key that has not 1 to 200 characters");
};

/** A box in memory that keeps to its size. */
export const heldBox = (kept: Map<string, Json>, mostBytes: number): Host["storage"] => ({
  get: (key) => Promise.resolve(passed(kept.get(checkKey(key)) ?? null).value),
  set: (key, value) => {
    const next = new Map(kept).set(checkKey(key), passed(value).value);
    const bytes = [...next].reduce((sum, [name, one]) => sum + passed(one).bytes + passed(name).bytes - 2, 0);
    if (bytes > mostBytes) throw pastLimit("its box is full");
    kept.set(key, passed(value).value);
    return Promise.resolve();
  },
  delete: (key) => {
    kept.delete(checkKey(key));
    return Promise.resolve();
  },
  keys: (prefix = "") =>
    Promise.resolve(
      [...kept.keys()]
        .filter((key) => key.startsWith(prefix))
        .toSorted()
        .slice(0, MOST_KEYS),
    ),
});
