import { describe, expect, it } from "vitest";
import { spellAs } from "./spell-as.ts";

describe("the spelling of arguments", () => {
  it("is the person's own, at any depth", () => {
    const line = "Remind me to call Anna at ACME";
    const written = { minutes: 5, text: "call anna", none: null, list: ["acme", "bob", ""], deep: { who: "ANNA" } };
    expect(spellAs(written, line)).toEqual({
      minutes: 5,
      text: "call Anna",
      none: null,
      list: ["ACME", "bob", ""],
      deep: { who: "Anna" },
    });
  });

  it("stays the model's where lower-casing moves the letters", () => {
    expect(spellAs("anna", "İ call Anna")).toBe("anna");
  });
});
