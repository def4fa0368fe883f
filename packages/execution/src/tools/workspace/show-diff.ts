import { readableBy, visibleInLine, visibleText } from "@moltbot/contracts";
import type { Preview, ToolCall } from "@moltbot/contracts";
import { lineChanges } from "./line-changes.ts";
import type { LineChange } from "./line-changes.ts";
import { locate } from "./locate.ts";
import { readPresent } from "./put-file.ts";
import { textOf } from "./text-of.ts";

const CONTEXT_LINES = 3;
const MOST_CHARACTERS = 4000;
/** Of one diff; the first and the last place are shown in any case, each within its own bounds. */
const MOST_OF_ALL = 9000;

/** Lines without their ends; a last line without one says so, as diffs do. */
export const linesOf = (text: string): readonly string[] =>
  text === "" ? [] : (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n");

/** Keeps beginning and end, so that padding cannot push the point out of sight. */
export const shortened = (text: string): string => {
  if (text.length <= MOST_CHARACTERS) return text;
  const half = MOST_CHARACTERS / 2;
  const missing = text.length - 2 * half;
  return `${text.slice(0, half).toWellFormed()}\n… [${missing} characters not shown] …\n${text.slice(-half).toWellFormed()}`;
};

const LONGEST_AROUND = 200;

/**
 * Lines of one kind, each behind its mark. Where the middle is left out, what goes on behind it has the mark too: no part of a long
 * line may look like a line of another kind.
 */
const marked = (mark: string, lines: readonly string[]): readonly string[] => {
  const text = lines.map((line) => `${mark}${visibleText(line)}`).join("\n");
  if (lines.length === 0 || text.length <= MOST_CHARACTERS) return lines.length === 0 ? [] : [text];
  const half = MOST_CHARACTERS / 2;
  const missing = text.length - MOST_CHARACTERS;
  return [
    text.slice(0, half).toWellFormed(),
    `… [${missing} characters not shown] …`,
    `${mark}…${text.slice(-half).toWellFormed()}`,
  ];
};

const aroundOf = (lines: readonly string[]): readonly string[] =>
  lines.map((line) => {
    const shown = visibleText(line);
    return shown.length > LONGEST_AROUND ? ` ${shown.slice(0, LONGEST_AROUND).toWellFormed()}…` : ` ${shown}`;
  });

const noEnd = (text: string | null): readonly string[] =>
  text === null || text === "" || text.endsWith("\n") ? [] : ["\\ no line break at the end"];

/** Changes that are shown together, because no more than their lines around stand between them. */
type Hunk = readonly [LineChange, ...LineChange[]];

const hunksOf = (changes: readonly LineChange[]): readonly Hunk[] => {
  const hunks: Hunk[] = [];
  for (const change of changes) {
    const last = hunks.at(-1);
    const before = last?.at(-1);
    const isNear = before !== undefined && change.oldAt - before.oldAt - before.removed <= 2 * CONTEXT_LINES;
    if (last !== undefined && isNear) hunks[hunks.length - 1] = [...last, change];
    else hunks.push([change]);
  }
  return hunks;
};

/** From the first to the last line of a hunk, as one change. */
const asOne = ([first, ...rest]: Hunk): LineChange => {
  const last = rest.at(-1) ?? first;
  const removed = last.oldAt + last.removed - first.oldAt;
  return { ...first, removed, added: last.freshAt + last.added - first.freshAt };
};

/** A hunk with its lines around; where its pieces together are too long, as one change, whose middle is left out. */
const hunkText = (old: readonly string[], fresh: readonly string[], hunk: Hunk): string => {
  const { oldAt, removed } = asOne(hunk);
  const [from, to] = [Math.max(0, oldAt - CONTEXT_LINES), oldAt + removed + CONTEXT_LINES];
  const written = (changes: Hunk): string => {
    const lines = [`@@ line ${oldAt + 1} @@`];
    let at = from;
    for (const change of changes) {
      lines.push(...aroundOf(old.slice(at, change.oldAt)));
      lines.push(...marked("-", old.slice(change.oldAt, change.oldAt + change.removed)));
      lines.push(...marked("+", fresh.slice(change.freshAt, change.freshAt + change.added)));
      at = change.oldAt + change.removed;
    }
    return [...lines, ...aroundOf(old.slice(at, to))].join("\n");
  };
  const text = written(hunk);
  return text.length <= MOST_OF_ALL ? text : written([asOne(hunk)]);
};

const lineCount = (changes: readonly LineChange[], key: "removed" | "added"): number =>
  changes.reduce((sum, change) => sum + change[key], 0);

/**
 * As many hunks as fit, from the beginning and from the end in turn, so that padding cannot push the last one out of sight; what is
 * left out is counted.
 */
const fitting = (hunks: readonly Hunk[], textOf: (hunk: Hunk) => string): readonly string[] => {
  const [head, tail] = [[] as string[], [] as string[]];
  let [from, to, room] = [0, hunks.length, MOST_OF_ALL];
  while (from < to) {
    const atStart = head.length <= tail.length;
    const hunk = hunks[atStart ? from : to - 1];
    const text = hunk === undefined ? "" : textOf(hunk);
    if (text.length > room && (atStart ? head : tail).length > 0) break;
    room -= text.length;
    if (atStart) {
      head.push(text);
      from += 1;
    } else {
      tail.unshift(text);
      to -= 1;
    }
  }
  if (from === to) return [...head, ...tail];
  const left = hunks.slice(from, to);
  const [removed, added] = [lineCount(left.flat(), "removed"), lineCount(left.flat(), "added")];
  const missing = `… [${left.length} more places not shown: ${removed} lines removed, ${added} added] …`;
  return [...head, missing, ...tail];
};

/** What differs between two texts in the manner of a unified diff, with a few lines around each place; null stands for no file. */
export const diffOf = (name: string, before: string | null, after: string | null): string => {
  const [old, fresh] = [linesOf(before ?? ""), linesOf(after ?? "")];
  const changes = lineChanges(old, fresh);
  const hunks = hunksOf(changes);
  return [
    before === null ? "--- (no file yet)" : `--- ${visibleInLine(name)}`,
    after === null ? "+++ (no file any more)" : `+++ ${visibleInLine(name)}`,
    ...(hunks.length === 0
      ? [`@@ line ${old.length + 1} @@`, ...aroundOf(old.slice(-CONTEXT_LINES))]
      : fitting(hunks, (hunk) => hunkText(old, fresh, hunk))),
    ...(before !== null && before.endsWith("\n") === after?.endsWith("\n") ? [] : noEnd(after)),
  ].join("\n");
};

/** How a change looks from outside the run. */
export interface ShownChange {
  /** The new text, from what stands there; null: no file any more; undefined: it does not fit, and the run will say so. */
  readonly next: (present: string | null) => string | null | undefined;
  /** What the call itself holds, where what stands there may not be shown or cannot be; null: the arguments say it all. */
  readonly unseen: (isThere: boolean) => string | null;
}

/**
 * What a change would do to a file, as a diff. What stands there is shown only where the turn's person is alone, since whose it is
 * is not looked up here.
 */
export const previewOfChange = async (
  call: ToolCall,
  workspace: string,
  path: string,
  { next, unseen }: ShownChange,
): Promise<Preview | null> => {
  const located = await locate(workspace, path);
  if (!located.ok) return null;
  const present = await readPresent(located.value);
  const text = present.ok && present.value !== null ? textOf(present.value.content, true) : null;
  const isReadable = present.ok && (text === null || text.ok);
  const before = text?.ok === true ? text.value : null;
  const after = isReadable && readableBy([call.authority], call.label.readers) ? next(before) : undefined;
  const shown =
    after === undefined ? unseen(!present.ok || text !== null) : diffOf(located.value.relative, before, after);
  return shown === null ? null : { kind: "diff", text: shown };
};
