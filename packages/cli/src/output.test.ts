import { stripVTControlCharacters } from "node:util";
import { ERROR_CODES, ERROR_TABLE, moltbotError } from "@moltbot/contracts/errors";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createOutput, facts, printable, printableLine, printableValue, table, when } from "./output.ts";

afterEach(() => vi.restoreAllMocks());

const captured = () => {
  const said = { out: "", err: "" };
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  return said;
};

const RAW =
  /(?! )[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Z}\p{Default_Ignorable_Code_Point}\p{Variation_Selector}\u{E0000}-\u{E007F}\u2800]/u;

describe("characters that nobody sees", () => {
  it.each([
    ["a variation selector", "\ufe0f", "\\ufe0f"],
    ["one of its supplement", "\u{e0100}", "\\u{e0100}"],
    ["a tag", "\u{e0041}", "\\u{e0041}"],
    ["a filler that passes for a letter", "\u3164", "\\u3164"],
    ["a joiner of graphemes", "\u034f", "\\u034f"],
    ["an empty braille cell", "\u2800", "\\u2800"],
    ["a private code point", "\ue000", "\\ue000"],
    ["half a character", "\ud83d", "\\ud83d"],
  ])("%s is written out", (_, character, shown) => {
    expect(printable(`a${character}b`)).toBe(`a${shown}b`);
    expect(printableValue(`a${character}b`)).toBe(`a${shown}b`);
  });
});

describe("text from elsewhere, on a terminal", () => {
  it.each([
    ["a colour", "\u001b[31mred", "\\u001b[31mred"],
    ["a cursor that climbs to an earlier line", "\u001b[2A\u001b[K", "\\u001b[2A\\u001b[K"],
    ["a clipboard command", "\u001b]52;c;aGk=\u0007", "\\u001b]52;c;aGk=\\u0007"],
    ["a one-byte escape", "\u009b2J", "\\u009b2J"],
    ["a return to the line's begin", "allow\rdeny", "allow\\u000ddeny"],
    ["a backspace", "a\bb", "a\\u0008b"],
    ["reordered text", "\u202egnp.exe", "\\u202egnp.exe"],
    ["isolated text", "\u2066x\u2069", "\\u2066x\\u2069"],
    ["an Arabic letter mark", "\u061cx", "\\u061cx"],
    ["letters of no width", "a\u200bb\ufeffc\u00add", "a\\u200bb\\ufeffc\\u00add"],
    ["a line separator", "a\u2028b", "a\\u2028b"],
    ["hidden tag letters", "a\u{e0041}b", "a\\u{e0041}b"],
  ])("shows %s instead of obeying it", (_says, text, shown) => {
    expect(printable(text)).toBe(shown);
    expect(printableLine(text)).toBe(shown);
  });

  it("keeps words, accents, emoji, line breaks and tabs", () => {
    expect(printable("Grüße, 世界 🙂\n\tx")).toBe("Grüße, 世界 🙂\n\tx");
  });

  it("marks in prose what passes for a space, and writes it out in values", () => {
    const text = "Vraiment\u202f? 会議\u3000資料\u00a0";
    expect(printable(text)).toBe("Vraiment⍽? 会議⍽資料⍽");
    expect(printableValue(`${text}\n\tb`)).toBe("Vraiment\\u202f? 会議\\u3000資料\\u00a0\n\tb");
    expect(printableLine(text)).toBe("Vraiment\\u202f? 会議\\u3000資料\\u00a0");
  });

  it("never holds what cannot be seen or passes for a space, whatever came in", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) =>
          !RAW.test(printableLine(text)) &&
          !RAW.test(printable(text).replace(/[\n\t]/g, "")) &&
          !RAW.test(printableValue(text).replace(/[\n\t]/g, "")),
      ),
    );
  });

  it("unplug: without the filter the escape sequence reaches the terminal", () => {
    const hostile = "\u001b[2J";
    expect(stripVTControlCharacters(table(["a"], [[hostile]], "-"))).toContain("\\u001b[2J");
    expect(hostile).toBe("\u001b[2J");
    expect(/\p{Cc}/u.test(hostile)).toBe(true);
    expect(/\p{Cc}/u.test(printable(hostile))).toBe(false);
  });
});

describe("a table", () => {
  it("aligns its columns, and ends each line with its last cell", () => {
    const lines = stripVTControlCharacters(
      table(
        ["id", "name"],
        [
          ["1", "Ada"],
          ["1000", "Grüße"],
        ],
        "-",
      ),
    ).split("\n");
    expect(lines).toEqual(["id    name", "1     Ada", "1000  Grüße"]);
  });

  it("of nothing says so in words", () => {
    expect(stripVTControlCharacters(table(["id"], [], "There is nothing."))).toBe("There is nothing.");
  });

  it("lets no cell forge another row", () => {
    const lines = stripVTControlCharacters(table(["id", "would"], [["1", "harmless\n2  allowed"]], "-")).split("\n");
    expect(lines).toEqual(["id  would", "1   harmless\\n2  allowed"]);
  });
});

describe("facts", () => {
  it("stand beside their aligned names, one line each", () => {
    expect(
      stripVTControlCharacters(
        facts([
          ["id", "7"],
          ["status", "idle\nstatus  busy"],
        ]),
      ).split("\n"),
    ).toEqual(["id      7", "status  idle\\nstatus  busy"]);
  });

  it("of a time are in this machine's own", () => {
    expect(when("2026-11-22T12:00:00.000Z")).toContain("2026");
  });
});

describe("what a command says", () => {
  it("is its words for people, or one JSON value", () => {
    const said = captured();
    createOutput(false).data({ a: 1 }, () => "one");
    createOutput(true).data({ a: 1 }, () => "one");
    createOutput(true).say("by the way");
    expect(said).toEqual({ out: 'one\n{"a":1}\n', err: "by the way\n" });
  });

  it.each(ERROR_CODES)("gives %s the exit code of the table", (code) => {
    captured();
    expect(createOutput(false).fail(moltbotError(code))).toBe(ERROR_TABLE[code].exit);
  });

  it("is an error's sentence, next step and code on standard error, or the whole error as JSON", () => {
    const said = captured();
    const error = moltbotError("MODEL_UNKNOWN", { model: "\u001b[31mx" });
    createOutput(false).fail(error);
    expect(stripVTControlCharacters(said.err)).toBe(
      "There is no model called \\u001b[31mx.\n`./moltbot status` lists the models; models.providers adds one. [MODEL_UNKNOWN]\n",
    );
    said.err = "";
    createOutput(true).fail(error);
    expect(JSON.parse(said.err)).toEqual({ error });
    expect(said.out).toBe("");
  });

  it("of a code that a newer gateway made ends with 1", () => {
    captured();
    const newer = { ...moltbotError("CONFLICT", { kind: "agent" }), code: "MADE_LATER" as "CONFLICT" }; // a gateway of tomorrow
    expect(createOutput(false).fail(newer)).toBe(1);
  });
});
