import type { Constraint, JsonValue } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { approval } from "../testing/samples.ts";
import { KIND_WORDS, kindsFor, newRow, readRow, rowsOf, withKind } from "./limit-rows.ts";
import type { LimitKind } from "./limit-rows.ts";

const question = approval(1).question;
const read = (kind: LimitKind, text: string, sample: JsonValue = "a", more = "") =>
  readRow({ ...newRow("x", kind, sample), text, more });

describe("the rows of a question", () => {
  it("begin with its limits, and with each critical argument that none of them holds", () => {
    const rows = rowsOf({ ...question, grant: [{ kind: "at-most", argument: "minutes", limit: 30 }] });
    expect(rows.map(({ argument, kind, text }) => [argument, kind, text])).toEqual([
      ["minutes", "at-most", "30"],
      ["text", "none", ""],
    ]);
  });

  it.each<Constraint>([
    { kind: "equals", argument: "text", value: "stretch" },
    { kind: "equals", argument: "minutes", value: 10 },
    { kind: "one-of", argument: "text", values: ["a", "b"] },
    { kind: "one-of", argument: "minutes", values: [1, 2] },
    { kind: "at-most", argument: "minutes", limit: 3 },
    { kind: "cost", argument: "minutes", limit: 3 },
    { kind: "matches", argument: "text", pattern: "a*" },
    { kind: "path-within", argument: "text", root: "notes" },
    { kind: "host-in", argument: "text", hosts: ["a:443", "b:443"] },
    { kind: "recipient-in", argument: "text", recipients: ["a@b"] },
    { kind: "program-in", argument: "text", programs: ["git", "/bin/ls"] },
    { kind: "rate", limit: 3, seconds: 3600 },
    { kind: "count", limit: 3 },
    { kind: "bytes", limit: 3 },
    { kind: "reversible", atMost: "undoable" },
    { kind: "time-window", days: [1], from: "08:00", to: "09:00", zone: "UTC" },
  ])("gives back %j exactly as it came while nobody changes it", (constraint) => {
    const [row] = rowsOf({ ...question, grant: [constraint] });
    expect(row === undefined ? null : readRow(row)).toEqual({ constraint, problem: null });
  });

  it("leaves a limit to no host as it stands, and never asks for one", () => {
    const limit = { kind: "host-in", argument: "network", hosts: [] } as const;
    const [row] = rowsOf({ ...question, grant: [limit] });
    expect(row?.kind).toBe("kept");
    expect(row === undefined ? null : readRow(row)).toEqual({ constraint: limit, problem: null });
  });

  it("offers what suits the value, what it came with, and no limit at all", () => {
    const kinds = (argument: string, sample: JsonValue): readonly LimitKind[] =>
      kindsFor(newRow(argument, "exact", sample));
    expect(kinds("n", 3)).toEqual(["exact", "one-of", "at-most", "cost", "none"]);
    expect(kinds("path", "a/b")).toContain("folder");
    expect(kinds("url", "https://example.org/")).toContain("hosts");
    expect(kinds("to", "anna@example.org")).toContain("recipients");
    expect(kinds("argv", ["git", "log"])).toEqual(["exact", "one-of", "programs", "none"]);
    expect(kinds("argv", [])).not.toContain("programs");
    expect(kinds("others", ["git"])).not.toContain("programs");
    expect(kinds("flag", true)).toEqual(["exact", "one-of", "none"]);
    const [kept] = rowsOf({ ...question, grant: [{ kind: "path-within", argument: "text", root: "" }] });
    expect(kept === undefined ? [] : kindsFor(kept)).toContain("folder");
    for (const kind of kinds("to", "a@b")) expect(KIND_WORDS[kind]).not.toBe("");
  });

  it("fills a new kind from the call on the card, and an old one with what stood there", () => {
    const row = newRow("path", "exact", "notes/plan.md");
    expect(withKind(row, "matches").text).toBe("notes/*");
    expect(withKind(row, "folder").text).toBe("notes");
    expect(withKind(newRow("url", "exact", "https://example.org/a"), "hosts").text).toBe("example.org:443");
    expect(withKind(newRow("url", "exact", "http://example.org:81/a"), "hosts").text).toBe("example.org:81");
    expect(withKind(newRow("n", "exact", 3), "at-most").text).toBe("3");
    expect(withKind(newRow("argv", "exact", ["git", "log"]), "programs").text).toBe("git");
    expect(withKind(newRow("argv", "exact", []), "programs").text).toBe("");
    expect(newRow(null, "rate")).toMatchObject({ text: "3", more: "86400" });
    expect(newRow(null, "hours")).toMatchObject({ text: "08:00", more: "18:00" });
    const [limit] = rowsOf({ ...question, grant: [{ kind: "at-most", argument: "minutes", limit: 30 }] });
    expect(limit === undefined ? null : withKind(withKind(limit, "none"), "at-most").text).toBe("30");
  });
});

describe("reading a row", () => {
  it("keeps text as text and numbers as numbers", () => {
    expect(read("exact", "7").constraint).toEqual({ kind: "equals", argument: "x", value: "7" });
    expect(read("exact", "7", 1).constraint).toEqual({ kind: "equals", argument: "x", value: 7 });
    expect(read("one-of", "a\n\n b ").constraint).toEqual({ kind: "one-of", argument: "x", values: ["a", "b"] });
    expect(read("none", "").constraint).toBeNull();
    expect(readRow(newRow(null, "hours")).constraint).toMatchObject({
      kind: "time-window",
      days: [0, 1, 2, 3, 4, 5, 6],
      from: "08:00",
      to: "18:00",
    });
  });

  it.each<[LimitKind, string, JsonValue]>([
    ["exact", "x", 1],
    ["one-of", "x", 1],
    ["one-of", " \n", "a"],
    ["matches", "", "a"],
    ["at-most", "", 1],
    ["at-most", "many", 1],
    ["cost", "-1", 1],
    ["hosts", "", "a"],
    ["recipients", " ", "a"],
    ["programs", " \n", ["git"]],
    ["rate", "0", null],
    ["count", "1.5", null],
    ["hours", "", null],
  ])("says what is wrong with %s “%s”, and limits nothing meanwhile", (kind, text, sample) => {
    const { constraint, problem } = read(kind, text, sample);
    expect(constraint).toBeNull();
    expect(problem).toMatch(/\.$/);
  });
});
