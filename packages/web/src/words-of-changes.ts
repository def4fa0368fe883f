/** What the page about changed files says. */
import type { KeptChange } from "@moltbot/contracts";
import { neutralText } from "./text/neutralise.ts";
import { sizeText } from "./words-of-keeping.ts";

type ChangedFile = KeptChange["files"][number];

const DEEDS: Readonly<Record<string, string>> = {
  "file.write": "Wrote",
  "file.append": "Added to",
  "file.edit": "Changed",
  "file.patch": "Changed",
  "file.move": "Moved",
  "file.delete": "Deleted",
  "exec.keep": "Kept of a program’s work",
  "skill.unpack": "Took out of a skill",
  undo: "Put back",
};

/** What was done: “Wrote”; the tool's name where no word is known for it. */
export const deedText = ({ tool }: Pick<KeptChange, "tool">): string =>
  (Object.hasOwn(DEEDS, tool) ? DEEDS[tool] : undefined) ?? neutralText(tool);

/** A change in a few words, to name it: “Wrote notes.txt and 2 more files”. */
export const changeText = (change: Pick<KeptChange, "tool" | "count" | "files">): string => {
  const { count, files } = change;
  const [first] = files;
  if (first === undefined) return deedText(change);
  const name = `${deedText(change)} ${neutralText(first.path)}`;
  if (count === 1) return name;
  return `${name} and ${count - 1} more ${count === 2 ? "file" : "files"}`;
};

const amount = (bytes: number | null): string => (bytes === null ? "no file" : sizeText(bytes));

/** How large a file was before and is now. */
export const sizesText = ({ before, now, state }: ChangedFile): string => {
  if (state === "unknown") return `${amount(before)} before`;
  return before === now ? amount(now) : `${amount(before)} before, ${amount(now)} now`;
};
