import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { shellWord } from "./shell-word.ts";

describe("a word of a shell", () => {
  it("is the text itself, whatever stands in it", () => {
    const letters = fc.constantFrom("$", "(", ")", "`", "'", '"', "\\", " ", ";", "a", "~", "*", "!", "\n");
    const texts = fc.sample(fc.string({ unit: letters, maxLength: 20 }), { numRuns: 60, seed: 1 });
    const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${texts.map(shellWord).join(" ")}`], {
      encoding: "utf8",
    });
    expect(printed.split("\0").slice(0, -1)).toEqual(texts);
  });
});
