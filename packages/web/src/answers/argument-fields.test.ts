import type { JsonValue, QuestionArgument } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { argumentAt, draftOf, fieldKind, readDraft } from "./argument-fields.ts";

const given: readonly QuestionArgument[] = Object.entries({
  to: "anna",
  n: 3,
  on: true,
  list: ["a"] as JsonValue,
}).map(([name, value]) => ({ name, value, critical: false, origin: "model" }));

describe("arguments as fields", () => {
  it("gives each value the field that fits it", () => {
    expect(given.map(({ value }) => fieldKind(value))).toEqual(["line", "number", "checkbox", "json"]);
    expect(fieldKind("a\nb")).toBe("text");
    expect(fieldKind("a".repeat(61))).toBe("text");
  });

  it("gives back all arguments with their kinds, and knows that nothing changed", () => {
    expect(readDraft(given, draftOf(given))).toEqual({
      arguments: { to: "anna", n: 3, on: true, list: ["a"] },
      changed: false,
      problems: {},
    });
  });

  it("reads what was changed", () => {
    const read = readDraft(given, { ...draftOf(given), to: "7", n: "4.5", on: false, list: "[1]" });
    expect(read).toEqual({ arguments: { to: "7", n: 4.5, on: false, list: [1] }, changed: true, problems: {} });
  });

  it("names the field that cannot be read", () => {
    const { problems } = readDraft(given, { ...draftOf(given), n: "", list: "[" });
    expect(Object.keys(problems)).toEqual(["n", "list"]);
  });

  it.each([
    ["/n", "n"],
    ["n", "n"],
    ["$.list[0]", "list"],
    ["arguments.to", "to"],
    ["/nobody", null],
    [null, null],
  ])("finds the field of the path %s", (path, name) => {
    expect(argumentAt(path, given)).toBe(name);
  });
});
