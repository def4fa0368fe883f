import { describe, expect, it } from "vitest";
import { unexpected } from "./run-cases.ts";
import type { Expectation } from "./run-cases.ts";
import type { RunReport } from "./run-plugin.ts";

const asked = [{ method: "http.fetch", says: "https://a.example/", refused: null }];
const worked: RunReport = { ok: true, result: { a: 1, list: ["x", { y: 2, z: 3 }] }, problem: null, asked, logged: [] };
const failed: RunReport = { ...worked, ok: false, result: null, problem: { code: "PLUGIN_FAILED", says: "no luck" } };

describe("a case of plugin.test.json", () => {
  it.each<[string, RunReport, Expectation]>([
    ["nothing is expected", worked, {}],
    ["the fields that are expected are there, and more beside them", worked, { result: { list: ["x", { y: 2 }] } }],
    ["it fails as expected", failed, { code: "PLUGIN_FAILED", includes: ["luck"] }],
    ["it asks as expected", worked, { asked: ["http.fetch https://a."] }],
  ])("passes where %s", (_, report, expectation) => {
    expect(unexpected(expectation, report)).toEqual([]);
  });

  it.each<[string, RunReport, Expectation]>([
    ["it fails", failed, {}],
    ["it works and should not", worked, { code: "PLUGIN_FAILED" }],
    ["it fails otherwise", failed, { code: "PLUGIN_LIMIT" }],
    ["a value differs", worked, { result: { a: 2 } }],
    ["a list is longer", worked, { result: { list: ["x"] } }],
    ["a field is missing", worked, { result: { b: null } }],
    ["words are missing", worked, { includes: ["hello"] }],
    ["it asks more often", worked, { asked: 0 }],
    ["it asks for something else", worked, { asked: ["storage.get"] }],
  ])("fails where %s", (_, report, expectation) => {
    expect(unexpected(expectation, report)).toHaveLength(1);
  });
});
