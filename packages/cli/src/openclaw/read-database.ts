import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { FoundSession, FoundSecret } from "./found.ts";
import type { Folder } from "./folder.ts";
import { secretsInProfiles } from "./read-profiles.ts";
import { titleFor } from "./read-sessions.ts";
import { readRelaxedJson } from "./relaxed-json.ts";
import { beginOf, parseLine, readSessionEntry, wordsOfSession } from "./session-entry.ts";
import type { SessionEntry } from "./session-entry.ts";

const LARGEST = 2 * 1_073_741_824;
const LONGEST_ROW = 4 * 1_048_576;
const MOST_ROWS = 500_000;
const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9._%@+-]{0,120}$/;

type Row = Readonly<Record<string, unknown>>;
/** Reads rows, one at a time; what is no table of the file, or is damaged, gives none. */
type Ask = (sql: string) => Iterable<Row>;

export interface FoundInDatabase {
  readonly sessions: readonly FoundSession[];
  readonly secrets: readonly FoundSecret[];
}
const NOTHING: FoundInDatabase = { sessions: [], secrets: [] };

const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

const sessionsIn = (ask: Ask, path: string, agent: string): readonly FoundSession[] => {
  const lines = new Map<string, { entries: SessionEntry[]; damaged: number[]; began: number | null }>();
  // A row that is too long is not even read.
  const rows = ask(
    `SELECT session_id AS id, seq, CASE WHEN length(event_json) <= ${String(LONGEST_ROW)} THEN event_json END AS line
     FROM transcript_events ORDER BY session_id, seq LIMIT ${String(MOST_ROWS)}`,
  );
  for (const { id, seq, line } of rows) {
    if (typeof id !== "string" || !SESSION_ID.test(id)) continue;
    const known = lines.get(id) ?? { entries: [], damaged: [], began: null };
    lines.set(id, known);
    const value = parseLine(textOf(line));
    const entry = readSessionEntry(value);
    known.began ??= beginOf(value);
    if (entry === undefined) known.damaged.push(Number(seq));
    else known.entries.push(entry);
  }
  const titles = new Map<string, string>();
  const named = ask(
    `SELECT w.session_id AS id, coalesce(n.label, n.display_name, w.display_name, w.session_key) AS title
     FROM session_windows w LEFT JOIN session_nodes n ON n.session_key = w.session_key`,
  );
  for (const { id, title } of named) if (typeof id === "string") titles.set(id, textOf(title) ?? id);
  return [...lines].map(([id, { entries, damaged, began }]) => {
    const { messages, title, aside, cut } = wordsOfSession(entries, began);
    const conversation = { key: `${agent}/${id}`, agent, title: titleFor(titles.get(id), title, messages), messages };
    return { path: `${path}#${id}`, conversation, damaged, aside, cut };
  });
};

const secretsIn = (ask: Ask, path: string): readonly FoundSecret[] =>
  [
    ...ask("SELECT store_json AS json FROM auth_profile_store"),
    ...ask("SELECT store_json AS json FROM auth_profile_stores"),
    ...ask("SELECT value_json AS json FROM config_machine_state WHERE state_key = 'authProfiles.store'"),
  ].flatMap(({ json }) => {
    const text = textOf(json);
    return text === null || text.length > LONGEST_ROW ? [] : secretsInProfiles(path, readRelaxedJson(text));
  });

/**
 * Reads a database of the later generations from a copy of its own, so that nothing of the original is touched, not even its lock.
 * The file is a stranger's: nothing that its schema brings along is run, only plain tables are read, and none of its text becomes
 * a statement.
 */
export const readDatabase = async (folder: Folder, path: string, agent: string): Promise<FoundInDatabase> => {
  const place = await folder.place(path, LARGEST);
  if (place === null) return NOTHING;
  const copy = await mkdtemp(join(tmpdir(), "moltbot-import-"));
  try {
    const file = join(copy, basename(place));
    await copyFile(place, file);
    const log = await folder.place(`${path}-wal`, LARGEST);
    // What was written last may stand in the log beside it.
    if (log !== null) await copyFile(log, `${file}-wal`);
    const { DatabaseSync } = await import("node:sqlite");
    const database = new DatabaseSync(file, { allowExtension: false, enableForeignKeyConstraints: false });
    try {
      database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA query_only = ON;");
      const plain = database.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ? AND sql NOT LIKE '%VIRTUAL%'",
      );
      const ask: Ask = function* (sql) {
        const tables = [...sql.matchAll(/(?:FROM|JOIN) (\w+)/g)].map(([, table = ""]) => table);
        if (tables.some((table) => plain.get(table) === undefined)) return;
        try {
          yield* database.prepare(sql).iterate();
        } catch {
          folder.skipped.push({
            path,
            why: `${tables.join(", ")} cannot be read to the end: damaged, or of a version that is not known`,
          });
        }
      };
      return { sessions: sessionsIn(ask, path, agent), secrets: secretsIn(ask, path) };
    } finally {
      database.close();
    }
  } catch {
    folder.skipped.push({ path, why: "it is no database that can be read" });
    return NOTHING;
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
};
