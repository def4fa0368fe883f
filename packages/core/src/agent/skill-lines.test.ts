import { describe, expect, it } from "vitest";
import { skillLines } from "./skill-lines.ts";
import { systemPrompt } from "./system-prompt.ts";

describe("what the prompt says of skills", () => {
  it("is not one byte where there are none", () => {
    expect(systemPrompt("Molly", skillLines())).toBe(systemPrompt("Molly"));
    expect(systemPrompt("Molly", skillLines({ own: [], others: 0 }))).toBe(systemPrompt("Molly"));
  });

  it("names the owner's own, and counts the others", () => {
    const own = [{ name: "tidy-notes", description: "How notes are kept tidy." }];
    expect(skillLines({ own, others: 2 })).toEqual([
      "Your owner wrote you skills. Read one with skill.read when a task fits it:",
      "- tidy-notes: How notes are kept tidy.",
      "skill.list shows 2 more skills.",
    ]);
    expect(skillLines({ own, others: 0 })).toHaveLength(2);
    expect(skillLines({ own: [], others: 1 })).toEqual(["skill.list shows 1 skill."]);
  });

  it("stays small, however many there are and however long they speak", () => {
    const own = Array.from({ length: 100 }, (_, at) => ({
      name: `skill-${String(at)}`,
      description: "😀".repeat(512),
    }));
    const lines = skillLines({ own, others: 5 });
    expect(lines).toHaveLength(22);
    expect(lines.at(-1)).toBe("skill.list shows 85 more skills.");
    expect(lines.join("\n").length).toBeLessThan(5_000);
    expect(lines.every((line) => line.isWellFormed())).toBe(true);
  });
});
