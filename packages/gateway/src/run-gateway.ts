import { parseArgs } from "node:util";
import { ERROR_TABLE, err, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, MoltbotError, Result } from "@moltbot/contracts";
import { banner } from "./banner.ts";
import { placesOf } from "./home.ts";
import {
  homeOf,
  keyFolderOf,
  openSettings,
  overridesOf,
  processEnvironment,
  readPassphrase,
  settingsFileOf,
  withValueAt,
} from "./settings/index.ts";
import type { Environment } from "./settings/index.ts";
import { startGateway } from "./start-gateway.ts";
import type { Gateway, StartWish } from "./start-gateway.ts";

export const START_HELP = `Usage: ./moltbot start [options]

Starts the gateway on this machine and prints a one-time sign-in link.

Options:
  --port N              listen on this port (default 18790; 0 takes a free one)
  --host ADDRESS        listen on this address (default 127.0.0.1)
  --set KEY=VALUE       override a setting for this run; may be repeated
  --no-open             do not open the browser
  --passphrase-fd N     read the vault's passphrase from a file descriptor
  --passphrase-file F   read it from a file (also MOLTBOT_PASSPHRASE_FILE)
  --accept-loss         start although the database lacks recorded events
  --json                print one JSON line when ready, nothing else
  --help                show this

Environment: MOLTBOT_HOME, MOLTBOT_PORT, MOLTBOT_HOST, MOLTBOT_MODEL, MOLTBOT_LOG_LEVEL, MOLTBOT_KEY_FILE
`;

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string" },
  set: { type: "string", multiple: true },
  "no-open": { type: "boolean" },
  "passphrase-fd": { type: "string" },
  "passphrase-file": { type: "string" },
  "accept-loss": { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type Flags = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

const parseFlags = (argv: readonly string[]): Result<Flags> => {
  try {
    return ok(parseArgs({ args: [...argv], options: OPTIONS, strict: true, allowPositionals: false }).values);
  } catch (cause) {
    return err(
      moltbotError("USAGE", { problem: cause instanceof Error ? cause.message : "The arguments cannot be read." }),
    );
  }
};

/** `--set key=value`: the value as JSON where it is JSON, as text otherwise. */
const parseSetting = (text: string): readonly [string, JsonObject[string]] => {
  const at = text.indexOf("=");
  const [key, value] = at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  try {
    return [key, JSON.parse(value) as JsonObject[string]]; // JSON.parse gives JSON
  } catch {
    // Not JSON: a plain word, such as a host's name.
    return [key, value];
  }
};

const overridesFrom = (flags: Flags): JsonObject =>
  [
    ...(flags.set ?? []).map(parseSetting),
    ...(flags.port === undefined ? [] : [["gateway.port", flags.port] as const]),
    ...(flags.host === undefined ? [] : [["gateway.host", flags.host] as const]),
  ].reduce<JsonObject>((tree, [key, value]) => withValueAt(tree, key, value), {});

/** A variable that is set to nothing is not set. */
const given = (value: string | undefined): string | null => (value === undefined || value === "" ? null : value);

/** Everything a start needs, from flags and environment. */
export const prepareStart = (
  flags: Flags,
  environment: Environment,
  progress: StartWish["progress"],
): Result<StartWish> => {
  const path = homeOf(environment);
  const settings = openSettings({
    file: settingsFileOf(path),
    environment: overridesOf(environment),
    flags: overridesFrom(flags),
  });
  if (!settings.ok) return settings;
  const descriptor = flags["passphrase-fd"];
  if (descriptor !== undefined && !/^\d+$/.test(descriptor))
    return err(moltbotError("USAGE", { problem: "--passphrase-fd takes a number." }));
  const passphrase = readPassphrase({
    descriptor: descriptor === undefined ? null : Number(descriptor),
    file: flags["passphrase-file"] ?? given(environment["MOLTBOT_PASSPHRASE_FILE"]),
  });
  if (!passphrase.ok) return passphrase;
  return ok({
    home: placesOf(path, keyFolderOf(environment), given(environment["MOLTBOT_KEY_FILE"])),
    settings: settings.value,
    passphrase: passphrase.value,
    acceptLoss: flags["accept-loss"] ?? false,
    progress,
  });
};

/** Prints an error for people: what, why, what next, and the code. Returns the exit code. */
export const reportError = (error: MoltbotError): number => {
  process.stderr.write(`\n  ${error.message}\n  ${error.next}\n  [${error.code}]\n\n`);
  return ERROR_TABLE[error.code].exit;
};

/** Resolves when the person or the service manager asks the process to end; a second signal ends it at once. */
const untilSignal = (): Promise<number> =>
  new Promise((resolve) => {
    let asked = false;
    const ask = (signal: NodeJS.Signals): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve(signal === "SIGINT" ? 130 : 0);
    };
    process.on("SIGINT", ask);
    process.on("SIGTERM", ask);
    process.on("SIGHUP", ask);
  });

const announce = async (gateway: Gateway, wish: StartWish, json: boolean): Promise<string> => {
  const made = await gateway.signInLink();
  const link = made.ok ? made.value : gateway.url;
  const facts = { gateway, home: wish.home.root, link, seconds: process.uptime() };
  process.stdout.write(
    json
      ? `${JSON.stringify({ url: gateway.url, link, home: wish.home.root, pid: process.pid, model: gateway.model.name, sealedBy: gateway.sealedBy })}\n`
      : `${banner(facts)}\n`,
  );
  return link;
};

/**
 * The program: starts the gateway, says so, runs until a signal, drains. Returns the exit code. `openBrowser` is given the
 * sign-in link when a person at a terminal did not forbid it.
 */
export const runGateway = async (argv: readonly string[], openBrowser: (link: string) => void): Promise<number> => {
  const flags = parseFlags(argv);
  if (!flags.ok) return reportError(flags.error);
  if (flags.value.help === true) {
    process.stdout.write(START_HELP);
    return 0;
  }
  const json = flags.value.json ?? false;
  const progress = (step: string): void => {
    if (!json) process.stderr.write(`  · ${step}\n`);
  };
  const wish = prepareStart(flags.value, processEnvironment(), progress);
  if (!wish.ok) return reportError(wish.error);
  const signalled = untilSignal();
  const gateway = await startGateway(wish.value);
  if (!gateway.ok) return reportError(gateway.error);
  const link = await announce(gateway.value, wish.value, json);
  if (flags.value["no-open"] !== true && !json && process.stdout.isTTY) openBrowser(link);
  await signalled;
  progress("Stopping: letting running turns finish");
  await gateway.value.close();
  return 0;
};
