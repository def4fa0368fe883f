import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** Part of a unified diff: from which line on (counted from 0), what must stand there and what takes its place. */
interface Hunk {
  readonly start: number;
  readonly old: readonly string[];
  readonly fresh: readonly string[];
}

const HEAD = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+\d{1,9}(?:,\d{1,9})? @@/;
const NO_END = "\\";

const failed = (problem: string): Result<never> => err(moltbotError("TOOL_FAILED", { tool: "file.patch", problem }));

/** The name that a header line gives: without a date, and without the letters that git puts before it. */
const nameIn = (line: string): string => line.slice(4).replace(/\t.*$/, "").trim();

const isName = (given: string, path: string): boolean =>
  given === path || (/^[ab]\//.test(given) && given.slice(2) === path);

/** Each line with its end, so that a missing last one is a difference. */
const withEnds = (text: string): readonly string[] => text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

const withoutEnd = (lines: string[]): void => {
  const last = lines.pop();
  if (last !== undefined) lines.push(last.replace(/\n$/, ""));
};

/** What a hunk's lines say. Its counts are not believed: what is removed must stand in the file in any case. */
const readHunk = (start: number, body: readonly string[]): Hunk | null => {
  const [old, fresh] = [[] as string[], [] as string[]];
  let before = "";
  for (const line of body) {
    const [mark, rest] = [line.charAt(0), `${line.slice(1)}\n`];
    if (mark === NO_END) {
      if (before !== "+") withoutEnd(old);
      if (before !== "-") withoutEnd(fresh);
    } else if (mark === "-") old.push(rest);
    else if (mark === "+") fresh.push(rest);
    else if (mark === " " || mark === "") {
      old.push(rest);
      fresh.push(rest);
    } else return null;
    before = mark;
  }
  return { start, old, fresh };
};

const readPatch = (patch: string, path: string): Result<readonly Hunk[]> => {
  const lines = (patch.endsWith("\n") ? patch.slice(0, -1) : patch).split("\n");
  const heads = lines.flatMap((line, at) => (HEAD.test(line) ? [at] : []));
  if (heads.length === 0) return failed("the patch has no part that begins with @@");
  const names = lines.slice(0, heads[0]).filter((line) => /^(---|\+\+\+) /.test(line));
  if (!names.every((line) => nameIn(line) === "/dev/null" || isName(nameIn(line), path)))
    return failed("the patch names another file");
  const hunks: Hunk[] = [];
  for (const [index, at] of heads.entries()) {
    const found = HEAD.exec(lines[at] ?? "");
    // Of a part that removes nothing, the number is the line after which it stands.
    const first = Number(found?.[1] ?? 0) - (found?.[2] === "0" ? 0 : 1);
    const hunk = readHunk(Math.max(0, first), lines.slice(at + 1, heads[index + 1]));
    if (hunk === null) return failed("a line of the patch begins with none of: blank, -, +, \\");
    hunks.push(hunk);
  }
  return ok(hunks);
};

const matches = (lines: readonly string[], at: number, old: readonly string[]): boolean =>
  at + old.length <= lines.length && old.every((line, index) => lines[at + index] === line);

/** Where a hunk fits: at its line, moved by what came before; otherwise at the only place behind the last one. Null for none. */
const placeOf = (
  lines: readonly string[],
  { start, old }: Hunk,
  from: number,
  moved: number,
): number | "many" | null => {
  const expected = start + moved;
  if (expected >= from && matches(lines, expected, old)) return expected;
  if (old.length === 0) return null;
  let place: number | null = null;
  for (let at = from; at + old.length <= lines.length; at += 1) {
    if (!matches(lines, at, old)) continue;
    if (place !== null) return "many";
    place = at;
  }
  return place;
};

/**
 * A text with a unified diff (as of diff -u and git) applied to it. Every line that it removes or keeps must stand there exactly;
 * line numbers say where where that is not the only place. It may name no other file than `path`.
 */
export const applyPatch = (text: string, patch: string, path: string): Result<string> => {
  const hunks = readPatch(patch, path);
  if (!hunks.ok) return hunks;
  let lines = withEnds(text);
  let [from, moved] = [0, 0];
  for (const hunk of hunks.value) {
    const place = placeOf(lines, hunk, from, moved);
    if (place === null) return failed("a part of the patch does not fit the file");
    if (place === "many") return failed("a part of the patch fits several places of the file");
    lines = [...lines.slice(0, place), ...hunk.fresh, ...lines.slice(place + hunk.old.length)];
    from = place + hunk.fresh.length;
    moved = place - hunk.start + hunk.fresh.length - hunk.old.length;
  }
  return ok(lines.join(""));
};
