import { describe, expect, it } from "vitest";
import type { JsonValue } from "@moltbot/contracts";
import { isStated } from "./endorse.ts";

describe("stated", () => {
  it.each<readonly [JsonValue, string]>([
    ["bob@example.org", "write to bob@example.org, please"],
    ["bob@example.org", "Write to <bob@example.org>."],
    ["stretch a bit", "remind me to “stretch a bit”!"],
    [10, "remind me in 10 minutes"],
    [2.5, "pay 2.5"],
    [-3, "set it to -3"],
    ["notes/a.txt", "(notes/a.txt)"],
    ["tea", "tea"],
  ])("finds %j in %j", (value, text) => {
    expect(isStated(value, ["something else", text])).toBe(true);
  });

  it.each<readonly [string, JsonValue, string]>([
    ["a piece of a longer address", "bob@example.org", "write to bob@example.org.evil.test"],
    ["the end of a longer address", "bob@example.org", "write to jimbob@example.org"],
    ["an address in another role", "example.org", "write to bob@example.org"],
    ["a host inside a URL", "example.org", "open https://example.org/a"],
    ["a URL with more behind it", "https://example.org/a", "open https://example.org/a/b"],
    ["other case", "Bob@example.org", "write to bob@example.org"],
    ["a look-alike letter", "bоb@example.org", "write to bob@example.org"],
    ["a combining mark behind it", "cafe", "go to the cafe\u0301 today"],
    ["a zero-width character behind it", "cafe", "go to the cafe\u200B today"],
    ["an invisible character inside, twice", "ca\u200Bfe", "go to ca\u200Bfe"],
    ["a number in a longer number", 5, "pay 15"],
    ["a number before a decimal point", 5, "pay 5.50"],
    ["a number behind a decimal point", 5, "pay 1.5"],
    ["a number in a grouped number", 5, "pay 5 000"],
    ["the end of a grouped number", 0, "pay 5 0"],
    ["a number in a negative number", 5, "set it to -5"],
    ["a number in an amount of money", 5, "pay $5"],
    ["a number in a time", 10, "at 10:30"],
    ["a number that is a text", 10, "ten"],
    ["a text too short to mean anything", "to", "write to me"],
    ["an empty text", "", "anything"],
    ["a text with blanks around", " tea ", "drink  tea  now"],
    ["a quoted line", "evil@example.org", "see below\n> write to evil@example.org"],
    ["a truth value", true, "true"],
    ["nothing", null, "null"],
    ["a list", ["tea"], "tea"],
  ])("is not fooled by %s", (_, value, text) => {
    expect(isStated(value, [text])).toBe(false);
  });

  it("finds a whole word behind one that only contains it", () => {
    expect(isStated("tea", ["teapots and tea"])).toBe(true);
  });
});
