import { instantOf } from "@moltbot/contracts";
import type { FoundMemory } from "./found.ts";
import type { Folder } from "./folder.ts";

const LARGEST = 4 * 1_048_576;
/** A memory is found by its words; one that is a whole book is found by every word. */
const LONGEST = 2_000;
const DEEPEST = 4;
const DAY = /(?:^|\/)(\d{4}-\d{2}-\d{2})[^/]*\.md$/;

/** Pieces of at most so many letters, ended where a paragraph, a line or at least a letter ends. */
const cutAt = (text: string): readonly string[] => {
  if (text.length <= LONGEST) return [text];
  const part = text.slice(0, LONGEST);
  const ends = [part.lastIndexOf("\n\n"), part.lastIndexOf("\n"), part.lastIndexOf(" ")];
  const end = ends.find((at) => at > LONGEST / 4) ?? LONGEST;
  return [text.slice(0, end), ...cutAt(text.slice(end))];
};

/** The sections of a file of notes, each with its heading. */
export const sectionsOf = (text: string): readonly string[] =>
  text
    .replaceAll("\r\n", "\n")
    .replace(/^---\n[^]*?\n---\n/, "")
    .split(/\n(?=#{1,6} )/)
    .filter((section) => section.split("\n").some((line) => line.trim() !== "" && !/^#{1,6} /.test(line)))
    .flatMap(cutAt)
    .map((part) => part.trim().toWellFormed())
    .filter((part) => part !== "");

const dayOf = async (folder: Folder, path: string): Promise<number> => {
  const named = Date.parse(DAY.exec(path)?.[1] ?? "");
  return Number.isNaN(named) ? Math.max(0, (await folder.modifiedAt(path))?.getTime() ?? 0) : named;
};

/** What the notes of one file say. */
const notesIn = async (folder: Folder, path: string, agent: string, key: string): Promise<readonly FoundMemory[]> => {
  const text = await folder.text(path, LARGEST);
  if (text === null) return [];
  const at = instantOf(await dayOf(folder, path));
  return sectionsOf(text).map((section) => ({ key, agent, text: section, at }));
};

const filesBelow = async (folder: Folder, path: string, depth = 0): Promise<readonly string[]> => {
  const found = await folder.list(path);
  const below = found.filter(({ kind }) => kind === "folder" && depth < DEEPEST);
  const deeper = await Promise.all(below.map((one) => filesBelow(folder, one.path, depth + 1)));
  return [
    ...found.filter(({ kind, name }) => kind === "file" && name.endsWith(".md")).map((one) => one.path),
    ...deeper.flat(),
  ];
};

/** Notes and where they stand; instructions (AGENTS.md, SOUL.md and the like) are not among them. */
export interface FoundNotes {
  readonly memories: readonly FoundMemory[];
  readonly files: readonly string[];
}

/** The notes of an agent's workspace: MEMORY.md and what lies in `memory`. */
export const readMemories = async (folder: Folder, workspace: string, agent: string): Promise<FoundNotes> => {
  const inside = (path: string): string => (workspace === "" ? path : `${workspace}/${path}`);
  const top = (await folder.list(workspace)).filter(({ kind, name }) => kind === "file" && /^memory\.md$/i.test(name));
  const files = [...top.map(({ path }) => path), ...(await filesBelow(folder, inside("memory")))];
  const memories: FoundMemory[] = [];
  for (const path of files) {
    const shown = workspace === "" ? path : path.slice(workspace.length + 1);
    memories.push(...(await notesIn(folder, path, agent, `${agent}/${shown}`.slice(0, 200))));
  }
  return { memories, files };
};
