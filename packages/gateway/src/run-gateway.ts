import { parseArgs } from "node:util";
import { ERROR_TABLE, err, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, MoltbotError, Result } from "@moltbot/contracts";
import { banner, lockedBanner } from "./banner.ts";
import { checkMigrations, planText } from "./check-migrations.ts";
import { placesOf } from "./home.ts";
import {
  homeOf,
  keyFolderOf,
  openSettings,
  overridesOf,
  passphraseFileOf,
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
  --keychain            let this machine's keychain open the vault from now on
  --locked              start locked; ./moltbot unlock opens it
  --check-migrations    say what this version would change in the database, change nothing, and end
  --accept-loss         start although the database lacks recorded events
  --json                print one JSON line when ready, nothing else
  --help                show this

Without these the credential moltbot-passphrase of a systemd service is read. At a terminal a vault that needs
a passphrase starts locked when none is given.

Environment: MOLTBOT_HOME, MOLTBOT_PORT, MOLTBOT_HOST, MOLTBOT_MODEL, MOLTBOT_LOG_LEVEL, MOLTBOT_KEY_FILE
`;

const OPTIONS = {
  port: { type: "string" },
  host: { type: "string" },
  set: { type: "string", multiple: true },
  "no-open": { type: "boolean" },
  "passphrase-fd": { type: "string" },
  "passphrase-file": { type: "string" },
  keychain: { type: "boolean" },
  locked: { type: "boolean" },
  "check-migrations": { type: "boolean" },
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

/** Everything a start needs, from flags and environment. At a terminal somebody is there to unlock. */
export const prepareStart = (
  flags: Flags,
  environment: Environment,
  progress: StartWish["progress"],
  atTerminal = false,
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
    file: flags["passphrase-file"] ?? passphraseFileOf(environment),
  });
  if (!passphrase.ok) return passphrase;
  return ok({
    home: placesOf(path, keyFolderOf(environment), given(environment["MOLTBOT_KEY_FILE"])),
    settings: settings.value,
    passphrase: passphrase.value,
    acceptLoss: flags["accept-loss"] ?? false,
    useKeychain: flags.keychain ?? false,
    ...(flags.locked === true ? { locked: "always" } : atTerminal ? { locked: "without passphrase" } : {}),
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

/** Says where it runs; gives the sign-in link while somebody can sign in. */
const announce = async (gateway: Gateway, home: string, json: boolean): Promise<string | null> => {
  const { url, model, sealedBy, stoppedSince } = gateway;
  const made = model === null ? null : await gateway.signInLink();
  const link = made?.ok === true ? made.value : url;
  const told = { url, link: model === null ? null : link, home, pid: process.pid };
  const text =
    model === null
      ? lockedBanner(url, home)
      : banner({
          gateway: { url, model, sealedBy, stoppedSince },
          head: gateway.auditHead(),
          home,
          link,
          seconds: process.uptime(),
        });
  process.stdout.write(
    `${json ? JSON.stringify({ ...told, model: model?.name ?? null, sealedBy, locked: model === null }) : text}\n`,
  );
  return told.link;
};

/** Until somebody ends it, or until neither the house nor its locked door can be opened. */
const untilOver = async (gateway: Gateway, signalled: Promise<number>): Promise<number> =>
  Promise.race([signalled.then(() => 0), gateway.failed.then(reportError)]);

/** Tells what a start would change in the database: 0 when it would go through. */
const tellMigrations = async ({ home, passphrase, settings }: StartWish, json: boolean): Promise<number> => {
  const plan = await checkMigrations({ home, passphrase, engine: settings.current().database.engine });
  if (!plan.ok) return reportError(plan.error);
  process.stdout.write(`${json ? JSON.stringify(plan.value) : planText(plan.value)}\n`);
  return plan.value.problem === null ? 0 : 1;
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
  const atTerminal = process.stdin.isTTY && process.stdout.isTTY;
  const wish = prepareStart(flags.value, processEnvironment(), progress, atTerminal);
  if (!wish.ok) return reportError(wish.error);
  if (flags.value["check-migrations"] === true) return tellMigrations(wish.value, json);
  const signalled = untilSignal();
  const gateway = await startGateway(wish.value);
  if (!gateway.ok) return reportError(gateway.error);
  const link = await announce(gateway.value, wish.value.home.root, json);
  if (link !== null && flags.value["no-open"] !== true && !json && process.stdout.isTTY) openBrowser(link);
  gateway.value.onState((state) => {
    if (state === "locked") progress("Locked: ./moltbot unlock opens it again");
    if (state === "open") progress("Unlocked");
  });
  const code = await untilOver(gateway.value, signalled);
  progress("Stopping: letting running turns finish");
  await gateway.value.close();
  return code;
};
