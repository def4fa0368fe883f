import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { member, members, readRelaxedJson } from "./relaxed-json.ts";

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("relaxed JSON", () => {
  it("reads every JSON text as JSON.parse does", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.constantFrom(undefined, 2), (text, indent) => {
        const value: unknown = JSON.parse(text);
        expect(plain(readRelaxedJson(JSON.stringify(value, null, indent)))).toEqual(plain(value));
      }),
    );
  });

  it("never throws and never hangs, whatever it is given", () => {
    fc.assert(fc.property(fc.string({ unit: "binary-ascii", maxLength: 100 }), (text) => void readRelaxedJson(text)));
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom(
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "'",
            '"',
            "\\",
            "/",
            "*",
            "\n",
            " ",
            "0",
            "a",
            "-",
            ".",
            "e",
          ),
          maxLength: 60,
        }),
        (text) => {
          const read = readRelaxedJson(text);
          if (read === undefined) expect(isJson(text)).toBe(false);
        },
      ),
    );
  });

  it("reads what people write by hand", () => {
    const text = `\ufeff// a comment
      { bare: 'single \\'quoted\\'', "list": [1, +2, .5, 0x1F, 1e3, -0.5,], /* and
      more */ $k_1: "a\\
b\\u00e4\\x41\\n\\q", inf: -Infinity, no: null, yes: true, off: false, }`;
    expect({ ...(readRelaxedJson(text) as object) }).toEqual({
      bare: "single 'quoted'",
      list: [1, 2, 0.5, 31, 1000, -0.5],
      $k_1: "abäA\nq",
      inf: -Infinity,
      no: null,
      yes: true,
      off: false,
    });
  });

  it.each([
    "",
    "{",
    "[1",
    "{a}",
    "{a:}",
    "{,}",
    "[,]",
    "1 2",
    "'a",
    "'a\nb'",
    "nul",
    "undefined",
    '"\\u12"',
    '"\\1"',
    "/* open",
    "[1 2]",
    "{a:1 b:2}",
  ])("refuses %j", (text) => expect(readRelaxedJson(text)).toBeUndefined());

  it("takes a prototype's name for a name, and does not go down for ever", () => {
    const read = readRelaxedJson('{"__proto__": {"polluted": true}, "constructor": 1}');
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(members(read).map(([key]) => key)).toEqual(["__proto__", "constructor"]);
    expect(member(read, "toString")).toBeUndefined();
    expect(member(readRelaxedJson("[1]"), "length")).toBeUndefined();
    expect(readRelaxedJson("[".repeat(100_000))).toBeUndefined();
    expect(readRelaxedJson(`${"[".repeat(60)}${"]".repeat(60)}`)).toBeDefined();
  });
});
