import { visibleInLine } from "@moltbot/contracts";
import { shortened } from "../workspace/show-diff.ts";
import { splitCommand } from "./split-command.ts";
import type { ShellPart } from "./split-command.ts";

const DEEPEST = 4;
const MOST_LINES = 200;

const JOINT_WORDS: Readonly<Record<string, string>> = {
  "&&": "and then, if that went well",
  "||": "or, if that failed",
  "|": "its output goes to",
  "|&": "its output and errors go to",
  ";": "and then",
  "\n": "and then",
  "&": "meanwhile",
  ";;": "end of a choice",
};

const wordsOf = ({ kind, text }: ShellPart): string => {
  const shown = visibleInLine(text.trim());
  switch (kind) {
    case "command":
      return `run        ${shown}`;
    case "redirection":
      return `  redirect ${shown}`;
    case "joint":
      return `${text === "\n" ? "⏎" : text}  ${JOINT_WORDS[text] ?? ""}`;
    case "group":
    case "blank":
    case "comment":
      return shown;
    case "whole":
      return `run        ${visibleInLine(text)}`;
  }
};

const linesOf = (line: string, depth: number): readonly string[] =>
  splitCommand(line)
    .filter(({ kind }) => kind !== "blank")
    .flatMap((part) => [
      `${"    ".repeat(depth)}${wordsOf(part)}`,
      ...part.substitutions.flatMap((inner) =>
        depth >= DEEPEST ? [] : [`${"    ".repeat(depth + 1)}with the output of`, ...linesOf(inner, depth + 1)],
      ),
    ]);

/** A command line part by part, with nothing left out but the middle of a very long one. */
export const showCommand = (command: string): string => {
  const lines = linesOf(command, 0);
  const half = MOST_LINES / 2;
  const shown =
    lines.length <= MOST_LINES
      ? lines
      : [...lines.slice(0, half), `… [${lines.length - MOST_LINES} lines not shown] …`, ...lines.slice(-half)];
  return shortened(shown.join("\n"));
};
