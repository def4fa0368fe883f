import { describe, expect, it } from "vitest";
import { diffLines } from "./diff-lines.ts";

describe("a line of a change", () => {
  it("is what its mark says, or names a place", () => {
    expect(diffLines(["--- a", "+++ a", "@@ line 1 @@", " same", "-old", "+new", "\\ no line break"])).toEqual([
      "place",
      "place",
      "place",
      "around",
      "removed",
      "added",
      "around",
    ]);
    expect(diffLines(["--- the folder a: 1 files", "+++ (no folder any more)", "-x"])).toEqual([
      "place",
      "place",
      "removed",
    ]);
  });

  it("passes for the name of a file nowhere but directly before a hunk, whatever was removed and added there", () => {
    const first = ["--- a.sql", "+++ a.sql", "@@ line 1 @@", "--- old", "+++ new", " same", "--- last", "+++ last"];
    const second = ["--- b.sql", "+++ b.sql", "@@ line 1 @@", "+x", "--- only", " same", "+++ only"];
    expect(diffLines([...first, ...second]).join(" ")).toBe(
      "place place place removed added around removed added place place place added removed around added",
    );
    expect(diffLines(["2 files", "--- a", "+++ b"])).toEqual(["around", "removed", "added"]);
  });
});
