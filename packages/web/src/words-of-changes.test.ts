import { describe, expect, it } from "vitest";
import { changeText, deedText, sizesText } from "./words-of-changes.ts";

const file = (path: string, before: number | null = 1, now: number | null = 2) =>
  ({ path, before, now, state: "standing" }) as const;

describe("what the page says of a changed file", () => {
  it("names what was done, the first file, and how many more, with nothing hidden", () => {
    expect(changeText({ tool: "file.write", count: 1, files: [file("a\u202eb.txt")] })).toBe("Wrote a⟨U+202E⟩b.txt");
    expect(changeText({ tool: "undo", count: 2, files: [file("a"), file("b")] })).toBe("Put back a and 1 more file");
    expect(changeText({ tool: "file.move", count: 30, files: [file("a")] })).toBe("Moved a and 29 more files");
    expect(changeText({ tool: "file.write", count: 0, files: [] })).toBe("Wrote");
    expect(deedText({ tool: "constructor" })).toBe("constructor");
  });

  it("gives sizes, where there is a difference both", () => {
    expect(sizesText(file("a", 10, 20))).toBe("10 bytes before, 20 bytes now");
    expect(sizesText(file("a", 10, 10))).toBe("10 bytes");
    expect(sizesText(file("a", null, 2048))).toBe("no file before, 2 KB now");
    expect(sizesText(file("a", 10, null))).toBe("10 bytes before, no file now");
    expect(sizesText({ ...file("a", 10, null), state: "unknown" })).toBe("10 bytes before");
  });
});
