import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looksLike } from "./index.ts";

describe("names that pass for another's", () => {
  it.each([
    ["wether", "weather"],
    ["waether", "weather"],
    ["weathr", "weather"],
    ["weatherr", "weather"],
    ["we4ther", "weather"],
    ["weathers", "weather"],
    ["weatherofficial", "weather"],
    ["officialweather", "weather"],
    ["realweatherpro", "weather"],
    ["vveather", "weather"],
    ["githvb", "github"],
    ["g1thub", "github"],
    ["rnail", "mail"],
    ["ca1endar", "calendar"],
    ["calender", "calendar"],
    ["wikipeda", "wikipedia"],
    ["wikypediia", "wikipedia"],
    ["rsstool", "rss"],
    ["b00ks", "books"],
    ["tidy-note", "tidy-notes"],
    ["tidynotes", "tidy-notes"],
  ])("takes %s for %s", (name, other) => {
    expect(looksLike(name, [other])).toBe(other);
  });

  it.each([
    ["weather", ["weather", "wether"]],
    ["stocks", ["weather", "github", "rss"]],
    ["tides", ["weather", "calendar"]],
    ["rsa", ["rss"]],
    ["trains", ["translate"]],
    ["recipes", ["receipts"]],
  ])("leaves %s alone", (name, others) => {
    expect(looksLike(name, others)).toBeNull();
  });

  it("finds every slip of one letter in a name of five letters or more, and never throws", () => {
    const letters = "abcdefghijklmnopqrstuvwxyz";
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-z]{5,12}$/),
        fc.nat(),
        fc.constantFrom(...letters.split("")),
        fc.constantFrom("add", "drop", "change", "swap"),
        (name, where, letter, slip) => {
          const at = where % (name.length - 1);
          const slipped = {
            add: name.slice(0, at) + letter + name.slice(at),
            drop: name.slice(0, at) + name.slice(at + 1),
            change: name.slice(0, at) + letter + name.slice(at + 1),
            swap: name.slice(0, at) + (name[at + 1] ?? "") + (name[at] ?? "") + name.slice(at + 2),
          }[slip];
          expect(looksLike(slipped, [name])).toBe(slipped === name ? null : name);
        },
      ),
    );
  });
});
