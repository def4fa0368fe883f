import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { trial } from "../testing/package-samples.ts";
import { faultsOf, missingIn } from "./judge-trial.ts";

const came = { place: "Berlin", days: [{ high: 7, low: 2 }], source: "x" };
const result = JSON.stringify(came);

describe("what a case of a plugin expects", () => {
  it("is met by more fields than it names, and by no fewer", () => {
    expect(missingIn(came, { place: "Berlin", days: [{ low: 2 }] })).toBeNull();
    expect(missingIn(came, { place: "Berlin", wind: 3 })).toBe("wind: it is missing");
    expect(missingIn(came, { days: [{ low: 3 }] })).toBe("days[0].low: 2, and 3 is expected");
    expect(missingIn(came, { days: [] })).toBe("days: 1 items, and 0 are expected");
    expect(missingIn(came, { place: ["Berlin"] })).toContain("is no list");
    expect(missingIn(came, { place: { name: "Berlin" } })).toContain("is no object");
    expect(missingIn({}, { toString: 1 })).toBe("toString: it is missing");
  });

  it("is met by whatever is exactly what it names", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => missingIn(value as null, value as null) === null));
  });

  it("is told when a call fails, works where it should not, or fails otherwise", () => {
    const failed = trial({ ok: false, result: null, problem: { code: "PLUGIN_FAILED", says: "no such place" } });
    expect(faultsOf({ includes: [] }, failed)).toEqual(["it failed: PLUGIN_FAILED: no such place"]);
    expect(faultsOf({ includes: ["no such"], code: "PLUGIN_FAILED" }, failed)).toEqual([]);
    expect(faultsOf({ includes: [], ok: false }, failed)).toEqual([]);
    const logged = ["Error: nobody knows Atlantis"];
    expect(faultsOf({ includes: ["Atlantis"], ok: false }, { ...failed, logged })).toEqual([]);
    expect(faultsOf({ includes: ["Atlantis"] }, trial({ result, logged }))).toHaveLength(1);
    expect(faultsOf({ includes: [], code: "PLUGIN_LIMIT" }, failed)).toEqual([
      "it failed otherwise than PLUGIN_LIMIT: PLUGIN_FAILED: no such place",
    ]);
    expect(faultsOf({ includes: [], code: "PLUGIN_LIMIT" }, trial({ result }))).toEqual([
      "it worked, and PLUGIN_LIMIT is expected",
    ]);
    expect(faultsOf({ includes: ["Paris"] }, trial({ result }))).toEqual([`“Paris” is not in ${result}`]);
  });

  it("is never that the plugin cannot be loaded", () => {
    for (const [code, says] of [
      ["PLUGIN_FAILED", "The plugin weather failed: it could not be loaded: x is not defined [main.js:1:1]."],
      ["PLUGIN_LIMIT", "The plugin weather passed its limit: cpu while it is loaded."],
    ] as const) {
      const unfit = trial({ ok: false, result: null, problem: { code, says } });
      expect(faultsOf({ includes: [], ok: false, code }, unfit)).toEqual([`${code}: ${says}`]);
    }
  });

  it("counts what was asked of the house, or holds it to its order", () => {
    const asked = [
      { method: "http.fetch", says: "GET https://a.example/x", refused: null },
      { method: "storage.set", says: "last", refused: null },
    ];
    const judged = (wish: number | readonly string[]) => faultsOf({ includes: [], asked: wish }, trial({ asked }));
    expect(judged(2)).toEqual([]);
    expect(judged(0)).toHaveLength(1);
    expect(judged(["http.fetch GET https://a.example", "storage.set"])).toEqual([]);
    expect(judged(["storage.set", "http.fetch"])).toHaveLength(1);
    expect(judged(["http.fetch"])).toHaveLength(1);
    expect(judged([])[0]).toContain("nothing is expected");
  });
});
