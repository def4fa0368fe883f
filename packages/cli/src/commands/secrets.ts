import type { SecretInfo } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { table, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import { usualOfName } from "../secret-sources/provider-hosts.ts";
import { readValue } from "../secret-sources/read-value.ts";
import { many, textOption, usage, wordsOf } from "../usage.ts";
import { secretImportCommand } from "./secret-import.ts";
import { expiryOf, kindOf, rotationOf } from "./secret-wish.ts";

/** The hosts for a secret: those given, or those it has already. */
const hostsOf = async (context: CommandContext, name: string, given: readonly string[]): Promise<readonly string[]> => {
  if (given.length > 0) return given;
  const known = (await context.call("secrets.list", {})).find((secret) => secret.name === name);
  if (known !== undefined) return known.hosts;
  const usual = usualOfName(name)?.hosts ?? [];
  const hint = usual.length === 0 ? "" : ` Usual for it: ${usual.map((host) => `--host ${host}`).join(" ")}`;
  throw usage(`A new secret needs --host: the exact host that it may be sent to.${hint}`);
};

const stateOf = (secret: SecretInfo, now: string = new Date().toISOString()): string => {
  if (secret.expiresAt !== null && secret.expiresAt <= now) return color.red("expired: not lent");
  if (secret.rotationDue) return color.yellow("a new value is due");
  return secret.expiresAt === null ? "good" : `good until ${when(secret.expiresAt)}`;
};

const rowOf = (secret: SecretInfo): readonly string[] => [
  secret.name,
  secret.kind,
  secret.hosts.join(", "),
  when(secret.rotatedAt),
  secret.lastUsedAt === null ? "never" : when(secret.lastUsedAt),
  stateOf(secret),
];

/** `secret list | set | remove | import` */
export const secretCommands = (program: Command, run: Runner): void => {
  const secret = program.command("secret").description("keys and passwords, sealed in the vault");
  secret
    .command("set <name>")
    .description("store or replace a secret; its value is typed unseen, or comes from a pipe, a file or a descriptor")
    .option("--host <host>", "a host it may be sent to, exactly; may be repeated", many)
    .option("--kind <kind>", "api-key, token, password, certificate or other")
    .option("--expires <when>", "not lent after: a day, a number of days, or never")
    .option("--rotate <days>", "say that a new value is due after so many days, or never")
    .option("--file <file>", "read the value from this file")
    .option("--fd <number>", "read the value from this open descriptor")
    .addHelpText("after", "\nThe value is never an argument. What is left out stays as it was.\n")
    .action(
      run(async (context, { host, kind, expires, rotate, file, fd }, name) => {
        const expiresAt = expiryOf(textOption(expires));
        const rotateEveryDays = rotationOf(textOption(rotate));
        const kindWish = kindOf(textOption(kind));
        const hosts = await hostsOf(context, name, wordsOf(host));
        const value = await readValue({ file: textOption(file), fd: textOption(fd) }, `The value of ${name}`);
        const stored = await context.call("secrets.set", {
          name,
          value,
          hosts: [...hosts],
          ...(kindWish === undefined ? {} : { kind: kindWish }),
          ...(expiresAt === undefined ? {} : { expiresAt }),
          ...(rotateEveryDays === undefined ? {} : { rotateEveryDays }),
        });
        context.output.data(
          stored,
          () => `${color.green("✓")} ${stored.name} is stored, for ${stored.hosts.join(", ")}`,
        );
      }),
    );
  secret
    .command("list", { isDefault: true })
    .description("list secrets: hosts, ages, last use and what is due; never values")
    .action(
      run(async (context) => {
        const list = await context.call("secrets.list", {});
        context.output.data(list, () =>
          table(["name", "kind", "hosts", "value since", "last used", ""], list.map(rowOf), "There are no secrets."),
        );
      }),
    );
  secret
    .command("remove <name>")
    .description("remove a secret and destroy its key")
    .action(
      run(async (context, _options, name) => {
        await context.call("secrets.remove", { name });
        context.output.data({ name, removed: true }, () => `${color.green("✓")} removed`);
      }),
    );
  secretImportCommand(secret, run);
};
