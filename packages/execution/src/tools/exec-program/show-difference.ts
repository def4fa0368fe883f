import { visibleInLine } from "@moltbot/contracts";
import type { CopyChange, CopyDifference } from "../../sandbox/index.ts";

const MOST_LINES = 60;
const MOST_NAMED = 10;

/** So many files, in words. */
export const filesText = (count: number): string => (count === 1 ? "1 file" : `${count} files`);

/** Whether a file runs, or is of the kind that often does and is easily overlooked: those come first wherever not all are shown. */
const standsOut = ({ path, executable }: CopyChange): boolean => executable || /(^|\/)\./.test(path);

const depthOf = ({ path }: CopyChange): number => path.split("/").length;

/** What a reader should see first comes first, and nothing depends on the order in which a program made files. */
export const inOrder = (changes: readonly CopyChange[]): readonly CopyChange[] =>
  changes.toSorted(
    (a, b) =>
      Number(standsOut(b)) - Number(standsOut(a)) ||
      depthOf(a) - depthOf(b) ||
      (a.path < b.path ? -1 : Number(a.path > b.path)),
  );

export const changeLine = ({ kind, path, bytes, executable }: CopyChange): string =>
  [
    kind,
    visibleInLine(path),
    ...(kind === "removed" ? [] : [`${bytes} bytes`]),
    ...(executable ? ["may be run as a program"] : []),
  ].join("  ");

const folderOf = ({ path }: CopyChange): string => path.slice(0, Math.max(0, path.indexOf("/")));

/** The same as fewer lines: each full folder of the top as one, such as what an installer left. */
const byFolder = (changes: readonly CopyChange[], most: number): readonly string[] => {
  const folders = Map.groupBy(changes, folderOf);
  const lines: string[] = [];
  for (const [folder, inside] of folders) {
    const whole = folder !== "" && inside.length > MOST_NAMED;
    if (whole) lines.push(`${filesText(inside.length)} in  ${visibleInLine(folder)}/`);
    else lines.push(...inside.map(changeLine));
  }
  return lines.length <= most ? lines : [...lines.slice(0, most), `… and ${lines.length - most} lines more`];
};

/** Changes as lines, at most so many of them. */
export const changeLines = (changes: readonly CopyChange[], most = MOST_LINES): readonly string[] => {
  const ordered = inOrder(changes);
  if (ordered.length <= most) return ordered.map(changeLine);
  const [first, others] = [ordered.filter(standsOut), ordered.filter((change) => !standsOut(change))];
  if (first.length >= most / 2)
    return [...first.slice(0, most / 2).map(changeLine), ...byFolder([...first.slice(most / 2), ...others], most / 2)];
  return [...first.map(changeLine), ...byFolder(others, most - first.length)];
};

const named = (words: string, paths: readonly string[]): readonly string[] => {
  if (paths.length === 0) return [];
  const more = paths.length > MOST_NAMED ? `, and ${paths.length - MOST_NAMED} more` : "";
  return [
    `${words}: ${paths
      .slice(0, MOST_NAMED)
      .map((path) => visibleInLine(path))
      .join(", ")}${more}`,
  ];
};

/** How a copy differs from the workspace, and how to bring it back, for a model that reads it. */
export const differenceText = (
  { changes, passedOver, complete }: CopyDifference,
  conflicts: readonly string[] = [],
): readonly string[] => [
  ...(changes.length === 0
    ? ["Nothing differs from the workspace."]
    : [
        `The copy differs from the workspace in ${complete ? "" : "more than "}${filesText(changes.length)}:\n${changeLines(changes).join("\n")}`,
        'None of it is in the workspace yet. exec.keep {} brings all of it back, exec.keep {"paths": ["src", "a.txt"]} only that.',
      ]),
  ...named("Links, devices and the like, which are never brought back", passedOver),
  ...named("Changed in the workspace too, and left as the copy has them", conflicts),
];
