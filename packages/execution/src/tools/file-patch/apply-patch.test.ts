import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyPatch } from "./apply-patch.ts";

const TEXT = "one\ntwo\nthree\nfour\nfive\n";
const applied = (text: string, ...lines: readonly string[]): string => {
  const patched = applyPatch(text, lines.join("\n"), "a.txt");
  return patched.ok ? patched.value : `${patched.error.code}: ${String(patched.error.context["problem"])}`;
};

/** A diff of everything that differs, as the simplest tool would write it. */
const diffOf = (before: readonly string[], after: readonly string[]): string =>
  [
    "--- a/a.txt",
    "+++ b/a.txt",
    `@@ -${before.length === 0 ? 0 : 1},${before.length} +${after.length === 0 ? 0 : 1},${after.length} @@`,
    ...before.map((line) => `-${line}`),
    ...after.map((line) => `+${line}`),
    "",
  ].join("\n");

describe("a unified diff", () => {
  it("changes, adds and removes lines, in several parts", () => {
    expect(
      applied(
        TEXT,
        "--- a/a.txt\t2026-11-22",
        "+++ b/a.txt",
        "@@ -1,2 +1,3 @@",
        " one",
        "-two",
        "+2",
        "+2b",
        "@@ -5 +6 @@",
        "-five",
      ),
    ).toBe("one\n2\n2b\nthree\nfour\n");
  });

  it("makes a file from nothing, and nothing from a file", () => {
    expect(applied("", "--- /dev/null", "+++ b/a.txt", "@@ -0,0 +1,2 @@", "+one", "+two")).toBe("one\ntwo\n");
    expect(applied("one\n", "@@ -1 +0,0 @@", "-one")).toBe("");
  });

  it("puts added lines behind the line that it names", () => {
    expect(applied(TEXT, "@@ -2,0 +3 @@", "+new")).toBe("one\ntwo\nnew\nthree\nfour\nfive\n");
    expect(applied(TEXT, "@@ -99,0 +99 @@", "+new")).toBe("TOOL_FAILED: a part of the patch does not fit the file");
  });

  it("knows a last line without an end", () => {
    const none = "\\ No newline at end of file";
    expect(applied("a\nb", "@@ -2 +2 @@", "-b", none, "+c", none)).toBe("a\nc");
    expect(applied("a\nb", "@@ -2 +2 @@", "-b", none, "+c")).toBe("a\nc\n");
    expect(applied("a\nb\n", "@@ -1,2 +1,2 @@", " a", "-b", "+b", none)).toBe("a\nb");
    expect(applied("a\nb", "@@ -2 +2 @@", " b", none)).toBe("a\nb");
    expect(applied("a\nb", "@@ -2 +2 @@", "-b", "+c")).toContain("does not fit");
  });

  it("finds the only place where a part fits although its numbers are wrong, and guesses between two never", () => {
    expect(applied(TEXT, "@@ -1,1 +1,1 @@", "-four", "+4")).toBe("one\ntwo\nthree\n4\nfive\n");
    expect(applied("a\nb\na\n", "@@ -2 +2 @@", "-a", "+c")).toBe(
      "TOOL_FAILED: a part of the patch fits several places of the file",
    );
    expect(applied("a\nb\na\n", "@@ -3 +3 @@", "-a", "+c")).toBe("a\nb\nc\n");
  });

  it("never goes back: parts come in the order of the file", () => {
    expect(applied(TEXT, "@@ -4 +4 @@", "-four", "+4", "@@ -1 +1 @@", "-one", "+1")).toContain("does not fit");
  });

  it.each([
    ["what is not there", ["@@ -1 +1 @@", "-uno", "+1"], "does not fit"],
    ["no part", ["nothing at all"], "begins with @@"],
    ["a line of no kind", ["@@ -1 +1 @@", "-one", "#x"], "begins with none"],
    ["another file", ["--- a/b.txt", "+++ b/b.txt", "@@ -1 +1 @@", "-one", "+1"], "another file"],
    ["a second file", ["@@ -1 +1 @@", "-one", "+1", "diff --git a/b b/b"], "begins with none"],
    ["a name outside", ["--- ../a.txt", "+++ ../a.txt", "@@ -1 +1 @@", "-one", "+1"], "another file"],
  ])("is refused for %s", (_, lines, says) => expect(applied(TEXT, ...lines)).toContain(says));

  it("keeps carriage returns as characters of their line", () => {
    expect(applied("a\r\nb\r\n", "@@ -1 +1 @@", "-a\r", "+c\r")).toBe("c\r\nb\r\n");
    expect(applied("a\r\nb\r\n", "@@ -1 +1 @@", "-a", "+c")).toContain("does not fit");
  });

  it("of any two texts makes the second from the first, and nothing of a third", () => {
    const lines = fc.array(fc.stringMatching(/^[ -~\t]{0,6}$/), { maxLength: 8 });
    const whole = (all: readonly string[]): string => all.map((line) => `${line}\n`).join("");
    fc.assert(
      fc.property(lines, lines, lines, (before, after, other) => {
        const patch = diffOf(before, after);
        const patched = applyPatch(whole(before), patch, "a.txt");
        expect(patched).toEqual({ ok: true, value: whole(after) });
        const elsewhere = applyPatch(whole(other), patch, "a.txt");
        if (before.length > 0 && !whole(other).includes(whole(before))) expect(elsewhere.ok).toBe(false);
      }),
    );
  });
});
