import type { VaultStatus } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import type { UnlockWish } from "@moltbot/client";
import type { Command } from "commander";
import color from "picocolors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { facts, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import { usage } from "../usage.ts";
import { readWords } from "./read-words.ts";

type Options = Readonly<Record<string, unknown>>;

const LOOK_AGAIN = 100;
const PATIENCE = 60_000;

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const statusText = (status: VaultStatus): string => {
  const { argon2, keyring } = status;
  return facts([
    ["sealed by", status.sealedBy],
    ["opened by", status.openers.join(", ")],
    [
      "costs",
      argon2 === null
        ? "no passphrase"
        : `Argon2id: ${String(argon2.passes)} passes, ${String(argon2.memoryKib / 1024)} MiB, ${String(argon2.parallelism)} lanes`,
    ],
    ["keys", `${String(keyring.keys)}, generation ${String(keyring.generation)}, epoch ${String(keyring.epoch)}`],
    [
      "locks",
      status.autoLockMinutes === 0
        ? "when asked to"
        : `when asked to, and after ${String(status.autoLockMinutes)} idle minutes`,
    ],
    ["open since", when(status.unlockedAt)],
  ]);
};

/** Until the door says so; between two doors nobody answers for a moment. */
const waitUntil = async ({ door }: CommandContext, locked: boolean): Promise<void> => {
  for (let waited = 0; waited < PATIENCE; waited += LOOK_AGAIN) {
    const state = await door.state();
    if (state.ok && state.value.locked === locked) return;
    if (state.ok && state.value.problem !== null)
      throw new CommandFailure(
        moltbotError("VAULT_LOCKED", {
          problem: `it was unlocked, but what it seals does not open (${state.value.problem}; logs/gateway.jsonl says more)`,
        }),
      );
    await pause(LOOK_AGAIN);
  }
  throw new CommandFailure(moltbotError("VAULT_LOCKED", { problem: "the gateway did not get ready in a minute" }));
};

/** Whether the options name a place that holds the words. */
const isGiven = (options: Options): boolean =>
  options["passphraseFd"] !== undefined || options["passphraseFile"] !== undefined;

/** What is brought to the door: the recovery code, the passphrase, or nothing where the machine itself keeps the key. */
const wishOf = async (options: Options, openers: readonly string[]): Promise<UnlockWish> => {
  if (options["recovery"] === true) {
    const [recoveryCode = ""] = await readWords(options, ["Recovery code"]);
    return { recoveryCode };
  }
  if (!isGiven(options) && (openers.includes("key-file") || openers.includes("keychain"))) return {};
  const [passphrase = ""] = await readWords(options, ["Passphrase"]);
  return { passphrase };
};

const unlock = async (context: CommandContext, options: Options): Promise<void> => {
  const state = await context.door.state();
  if (!state.ok) throw new CommandFailure(state.error);
  if (!state.value.locked) return context.output.data({ locked: false }, () => "It is not locked.");
  const opened = await context.door.unlock(await wishOf(options, state.value.openers));
  if (!opened.ok) throw new CommandFailure(opened.error);
  await waitUntil(context, false);
  context.output.data({ locked: false }, () => `${color.green("✓")} unlocked`);
};

const lock = async (context: CommandContext): Promise<void> => {
  await context.call("vault.lock", {});
  await waitUntil(context, true);
  context.output.data({ locked: true }, () => `${color.green("✓")} locked; ./moltbot unlock opens it again`);
};

/** The questions for what opens the vault now: none where no passphrase seals it. */
const currentQuestion = async (context: CommandContext): Promise<readonly string[]> => {
  const { openers } = await context.call("vault.status", {});
  return openers.includes("passphrase") ? ["Passphrase of today (or the recovery code)"] : [];
};

const changePassphrase = async (context: CommandContext, options: Options): Promise<void> => {
  const asked = await currentQuestion(context);
  const toKeyFile = options["keyFile"] === true;
  const isTyped = process.stdin.isTTY && !isGiven(options);
  const next = toKeyFile ? [] : isTyped ? ["New passphrase", "The new one again"] : ["New passphrase"];
  const words = await readWords(options, [...asked, ...next]);
  const [first = "", again = first] = words.slice(asked.length);
  if (!toKeyFile && first !== again) throw usage("The two new passphrases differ; nothing was changed.");
  const status = await context.call("vault.passphrase", {
    current: asked.length === 0 ? null : (words[0] ?? ""),
    next: toKeyFile ? null : first,
  });
  context.output.data(status, () => `${color.green("✓")} sealed by ${status.sealedBy}`);
};

const withCurrent = async (context: CommandContext, options: Options): Promise<string | null> => {
  const asked = await currentQuestion(context);
  const [current = null] = await readWords(options, asked);
  return current;
};

const sources = (command: Command): Command =>
  command
    .option("--passphrase-fd <n>", "read the passphrase from a file descriptor")
    .option("--passphrase-file <file>", "read it from a file; without either from a pipe, or typed unseen");

/** `lock`, `unlock`, `vault status | passphrase | recovery | rotate` */
export const vaultCommands = (program: Command, run: Runner): void => {
  program
    .command("lock")
    .description("lock the vault: running turns lie down, and nothing can be read until it is unlocked")
    .action(run(lock));
  sources(program.command("unlock"))
    .description("unlock it, with the passphrase, the recovery code, or the key file of this machine")
    .option("--recovery", "with the recovery code")
    .action(run(unlock));

  const vault = program.command("vault").description("how the vault is sealed, and sealing it otherwise");
  vault
    .command("status", { isDefault: true })
    .description("tell how it is sealed")
    .action(
      run(async (context) => {
        const status = await context.call("vault.status", {});
        context.output.data(status, () => statusText(status));
      }),
    );
  sources(vault.command("passphrase"))
    .description("seal it by a new passphrase: today's on the first line, the new one on the next")
    .option("--key-file", "seal it by a key file outside the home instead")
    .action(run(changePassphrase));
  sources(vault.command("recovery"))
    .description("make a recovery code; it is shown once, and one made before opens nothing any more")
    .action(
      run(async (context, options) => {
        const { code } = await context.call("vault.recovery", { current: await withCurrent(context, options) });
        context.output.data(
          { code },
          () =>
            `${color.bold(code)}\n${color.dim("Write it down and keep it away from this machine; it is not shown again.")}`,
        );
      }),
    );
  sources(vault.command("rotate <keys>"))
    .description("wrapping: seal the root and the keyring anew; data: new content gets new keys")
    .action(
      run(async (context, options, keys) => {
        if (keys !== "wrapping" && keys !== "data") throw usage("Rotate `wrapping` or `data`.");
        const status = await context.call("vault.rotate", { keys, current: await withCurrent(context, options) });
        context.output.data(
          status,
          () =>
            `${color.green("✓")} rotated: generation ${String(status.keyring.generation)}, epoch ${String(status.keyring.epoch)}`,
        );
      }),
    );
};
