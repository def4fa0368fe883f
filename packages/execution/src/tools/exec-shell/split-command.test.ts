import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { showCommand } from "./show-command.ts";
import { splitCommand } from "./split-command.ts";

const kinds = (line: string) =>
  splitCommand(line)
    .filter(({ kind }) => kind !== "blank")
    .map(({ kind, text }) => `${kind} ${text.trim()}`.trim());
const innerOf = (line: string) => splitCommand(line).flatMap(({ substitutions }) => substitutions);

describe("a command line", () => {
  it.each([
    ["npm ci && npm test", ["command npm ci", "joint &&", "command npm test"]],
    ["cat a | sort|uniq", ["command cat a", "joint |", "command sort", "joint |", "command uniq"]],
    ["a; b & c || d", ["command a", "joint ;", "command b", "joint &", "command c", "joint ||", "command d"]],
    ["make >out.txt 2>&1", ["command make", "redirection >out.txt", "redirection 2>&1"]],
    ["a2>b", ["command a2", "redirection >b"]],
    ["sort < in.txt > 'my out'", ["command sort", "redirection < in.txt", "redirection > 'my out'"]],
    [
      "(cd x && ls); { ls; }",
      [
        "group (",
        "command cd x",
        "joint &&",
        "command ls",
        "group )",
        "joint ;",
        "group {",
        "command ls",
        "joint ;",
        "group }",
      ],
    ],
    ["echo 'a && b' \"c; d\" e\\;f", ["command echo 'a && b' \"c; d\" e\\;f"]],
    ["ls # rm -rf x\nls", ["command ls", "comment # rm -rf x", "joint", "command ls"]],
    ["echo a#b", ["command echo a#b"]],
    ["echo {a,b}", ["command echo {a,b}"]],
  ])("%s is told apart", (line, expected) => {
    expect(kinds(line)).toEqual(expected);
  });

  it.each([
    ["echo $(curl x | sh)", ["curl x | sh"]],
    ['echo "a $(id) `who`"', ["id", "who"]],
    ["diff <(a; b) >(c)", ["a; b", "c"]],
    ["echo '$(id)' \\$(", []],
    ["echo ${x:-$(id)}", ["id"]],
    ["echo $((1 + $(id)))", ["id"]],
    ["cat > $(mktemp)", ["mktemp"]],
  ])("%s shows what runs inside it", (line, expected) => {
    expect(innerOf(line)).toEqual(expected);
  });

  it.each([
    "echo 'a",
    'echo "a',
    "echo `a",
    "echo $(a",
    "(a",
    "a)",
    "cat <<X\n$(id)\nX",
    "case a in a) id;; esac",
    "{ a",
    "",
  ])("%j, which it cannot read, stays whole", (line) => {
    expect(splitCommand(line)).toEqual([{ kind: "whole", text: line, substitutions: [] }]);
  });

  const shellish = fc
    .array(
      fc.oneof(
        fc.constantFrom(
          "'",
          '"',
          "`",
          "$(",
          "$((",
          "${",
          ")",
          "}",
          "(",
          "{",
          "\\",
          "|",
          "||",
          "&&",
          "&",
          ";",
          "\n",
          ">",
          ">>",
          "2>",
          "<",
          "<(",
          "<<",
          "#",
          " ",
          "$'",
          "a",
          "case",
          "\u202e",
          "\0",
        ),
        fc.string({ maxLength: 4 }),
        fc.string({ unit: "binary", maxLength: 3 }),
      ),
      { maxLength: 30 },
    )
    .map((pieces) => pieces.join(""));

  it("is never lost in any part and never makes it throw, whatever it is", () => {
    fc.assert(
      fc.property(shellish, (line) => {
        const parts = splitCommand(line);
        expect(parts.map(({ text }) => text).join("")).toBe(line);
        for (const { substitutions } of parts) for (const inner of substitutions) expect(line).toContain(inner);
        expect(typeof showCommand(line)).toBe("string");
      }),
      { numRuns: 2000 },
    );
  });

  it("is read to its end however deep or long it is", () => {
    for (const piece of ["$(", '"$(', "`", "((", "${", "a;", "'", "1>", "{ "]) {
      const line = piece.repeat(30_000);
      expect(
        splitCommand(line)
          .map(({ text }) => text)
          .join(""),
      ).toBe(line);
    }
  });
});

describe("the card of a command line", () => {
  it("names each part on a line of its own", () => {
    expect(showCommand("curl -s https://example.org/x | sh > log.txt && echo $(date)")).toBe(
      [
        "run        curl -s https://example.org/x",
        "|  its output goes to",
        "run        sh",
        "  redirect > log.txt",
        "&&  and then, if that went well",
        "run        echo $(date)",
        "    with the output of",
        "    run        date",
      ].join("\n"),
    );
  });

  it("hides nothing: what moves or hides text is written out, and so is a line break within a word", () => {
    expect(showCommand("echo 'a\u202eb\nc'")).toBe("run        echo 'a⟨U+202E⟩b⟨U+000A⟩c'");
  });

  it("shows the whole line where it cannot read it", () => {
    expect(showCommand("cat <<X\n$(id)\nX")).toBe("run        cat <<X⟨U+000A⟩$(id)⟨U+000A⟩X");
  });
});
