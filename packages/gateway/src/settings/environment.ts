import { closeSync, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, Result } from "@moltbot/contracts";
import { withValueAt } from "./keys.ts";

/** Environment variable → the key that it overrides. */
export const ENVIRONMENT_KEYS = Object.freeze({
  MOLTBOT_HOST: "gateway.host",
  MOLTBOT_PORT: "gateway.port",
  MOLTBOT_MODEL: "models.default",
  MOLTBOT_LOG_LEVEL: "log.level",
});

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where state lies, from MOLTBOT_HOME or `~/.moltbot`. */
export const homeOf = (environment: Environment): string => {
  const home = environment["MOLTBOT_HOME"];
  if (home === undefined || home === "") return join(homedir(), ".moltbot");
  return isAbsolute(home) ? home : resolve(home);
};

/** The folder for key files, outside every home: MOLTBOT_KEY_FILE names another place for this one. */
export const keyFolderOf = (environment: Environment): string => {
  const configured = environment["XDG_CONFIG_HOME"];
  const base = configured !== undefined && isAbsolute(configured) ? configured : join(homedir(), ".config");
  return join(base, "moltbot", "keys");
};

/** What the environment overrides, as a tree. */
export const overridesOf = (environment: Environment): JsonObject =>
  Object.entries(ENVIRONMENT_KEYS).reduce<JsonObject>((tree, [variable, key]) => {
    const value = environment[variable];
    return value === undefined || value === "" ? tree : withValueAt(tree, key, value);
  }, {});

const CREDENTIAL = "moltbot-passphrase";

/** Where a headless start finds the passphrase: the file that MOLTBOT_PASSPHRASE_FILE names, or the credential that systemd gives. */
export const passphraseFileOf = (environment: Environment): string | null => {
  const named = environment["MOLTBOT_PASSPHRASE_FILE"];
  if (named !== undefined && named !== "") return named;
  const folder = environment["CREDENTIALS_DIRECTORY"];
  if (folder === undefined || !isAbsolute(folder)) return null;
  const credential = join(folder, CREDENTIAL);
  return existsSync(credential) ? credential : null;
};

/** One line. An empty one is a credential that did not arrive: a vault sealed by it would be open to everybody. */
const passphraseIn = (text: string): Result<string> => {
  const passphrase = text.replace(/\r?\n$/, "");
  return passphrase === ""
    ? err(moltbotError("VAULT_LOCKED", { problem: "the passphrase source is empty" }))
    : ok(passphrase);
};

/**
 * The passphrase of a headless start: from a file descriptor, or from a file (a credential of the service manager). Never from
 * argv, and never from a variable, which child processes inherit. Null: none was given.
 */
export const readPassphrase = (source: {
  readonly descriptor: number | null;
  readonly file: string | null;
}): Result<string | null> => {
  try {
    if (source.descriptor !== null) {
      const text = readFileSync(source.descriptor, "utf8");
      if (source.descriptor > 2) closeSync(source.descriptor);
      return passphraseIn(text);
    }
    return source.file === null ? ok(null) : passphraseIn(readFileSync(source.file, "utf8"));
  } catch (cause) {
    const problem = cause instanceof Error && "code" in cause ? String(cause.code) : "it cannot be read";
    return err(moltbotError("VAULT_LOCKED", { problem: `the passphrase source cannot be read (${problem})` }));
  }
};

/** The process's environment, for whoever was not handed another one. */
export const processEnvironment = (): Environment => process.env;
