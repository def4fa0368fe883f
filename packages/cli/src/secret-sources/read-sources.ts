import { basename, resolve } from "node:path";
import { member, members, readRelaxedJson } from "../openclaw/relaxed-json.ts";
import type { Value } from "../openclaw/relaxed-json.ts";
import { usage } from "../usage.ts";
import { readEnvText } from "./env-text.ts";
import { usualOfName } from "./provider-hosts.ts";
import { isPlaceholder, kindOfName, LONGEST_SECRET, looksSecret, secretNameOf } from "./secret-names.ts";
import type { NamedKind } from "./secret-names.ts";
import { shellWord } from "./shell-word.ts";

/** A secret that stands somewhere in plain text. */
export interface PlainSecret {
  /** What it is called in the vault. */
  readonly name: string;
  /** What it is called where it stands. */
  readonly original: string;
  readonly value: string;
  readonly kind: NamedKind;
  /** The hosts that are usual for it; empty when none are known. */
  readonly usual: readonly string[];
  /** Where it stands, for people. */
  readonly where: string;
  /** What to do there once it is stored. */
  readonly remedy: string;
}

export const FORMS = ["env", "json", "whole"] as const;
type Form = (typeof FORMS)[number];

const plain = (name: string, value: string, where: string, remedy: string): PlainSecret => ({
  name: secretNameOf(name),
  original: name,
  value,
  kind: kindOfName(name),
  usual: usualOfName(name)?.hosts ?? [],
  where,
  remedy,
});

/** The variables of this process that a person named. */
export const fromEnvironment = (
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): readonly PlainSecret[] =>
  names.map((name) => {
    const value = environment[name];
    if (value === undefined || value === "") throw usage(`There is no variable ${name} in this environment.`);
    const remedy = `unset ${name}, and delete the line that sets it (shell profile, service unit, container file)`;
    return plain(name, value, `environment variable ${name}`, remedy);
  });

/** How a file is read when nobody says: by its name, and a JSON file that is one credential as a whole. */
const formOf = (path: string, text: string): Form => {
  if (/(^|\.)env(\.|$)/i.test(basename(path))) return "env";
  const value = /\.json5?$/i.test(path) ? readRelaxedJson(text) : undefined;
  if (members(value).length === 0 || member(value, "private_key") !== undefined) return "whole";
  return "json";
};

const leavesOf = (value: Value | undefined, path: string): readonly (readonly [string, string])[] => {
  if (typeof value === "string") return [[path, value]];
  return members(value).flatMap(([key, item]) => leavesOf(item, path === "" ? key : `${path}.${key}`));
};

export interface FileWish {
  /** Names to take, whatever they sound like; all that sound like secrets when there are none. */
  readonly only: readonly string[];
  readonly form?: Form | undefined;
  /** What a file that is one secret is called. */
  readonly name?: string | undefined;
}

export interface InFile {
  readonly found: readonly PlainSecret[];
  /** Names that were left because they do not sound like secrets. */
  readonly left: readonly string[];
}

/** The secrets in a file of variables, in JSON, or a file that is one secret. */
export const fromFileText = (path: string, text: string, wish: FileWish): InFile => {
  const form = wish.form ?? formOf(path, text);
  const file = resolve(path);
  if (form === "whole") {
    const value = text.replace(/\r?\n$/, "");
    if (value === "" || value.length > LONGEST_SECRET) throw usage(`${path} is empty, or too long to be one secret.`);
    const name = wish.name ?? basename(path).replace(/\.(txt|key|token|json|pem)$/i, "");
    return { found: [plain(name, value, file, `delete it: rm ${shellWord(file)}`)], left: [] };
  }
  const read = form === "json" ? readRelaxedJson(text) : undefined;
  if (form === "json" && read === undefined) throw usage(`${path} is not JSON.`);
  const rows: readonly (readonly [name: string, value: string, where: string])[] =
    form === "json"
      ? leavesOf(read, "").map(([name, value]) => [name, value, `${file}, ${name}`] as const)
      : readEnvText(text).map(
          ({ name, value, line }) => [name, value, `${file}, line ${String(line)} (${name})`] as const,
        );
  const missing = wish.only.find((name) => rows.every(([there]) => there !== name));
  if (missing !== undefined) throw usage(`${path} has no ${missing}.`);
  const isWanted = ([name, value]: readonly [string, string, string]): boolean =>
    wish.only.length > 0 ? wish.only.includes(name) : looksSecret(name) && !isPlaceholder(value);
  const wanted = rows.filter((row) => isWanted(row) && row[1] !== "" && row[1].length <= LONGEST_SECRET);
  const remedy = form === "env" ? "delete the line, or the file" : "delete the value, or the file";
  return {
    found: wanted.map(([name, value, where]) => plain(name, value, where, remedy)),
    left: rows.filter((row) => !wanted.includes(row)).map(([name]) => name),
  };
};
