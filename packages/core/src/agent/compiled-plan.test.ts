import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePlan } from "./compiled-plan.ts";

describe("a plan written as text", () => {
  it.each([
    ["alone", '```plan\n{"steps":[]}\n```', "", '{"steps":[]}\n'],
    ["with words around it", "Well.\n```plan\n{}\n```\nDone.", "Well.\n\nDone.", "{}\n"],
    ["with carriage returns", "a\r\n```plan\r\n{}\r\n```", "a", "{}\r\n"],
    ["the first of two", "```plan\n{}\n```\n```plan\n[]\n```", "```plan\n[]\n```", "{}\n"],
  ])("is found %s", (_how, text, around, json) => {
    expect(compilePlan(text)).toEqual({
      text: around,
      calls: [{ id: "plan", tool: "plan.commit", arguments: json }],
    });
  });

  it.each(["no plan", "```json\n{}\n```", "say ```plan\n{}\n```", "```plan\n{}", "```plan", "```plan {} ```"])(
    "is not seen in %j",
    (text) => {
      expect(compilePlan(text)).toEqual({ text, calls: [] });
    },
  );

  it("is read in time that grows with its length alone", () => {
    const text = "\n```plan\n".repeat(100_000);
    expect(compilePlan(text).calls).toHaveLength(1);
    expect(compilePlan("\n```plan".repeat(100_000)).calls.length).toBeLessThan(2);
  });

  it("never invents one: its call is always a piece of the text", () => {
    const piece = fc.constantFrom("```plan", "```", "\n", '{"steps":[]}', "words", " ");
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join("")),
        (text) => {
          const { calls } = compilePlan(text);
          expect(calls.every(({ arguments: json }) => text.includes(json))).toBe(true);
        },
      ),
    );
  });
});
