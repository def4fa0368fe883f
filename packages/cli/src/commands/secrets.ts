import type { Person, SecretInfo } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import type { CommandContext } from "../context.ts";
import { printableLine, table, when, whenOrNever } from "../output.ts";
import type { Runner } from "../runner.ts";
import { usualOfName } from "../secret-sources/provider-hosts.ts";
import { readValue } from "../secret-sources/read-value.ts";
import { idIn, many, textOption, usage, wordsOf } from "../usage.ts";
import { secretImportCommand } from "./secret-import.ts";
import { expiryOf, kindOf, rotationOf } from "./secret-wish.ts";

type Of = "house" | "me" | SecretInfo["id"];

/** Whose secret is meant: the house's, one's own, or one of that id that somebody shares. */
const whose = ({ mine, of }: Readonly<Record<string, unknown>>): Of => {
  const id = textOption(of);
  if (mine === true && id !== undefined) throw usage("Give --mine or --of, not both.");
  if (id === undefined) return mine === true ? "me" : "house";
  return idIn("of", id, "a secret") as SecretInfo["id"]; // the gateway looks whether it is one
};

const isOf = (of: Of, { id, ownerId }: SecretInfo, me: string | null): boolean =>
  of === "house" ? ownerId === null : of === "me" ? ownerId !== null && ownerId === me : id === of;

/** The hosts for a secret: those given, or those it has already. */
const hostsOf = async (
  context: CommandContext,
  name: string,
  of: Of,
  given: readonly string[],
): Promise<readonly string[]> => {
  if (given.length > 0) return given;
  const me = of === "me" ? (await context.call("sessions.current", {})).id : null;
  const all = await context.call("secrets.list", {});
  const known = all.find((secret) => secret.name === name && isOf(of, secret, me));
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

/** Whose it is, in words for the person who looks. */
const ownerOf = ({ ownerId }: SecretInfo, people: readonly Person[], me: string): string => {
  if (ownerId === null) return "the house";
  return ownerId === me ? "me" : (people.find(({ id }) => id === ownerId)?.name ?? ownerId);
};

const rowOf = (secret: SecretInfo, owner: string): readonly string[] => [
  secret.name,
  owner,
  secret.kind,
  secret.hosts.join(", ") + (secret.header === undefined ? "" : ` in ${printableLine(secret.header)}`),
  when(secret.rotatedAt),
  whenOrNever(secret.lastUsedAt),
  stateOf(secret),
];

const AFTER = `
Without --mine a secret is the house's, which its owner keeps: models and settings use it by name. One with --mine is yours: nobody else
knows of it until you share it (\`share secret:NAME Ada\`), and then they use it without seeing it.
`;

/** `secret list | set | remove | import` */
export const secretCommands = (program: Command, run: Runner): void => {
  const secret = program
    .command("secret")
    .description("keys and passwords, sealed in the vault")
    .addHelpText("after", AFTER);
  secret
    .command("set <name>")
    .description("store or replace a secret; its value is typed unseen, or comes from a pipe, a file or a descriptor")
    .option("--host <host>", "a host it may be sent to, exactly; may be repeated", many)
    .option("--header <name>", "the only header it is sent in, such as X-Api-Key, or any")
    .option("--kind <kind>", "api-key, token, password, certificate or other")
    .option("--expires <when>", "not lent after: a day, a number of days, or never")
    .option("--rotate <days>", "say that a new value is due after so many days, or never")
    .option("--mine", "keep it for yourself, and not for the house")
    .option("--of <id>", "replace the value of this one, which somebody lets you edit")
    .option("--file <file>", "read the value from this file")
    .option("--fd <number>", "read the value from this open descriptor")
    .addHelpText("after", "\nThe value is never an argument. What is left out stays as it was.\n")
    .action(
      run(async (context, { host, header, kind, expires, rotate, file, fd, ...rest }, name) => {
        const of = whose(rest);
        const expiresAt = expiryOf(textOption(expires));
        const rotateEveryDays = rotationOf(textOption(rotate));
        const kindWish = kindOf(textOption(kind));
        const headerWish = textOption(header);
        const hosts = await hostsOf(context, name, of, wordsOf(host));
        const value = await readValue({ file: textOption(file), fd: textOption(fd) }, `The value of ${name}`);
        const stored = await context.call("secrets.set", {
          name,
          value,
          hosts: [...hosts],
          ...(of === "house" ? {} : { of }),
          ...(headerWish === undefined ? {} : { header: headerWish === "any" ? null : headerWish }),
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
        const nameless = context.output.json || list.every(({ ownerId }) => ownerId === null);
        const people = nameless ? [] : await context.call("people.list", {});
        const me = nameless ? "" : (await context.call("sessions.current", {})).id;
        context.output.data(list, () =>
          table(
            ["name", "of", "kind", "hosts", "value since", "last used", ""],
            list.map((one) => rowOf(one, ownerOf(one, people, me))),
            "There are no secrets.",
          ),
        );
      }),
    );
  secret
    .command("remove <name>")
    .description("remove a secret and destroy its key")
    .option("--mine", "one of your own")
    .option("--of <id>", "this one, which somebody lets you delete")
    .action(
      run(async (context, options, name) => {
        const of = whose(options);
        await context.call("secrets.remove", { name, ...(of === "house" ? {} : { of }) });
        context.output.data({ name, removed: true }, () => `${color.green("✓")} removed`);
      }),
    );
  secretImportCommand(secret, run);
};
