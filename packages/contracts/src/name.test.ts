import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { OPERATIONS, VisibleName, hasUnseen } from "./index.ts";
import type { OperationName } from "./index.ts";

/** One of each kind: a mark of direction, a joiner, a tag, a line break, a blank that is none, a no-break space. */
const HIDDEN = ["\u202e", "\u200b", "\u200d", "\u{E0041}", "\n", "\u2800", "\u00a0", "\ud800"];

describe("a name", () => {
  it.each([
    "Ada",
    "Grace Hopper",
    "李四",
    "Ḟrançois d'Artagnan-Müller",
    "الخوارزمي",
    "reader 🎧",
    "I ❤\ufe0f boats",
    "Nr 1\ufe0f\u20e3",
  ])("may be %s", (name) => {
    expect(VisibleName.parse(` ${name} `)).toBe(name);
  });

  it.each(HIDDEN)("is refused with %j in it, by the number of that character", (hidden) => {
    const refused = VisibleName.safeParse(`Ad${hidden}a`);
    const number = (hidden.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
    expect(refused.error?.issues[0]?.message).toContain(`it holds U+${number},`);
  });

  it.each([
    "A\ufe0fda",
    "1\ufe0f",
    "\ufe0f❤",
    "❤\ufe0f\ufe0f",
    "❤\ufe0e",
    "🎧\ufe0f",
    "👩\u200d🚀",
    "❤\ufe0f\u200d🔥",
    "❤\u{E0100}",
    "😀\u{E0067}\u{E007F}",
  ])("is refused where a selector or a joiner changes nothing that is seen, or could go on for ever: %j", (name) => {
    expect(VisibleName.safeParse(name).success).toBe(false);
  });

  it("hides no text: without the one selector behind each sign that it turns into an emoji, all of it is seen", () => {
    const part = fc.constantFrom(
      ...Array.from("aA1# ❤☀©🎧🚀"),
      "\ufe0f",
      "\ufe0e",
      "\u20e3",
      "\u200d",
      "\u{E0041}",
      "\u{1F3FD}",
    );
    const names = fc.oneof(
      fc.array(part, { minLength: 1, maxLength: 12 }).map((parts) => parts.join("")),
      fc.string({ unit: "binary", minLength: 1, maxLength: 12 }),
    );
    fc.assert(
      fc.property(names, (name) => {
        const parsed = VisibleName.safeParse(name);
        if (!parsed.success) return;
        const seen = parsed.data.replaceAll("\ufe0f", "");
        expect(hasUnseen(seen)).toBe(false);
        // One behind each such sign at the most, and none elsewhere: nothing is written in how many there are.
        for (const { index } of parsed.data.matchAll(/\ufe0f/gu))
          expect(parsed.data.slice(0, index)).toMatch(/(?:\p{Extended_Pictographic}|[0-9#*])$/u);
      }),
      { numRuns: 500 },
    );
  });

  it.each<readonly [OperationName, object]>([
    ["agents.create", {}],
    ["tokens.create", {}],
    ["people.invite", {}],
    ["teams.create", {}],
    ["roles.create", { operations: ["agents.list"] }],
    ["prompts.create", { text: "x" }],
  ])("of %s holds nothing hidden", (operation, rest) => {
    const { input } = OPERATIONS[operation];
    expect(input.safeParse({ ...rest, name: "Ada" }).success).toBe(true);
    for (const hidden of HIDDEN) expect(input.safeParse({ ...rest, name: `Ad${hidden}a` }).success).toBe(false);
  });

  it("that is given anew holds nothing hidden either", () => {
    for (const operation of ["teams.change", "roles.change", "prompts.change", "devices.pair"] as const) {
      const issues = OPERATIONS[operation].input.safeParse({ name: "A\u200bda" }).error?.issues ?? [];
      expect(issues.some(({ path }) => path[0] === "name")).toBe(true);
    }
  });

  it("unplug: as any text, a second Ada looks like the first", () => {
    const second: string = "A\u200bda";
    expect(second === "Ada").toBe(false);
    expect(second.replace(/\p{Default_Ignorable_Code_Point}/gu, "")).toBe("Ada");
    expect(z.string().trim().min(1).max(80).safeParse(second).success).toBe(true);
    expect(VisibleName.safeParse(second).success).toBe(false);
  });
});
