import { describe, expect, it } from "vitest";
import { approval, ME } from "./testing/samples.ts";
import { constraintText, endText, lastingLimits, momentText, valueText } from "./words.ts";

describe("what always would mean", () => {
  it("names each critical argument with its exact value, and no other", () => {
    expect(lastingLimits(approval(1))).toEqual(["text is exactly “stretch”", "minutes is exactly 10"]);
  });

  it("shows hidden characters in it", () => {
    expect(constraintText({ kind: "equals", argument: "a\u200B", value: "b\u202E" })).toBe(
      "a⟨U+200B⟩ is exactly “b⟨U+202E⟩”",
    );
  });

  it("says every kind of limit", () => {
    expect(constraintText({ kind: "one-of", argument: "to", values: ["a", 1] })).toBe("to is one of “a”, 1");
    expect(constraintText({ kind: "at-most", argument: "n", limit: 3 })).toBe("n is at most 3");
    expect(constraintText({ kind: "host-in", argument: "url", hosts: ["a:443", "b:443"] })).toBe(
      "url leads to “a:443” or “b:443”",
    );
    expect(constraintText({ kind: "path-within", argument: "p", root: "" })).toBe("p lies in the workspace");
    expect(constraintText({ kind: "path-within", argument: "p", root: "notes" })).toBe("p lies in “notes”");
  });
});

describe("endText", () => {
  it("says who answered, and how", () => {
    expect(endText(approval(1, { state: "consumed", answeredBy: ME.id, scope: "conversation" }), ME.id)).toBe(
      "You allowed this for this conversation",
    );
    expect(endText(approval(1, { state: "denied", answeredBy: ME.id }), "another")).toBe("Somebody else denied this");
    expect(endText(approval(1, { state: "denied", answeredBy: ME.id, reason: "no\u202E" }), ME.id)).toBe(
      "You denied this: “no⟨U+202E⟩”",
    );
    expect(endText(approval(1, { state: "expired" }), ME.id)).toContain("Nobody answered in time");
    for (const state of ["pending", "cancelled", "superseded"] as const)
      expect(endText(approval(1, { state }), ME.id)).not.toBe("");
  });
});

describe("values and moments", () => {
  it("shows text as it is and anything else as JSON", () => {
    expect(valueText("a b")).toBe("a b");
    expect(valueText({ a: [1] })).toBe('{\n  "a": [\n    1\n  ]\n}');
  });

  it("names the day only when it is another one", () => {
    const instant = "2026-11-22T12:00:00.000Z";
    const noon = Date.parse(instant);
    expect(momentText(instant, noon)).not.toContain(",");
    expect(momentText(instant, noon + 3 * 86_400_000)).toContain(",");
  });
});
