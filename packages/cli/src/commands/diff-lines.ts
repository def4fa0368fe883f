export type DiffLine = "place" | "added" | "removed" | "around";

/**
 * Whether a file is named by this line and the one below: a removed "-- x" and an added "++ y" read the same, so only the place
 * counts, the beginning of all or directly before a hunk.
 */
const namesFile = (lines: readonly string[], at: number): boolean =>
  lines[at]?.startsWith("--- ") === true &&
  lines[at + 1]?.startsWith("+++ ") === true &&
  (at === 0 || lines[at + 2]?.startsWith("@@") === true);

/** What each line of a change is: the name of a file or of a place in it, added, removed, or what stands around. */
export const diffLines = (lines: readonly string[]): readonly DiffLine[] =>
  lines.map((line, at) => {
    if (line.startsWith("@@") || namesFile(lines, at) || namesFile(lines, at - 1)) return "place";
    if (line.startsWith("+")) return "added";
    return line.startsWith("-") ? "removed" : "around";
  });
