import { instantOf } from "@moltbot/contracts";
import type { ImportBatch } from "@moltbot/contracts";
import { z } from "zod";

export type ImportedMessage = ImportBatch["conversations"][number]["messages"][number];

/** As the gateway takes it. */
const LONGEST_TEXT = 100_000;
const CUT = "\n[the rest was not imported: it is too long]";
/** What a date of four digits can say. */
const EARLIEST = 0;
const LATEST = Date.UTC(9999, 11, 31);

const Time = z.union([z.string().max(64), z.number()]).optional();
const Block = z.object({ type: z.string(), text: z.string().optional(), name: z.string().optional() });
const Content = z.union([z.string(), z.array(z.unknown())]).optional();
const Said = z.object({
  role: z.string(),
  content: Content,
  toolName: z.string().max(200).optional(),
  command: z.string().optional(),
  output: z.string().optional(),
  timestamp: Time,
});

/**
 * One line of a session. Version 1 has neither ids nor parents; other members, and other kinds of lines, are left alone. The oldest
 * lines have the message itself in place of an entry that holds one.
 */
const Entry = z.object({
  type: z.string().max(100),
  id: z.string().max(200).optional(),
  parentId: z.string().max(200).nullish(),
  timestamp: Time,
  message: z.unknown().optional(),
  content: Content,
  name: z.string().max(200).optional(),
});

/** What a line was read as. */
export interface SessionEntry {
  readonly id: string | null;
  readonly parentId: string | null;
  readonly at: number | null;
  /** Null: a line without words, such as a change of model. */
  readonly said: Pick<ImportedMessage, "role" | "text"> | null;
  readonly title: string | null;
  readonly cut: boolean;
}

/** Not an object: a folder may call a role by a name that every object has, such as `constructor`. */
const ROLES: ReadonlyMap<string, ImportedMessage["role"]> = new Map([
  ["user", "user"],
  ["assistant", "assistant"],
  ["toolResult", "tool"],
  ["tool", "tool"],
  ["bashExecution", "tool"],
  ["custom", "tool"],
  ["hookMessage", "tool"],
]);

const millisecondsOfTime = (time: z.infer<typeof Time>): number | null => {
  if (time === undefined) return null;
  const at = typeof time === "number" ? time : Date.parse(time);
  return at >= EARLIEST && at <= LATEST ? Math.floor(at) : null;
};

/** The words of a content; pictures, thoughts and calls are none. */
const wordsOf = (content: z.infer<typeof Content>): string => {
  if (content === undefined || typeof content === "string") return content ?? "";
  return content
    .flatMap((block) => {
      const known = Block.safeParse(block);
      if (!known.success) return typeof block === "string" ? [block] : [];
      return known.data.type === "text" && known.data.text !== undefined ? [known.data.text] : [];
    })
    .join("\n");
};

const saidBy = (message: z.infer<typeof Said>): SessionEntry["said"] => {
  const role = ROLES.get(message.role);
  if (role === undefined) return null;
  const ran = message.command === undefined ? [] : [`$ ${message.command}`, message.output ?? ""];
  const text = [...ran, wordsOf(message.content)].filter((words) => words.trim() !== "").join("\n");
  if (text === "") return null;
  const name = role === "tool" && message.toolName !== undefined ? `${message.toolName}: ` : "";
  return { role, text: `${name}${text}` };
};

/** What the value of a line is in our words; undefined when it is no line of a session. */
export const readSessionEntry = (value: unknown): SessionEntry | undefined => {
  const bare = Said.safeParse(value);
  const found = Entry.safeParse(value);
  if (!found.success && !(bare.success && ROLES.has(bare.data.role))) return undefined;
  const entry: Partial<z.infer<typeof Entry>> = found.success ? found.data : {};
  const held = Said.safeParse(entry.message);
  // What an extension put into the model's view is nobody's word either.
  const inserted = entry.type === "custom_message" ? { role: "custom", content: entry.content } : null;
  const message = held.success ? held.data : (inserted ?? (bare.success ? bare.data : null));
  const said = message === null ? null : saidBy({ timestamp: undefined, ...message });
  const cut = said !== null && said.text.length > LONGEST_TEXT;
  return {
    id: entry.id ?? null,
    parentId: entry.parentId ?? null,
    at: millisecondsOfTime(entry.timestamp) ?? millisecondsOfTime(held.success ? held.data.timestamp : undefined),
    said: cut ? { ...said, text: `${said.text.slice(0, LONGEST_TEXT - CUT.length).toWellFormed()}${CUT}` } : said,
    title: entry.type === "session_info" ? (entry.name ?? null) : null,
    cut,
  };
};

/** The value of a line; undefined where it is cut off or no JSON. */
export const parseLine = (text: string | null): unknown => {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** The entries that the last one came from, oldest first, where each names the one before it; all of them where one does not. */
const activePath = (entries: readonly SessionEntry[]): readonly SessionEntry[] => {
  const byId = new Map(entries.flatMap((entry) => (entry.id === null ? [] : [[entry.id, entry] as const])));
  const path: SessionEntry[] = [];
  const seen = new Set<SessionEntry>();
  let here = entries.at(-1);
  while (here !== undefined) {
    if (here.id === null || seen.has(here)) return entries;
    seen.add(here);
    path.push(here);
    if (here.parentId === null) break;
    here = byId.get(here.parentId);
    // The parent is a line that could not be read, or the header.
    if (here === undefined) return path.length * 2 > entries.length ? path.reverse() : entries;
  }
  return path.reverse();
};

/** What a session's lines come to. */
export interface SessionWords {
  readonly messages: ImportedMessage[];
  readonly title: string | null;
  /** Messages of branches that were left. */
  readonly aside: number;
  /** Messages that were cut. */
  readonly cut: number;
}

/**
 * The messages of a session in their order, each later than the one before: a message without a time has that of its
 * neighbour, so that the same session gives the same messages again.
 */
export const wordsOfSession = (entries: readonly SessionEntry[], began: number | null): SessionWords => {
  const path = activePath(entries.filter(({ id, said }) => id !== null || said !== null));
  const said = path.flatMap((entry) => (entry.said === null ? [] : [{ ...entry, said: entry.said }]));
  let last = (began ?? said.find(({ at }) => at !== null)?.at ?? EARLIEST + 1) - 1;
  const messages = said.map(({ said: { role, text }, at }): ImportedMessage => {
    last = Math.max(at ?? 0, last + 1);
    return { role, text, at: instantOf(Math.min(last, LATEST)) };
  });
  return {
    messages,
    title: entries.findLast(({ title }) => title !== null)?.title ?? null,
    aside: entries.filter((entry) => entry.said !== null).length - said.length,
    cut: said.filter(({ cut }) => cut).length,
  };
};

/** When a file's header says that the session began. */
export const beginOf = (value: unknown): number | null => {
  const header = z.object({ type: z.literal("session"), timestamp: Time }).safeParse(value);
  return header.success ? millisecondsOfTime(header.data.timestamp) : null;
};
