import { describe, expect, it } from "vitest";
import type { JsonValue } from "@moltbot/contracts";
import { fills } from "./fills.ts";

const ONE = { $from: [1] };
const MANY = { $from: [1], ask: "who?", as: "texts" };

const FILLED: readonly (readonly [string, JsonValue, JsonValue])[] = [
  ["the same text", "a", "a"],
  ["the same list", ["a", 1, null], ["a", 1, null]],
  ["anything for a reference", ONE, { any: ["thing"] }],
  ["a reference in a list", ["a", ONE], ["a", "b"]],
  ["a reference deep inside", { a: [{ b: ONE, c: 1 }] }, { a: [{ b: "x", c: 1 }] }],
  ["many elements for one", ["a", MANY, "z"], ["a", "b", "c", "z"]],
  ["no element for one", ["a", MANY, "z"], ["a", "z"]],
  ["two that became many, with one between", [MANY, "m", MANY], ["a", "b", "m", "c"]],
  ["three that became many", [MANY, "m", MANY, MANY], ["m"]],
];
const CHANGED: readonly (readonly [string, JsonValue, JsonValue])[] = [
  ["another text", "a", "b"],
  ["another type", 1, "1"],
  ["a longer list", ["a"], ["a", "b"]],
  ["a shorter list", ["a", "b"], ["a"]],
  ["an object for a list", ["a"], { 0: "a" }],
  ["a list for an object", { 0: "a" }, ["a"]],
  ["a text for a list", ["a"], "a"],
  ["null for an object", {}, null],
  ["a key more", { a: ONE }, { a: 1, b: 2 }],
  ["another key", { a: ONE }, { b: 1 }],
  ["two elements for a single reference", ["a", ONE], ["a", "b", "c"]],
  ["another element beside a reference", ["a", ONE], ["x", "b"]],
  ["another first element", ["a", MANY], ["x", "b"]],
  ["another last element", [MANY, "z"], ["b", "x"]],
  ["fewer than the literals beside many", ["a", MANY, "z"], ["a"]],
  ["the middle one missing", [MANY, "m", MANY], ["a", "b"]],
  ["the middle ones in another order", [MANY, "m", "n", MANY], ["n", "m"]],
];

describe("whether a value is what a step says", () => {
  it.each(FILLED)("is: %s", (_, step, given) => {
    expect(fills(step, given)).toBe(true);
  });
  it.each(CHANGED)("is not: %s", (_, step, given) => {
    expect(fills(step, given)).toBe(false);
  });
});
