import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { repeatedKey } from "./repeated-key.ts";

describe("a key that stands twice", () => {
  it.each([
    [`{"role":"viewer","role":"owner"}`, "role"],
    [`{ "role" : "viewer" ,\n"a":[{"role":1},{"role":2}], "role" : null }`, "role"],
    [`{"a":{"b":[[{"x":1,"y":{},"x":2}]]}}`, "x"],
    [String.raw`{"role":1,"\u0072ole":2}`, "role"],
    [String.raw`{"a\"b":1,"a\"b":2}`, 'a"b'],
    [String.raw`{"a\\":1,"b":"}","a\\":2}`, "a\\"],
    [`{"":1,"":2}`, ""],
    [`{"__proto__x":1,"constructor":2,"constructor":3}`, "constructor"],
  ])("of %s is named", (text, key) => {
    expect(repeatedKey(text)).toBe(key);
  });

  it.each([
    `{}`,
    `[]`,
    `"role"`,
    `{"a":{"a":{"a":["a","a"]}},"b":"a"}`,
    `[{"a":1},{"a":2}]`,
    String.raw`{"a":"\",\"a\":1","b":"{\"a\":1,\"a\":2}\\"}`,
    `["a","a",{"b":["b","b"],"c":"b"}]`,
  ])("is not in %s", (text) => {
    expect(repeatedKey(text)).toBeUndefined();
  });

  it("is never in what a program writes, and always found where somebody writes one again", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.jsonValue(), (fields, other) => {
        const text = JSON.stringify(fields);
        expect(repeatedKey(text)).toBeUndefined();
        const [key = ""] = Object.keys(fields);
        const twice = `${text.slice(0, -1)},${JSON.stringify(key)}:${JSON.stringify(other)}}`;
        expect(repeatedKey(twice)).toBe(key);
      }),
    );
  });
});
