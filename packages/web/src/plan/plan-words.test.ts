import type { JsonValue } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { neededSteps, toolTitle, valueWords } from "./plan-words.ts";

const kept = (handle: string): string | null => (handle === "h0123456789ab" ? "an earlier result (Mail read)" : null);
const words = (value: JsonValue): string =>
  valueWords(value, kept)
    .map(({ text }) => text)
    .join("");

describe("a value of a step", () => {
  it("is a literal, as it stands", () => {
    expect(valueWords("Yes.", kept)).toEqual([{ kind: "fixed", text: "“Yes.”" }]);
    expect(words(7)).toBe("7");
    expect(words(null)).toBe("null");
    expect(words([])).toBe("nothing");
    expect(words({})).toBe("{}");
    expect(words("x".repeat(1000))).toContain("(1000 characters)");
  });

  it("is a reference, by what it takes and from where", () => {
    const address = { $from: [2], ask: "the organiser’s address", as: "text" };
    expect(valueWords(address, kept)).toEqual([{ kind: "taken", text: "the organiser’s address, from step 2" }]);
    expect(words({ $from: [1, 3], as: "text" })).toBe("all that comes from step 1 and step 3");
    expect(words({ $from: ["h0123456789ab"], ask: "the date", as: "date" })).toBe(
      "the date, from an earlier result (Mail read), as a date",
    );
    expect(words({ $from: ["hffffffffffff"], ask: "it", as: ["yes", "no"] })).toBe(
      "it, from something read before, as one of “yes”, “no”",
    );
  });

  it("says what is fixed and what is taken inside lists and objects", () => {
    expect(words({ to: ["a@b.c", { $from: [1], ask: "her address", as: "text" }], n: 1 })).toBe(
      "to: “a@b.c”, her address, from step 1, n: 1",
    );
  });

  it("ends however deep it is", () => {
    let deep: JsonValue = "end";
    for (let depth = 0; depth < 100; depth += 1) deep = [deep];
    expect(words(deep)).toContain("[");
  });
});

describe("what a step needs", () => {
  it("is what it takes from, at any depth, and what it must follow", () => {
    expect(neededSteps({ a: [{ b: { $from: [3, "h0123456789ab"], as: "text" } }], c: "x" }, [1])).toEqual([1, 3]);
    expect(neededSteps({ a: "x" }, [])).toEqual([]);
  });
});

describe("the title of a tool", () => {
  it("is its own, or its name in words, with nothing hidden", () => {
    expect(toolTitle("memory.search")).toBe("Search memory");
    expect(toolTitle("mail.send_all")).toBe("Mail send all");
    expect(toolTitle("mail.se\u202End")).toContain("U+202E");
    expect(toolTitle("constructor")).toBe("Constructor");
  });
});
