import { z } from "zod";
import type { FoundSession } from "./found.ts";
import type { Folder } from "./folder.ts";
import { firstFit, member, members, readRelaxedJson } from "./relaxed-json.ts";
import { beginOf, parseLine, readSessionEntry, wordsOfSession } from "./session-entry.ts";
import type { SessionEntry } from "./session-entry.ts";

const MEGABYTE = 1_048_576;
const LONGEST_LINE = 4 * MEGABYTE;
const LARGEST_INDEX = 32 * MEGABYTE;
const MOST_ENTRIES = 200_000;
const LONGEST_TITLE = 200;

/** A session's file; copies that were set aside, checkpoints and traces of runs have other names. */
const SESSION_FILE =
  /^(?!.*\.(?:checkpoint|trajectory|deleted|reset|bak)\b)[A-Za-z0-9][A-Za-z0-9._%@+-]{0,120}\.jsonl$/;

const Title = z.string().trim().min(1);
/** Where the index of a generation keeps a session's name, best first. */
const TITLES = ["label", "displayName", "subject", "groupSubject", "room"] as const;

/** Session id → a title for people, as `sessions.json` has it. */
const titlesIn = async (folder: Folder, path: string): Promise<ReadonlyMap<string, string>> => {
  const text = await folder.text(path, LARGEST_INDEX);
  if (text === null) return new Map();
  const index = readRelaxedJson(text);
  if (index === undefined) folder.skipped.push({ path, why: "it is not JSON; sessions have no titles" });
  return new Map(
    members(index).flatMap(([key, entry]) => {
      const id = member(entry, "sessionId");
      const names = [...TITLES.map((name) => member(entry, name)), member(entry, "origin", "label")];
      const title = firstFit(Title, names) ?? key;
      return typeof id === "string" ? [[id, title] as const] : [];
    }),
  );
};

/** What the lines of a file come to, damaged ones counted by number. */
const readLines = async (folder: Folder, path: string) => {
  const entries: SessionEntry[] = [];
  const damaged: number[] = [];
  let began: number | null = null;
  for await (const { number, text } of folder.lines(path, LONGEST_LINE)) {
    if (text?.trim() === "") continue;
    const value = parseLine(text);
    const entry = readSessionEntry(value);
    began ??= beginOf(value);
    if (entry === undefined) damaged.push(number);
    else entries.push(entry);
    if (entries.length >= MOST_ENTRIES) {
      folder.skipped.push({ path, why: `it has more than ${String(MOST_ENTRIES)} lines; the rest is left` });
      break;
    }
  }
  return { entries, damaged, began };
};

/** What a session is called: by its index, by itself, or by how it begins. */
export const titleFor = (
  indexed: string | undefined,
  own: string | null,
  messages: FoundSession["conversation"]["messages"],
): string =>
  (own ?? indexed ?? messages.find(({ role }) => role === "user")?.text ?? "Imported conversation")
    .slice(0, LONGEST_TITLE)
    .toWellFormed();

/** The sessions in a folder of them, for one agent. */
export const readSessions = async (folder: Folder, path: string, agent: string): Promise<readonly FoundSession[]> => {
  const found: FoundSession[] = [];
  const titles = await titlesIn(folder, `${path}/sessions.json`);
  for (const file of await folder.list(path)) {
    if (file.kind !== "file" || !file.name.endsWith(".jsonl")) continue;
    if (!SESSION_FILE.test(file.name)) {
      folder.skipped.push({ path: file.path, why: "it is a copy or a trace, not a session" });
      continue;
    }
    const stem = file.name.slice(0, -".jsonl".length);
    const { entries, damaged, began } = await readLines(folder, file.path);
    const { messages, title, aside, cut } = wordsOfSession(entries, began);
    const [id = stem] = stem.split("-topic-");
    found.push({
      path: file.path,
      conversation: {
        key: `${agent}/${stem}`,
        agent,
        title: titleFor(titles.get(stem) ?? titles.get(id), title, messages),
        messages,
      },
      damaged,
      aside,
      cut,
    });
  }
  return found;
};
