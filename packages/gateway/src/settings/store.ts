import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import JSON5 from "json5";
import { JsonValue as JsonValueSchema, err, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, JsonValue, Result, Setting } from "@moltbot/contracts";
import { replaceFile, watchFile } from "./file.ts";
import { KEYS, findKey, layered, nearestKey, valueAt, withValueAt } from "./keys.ts";
import type { Key } from "./keys.ts";
import { parseText, parseTree } from "./parse.ts";
import { DEFAULT_SETTINGS } from "./schema.ts";
import type { Settings } from "./schema.ts";

export interface SettingsSource {
  readonly file: string;
  /** From the environment, over the file. */
  readonly environment: JsonObject;
  /** From flags, over the environment. */
  readonly flags: JsonObject;
}

/** What a reload did: the keys that changed, or why nothing changed. */
export type Reload = Result<{ readonly changed: readonly string[]; readonly afterRestart: readonly string[] }>;

export interface SettingsStore {
  /** The settings in force; a new object after every change, never a changed one. */
  current(): Settings;
  list(): readonly Setting[];
  /** Writes one key to the file and applies it, as a whole or not at all. Null removes it: the default counts again. */
  set(key: string, value: JsonValue): Promise<Result<Setting>>;
  /** Reads the file again; a fault leaves everything as it was. */
  reload(): Reload;
  /** Reloads whenever the file changes; returns the function that ends it. */
  watch(report: (reload: Reload) => void): () => void;
}

const readTree = (file: string): Result<JsonObject> => {
  try {
    return parseText(file, existsSync(file) ? readFileSync(file, "utf8") : "");
  } catch (cause) {
    return err(
      moltbotError("CONFIG_UNREADABLE", { file, problem: cause instanceof Error ? cause.message : "unknown" }),
    );
  }
};

const HEADER = "// Moltbot's settings. No secrets belong here. `./moltbot config list` explains every key.\n";

const writeTree = async (file: string, tree: JsonObject): Promise<Result<void>> => {
  try {
    // Comments do not survive a machine's edit, so the text that held them is kept beside it.
    if (existsSync(file)) copyFileSync(file, `${file}.bak`);
    await replaceFile(file, `${HEADER}${JSON5.stringify(tree, { space: 2, quote: '"' })}\n`);
    return ok(undefined);
  } catch (cause) {
    const problem = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    return err(moltbotError("HOME_NOT_WRITABLE", { home: dirname(file), problem }));
  }
};

const asTree = (settings: Settings): JsonObject => settings as unknown as JsonObject; // settings are JSON by construction

/** Opens the settings: defaults, then the file, then the environment, then flags. */
export const openSettings = (source: SettingsSource): Result<SettingsStore> => {
  const over = (tree: JsonObject): JsonObject => layered(layered(tree, source.environment), source.flags);
  /** The file must hold good values by itself, also those that the environment or a flag covers at present. */
  const check = (tree: JsonObject): Result<Settings> => {
    const alone = parseTree(tree);
    return alone.ok ? parseTree(over(tree)) : alone;
  };
  const first = readTree(source.file);
  if (!first.ok) return first;
  const parsed = check(first.value);
  if (!parsed.ok) return parsed;
  let fileTree = first.value;
  let settings = parsed.value;
  const atStart = parsed.value;

  const from = (key: string): Setting["from"] => {
    if (valueAt(source.flags, key) !== undefined) return "flag";
    if (valueAt(source.environment, key) !== undefined) return "environment";
    return valueAt(fileTree, key) === undefined ? "default" : "file";
  };
  const settingOf = ({ key, level, says, restart }: Key): Setting => ({
    key,
    value: valueAt(asTree(settings), key) ?? null,
    default: valueAt(asTree(DEFAULT_SETTINGS), key) ?? null,
    level,
    says,
    from: from(key),
    restart,
  });
  const differing = (a: Settings, b: Settings): readonly Key[] =>
    KEYS.filter(({ key }) => JSON.stringify(valueAt(asTree(a), key)) !== JSON.stringify(valueAt(asTree(b), key)));

  const apply = (tree: JsonObject): Reload => {
    const next = check(tree);
    if (!next.ok) return next;
    const changed = differing(settings, next.value).map(({ key }) => key);
    const afterRestart = differing(atStart, next.value)
      .filter(({ restart }) => restart)
      .map(({ key }) => key);
    fileTree = tree;
    settings = next.value;
    return ok({ changed, afterRestart });
  };

  const setOne = async (name: string, value: JsonValue): Promise<Result<Setting>> => {
    const key = findKey(name);
    if (key === undefined) return err(moltbotError("CONFIG_UNKNOWN_KEY", { key: name, nearest: nearestKey(name) }));
    const onDisk = readTree(source.file);
    if (!onDisk.ok) return onDisk;
    const typed = withValueAt(onDisk.value, name, value);
    const wish = check(typed).ok ? typed : withValueAt(onDisk.value, name, readValue(value));
    const valid = check(wish);
    if (!valid.ok) return valid;
    const written = await writeTree(source.file, wish);
    if (!written.ok) return written;
    const applied = apply(wish);
    return applied.ok ? ok(settingOf(key)) : applied;
  };
  let last: Promise<unknown> = Promise.resolve();

  const store: SettingsStore = {
    current: () => settings,
    list: () => KEYS.map(settingOf),
    // One after the other: two that read the same file would each write the other's change away.
    set: (name, value) => {
      const setting = last.then(() => setOne(name, value));
      last = setting.catch(() => undefined);
      return setting;
    },
    reload: () => {
      const tree = readTree(source.file);
      return tree.ok ? apply(tree.value) : tree;
    },
    watch: (report) => watchFile(source.file, (fault) => report(fault === null ? store.reload() : err(fault))),
  };
  return ok(store);
};

/** Text that a person typed where more than text is needed: what it means as JSON5, or the text itself. */
const readValue = (value: JsonValue): JsonValue => {
  if (typeof value !== "string") return value;
  try {
    const read = JsonValueSchema.safeParse(JSON5.parse(value)); // copies without keys that could become prototypes
    return read.success ? read.data : value;
  } catch {
    // Not JSON5 either: the schema's own words say what fits.
    return value;
  }
};

/** Where the settings of a home lie. */
export const settingsFileOf = (home: string): string => join(home, "moltbot.json5");
