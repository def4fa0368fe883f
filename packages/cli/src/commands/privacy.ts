import { writeFile } from "node:fs/promises";
import { Buffer } from "node:buffer";
import type { ErasureCertificate, PrivacySubject } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import type { Runner } from "../runner.ts";
import { facts, printableLine, table, when } from "../output.ts";
import { readText, textOption, usage } from "../usage.ts";
import { canAsk, readTyped } from "./ask-person.ts";
import { certificateFault } from "./audit.ts";

/** Reads what a person types; null without one to ask. */
export type ReadTyped = (question: string) => Promise<string | null>;

const NOT_CONFIRMED = 1;

const subjectOf = async (kind: string, id: string): Promise<PrivacySubject> => {
  const { PrivacySubject: schema } = await import("@moltbot/contracts");
  const parsed = schema.safeParse({ kind, id: id.trim().toLowerCase() });
  if (!parsed.success) throw usage("Name what it is about: `conversation ID` or `person ID`, with its whole id.");
  return parsed.data;
};

const outOfReachText = (all: ErasureCertificate["outOfReach"]): string =>
  all.length === 0
    ? "Nothing lies out of reach."
    : [
        "Out of reach:",
        ...all.map(
          ({ what, where, why }) => `  ${printableLine(what)}, ${printableLine(where)}: ${printableLine(why)}`,
        ),
      ].join("\n");

const totalOf = (rows: ErasureCertificate["rows"]): number => Object.values(rows).reduce((sum, each) => sum + each, 0);

const certificateText = (certificate: ErasureCertificate): string => {
  const { subject, at, keys, rows, files, keyring, outOfReach, id } = certificate;
  return [
    facts([
      ["erased", `${subject.kind} ${subject.id}`],
      ["at", when(at)],
      ["keys destroyed", String(keys)],
      [
        "rows removed",
        `${String(totalOf(rows))} (${Object.entries(rows)
          .map(([name, count]) => `${name} ${String(count)}`)
          .join(", ")})`,
      ],
      ["files removed", String(files)],
      ["keyring", `generation ${String(keyring.from)} → ${String(keyring.to)}`],
      ["certificate", id],
    ]),
    outOfReachText(outOfReach),
  ].join("\n");
};

/** What an erasure takes away. */
const goneText = async (context: CommandContext, { kind, id }: PrivacySubject): Promise<string> => {
  if (kind === "person")
    return `everything that is kept of the person ${id}: conversations, memories, contacts, grants, agents, files, tokens and sessions; whoever is signed in as that person is signed out`;
  const files = await context.call("attachments.list", { conversationId: id });
  return `the conversation ${id} with all its branches, ${String(files.length)} attached files, its questions, decisions, plans and reminders, and the memories that came of it`;
};

/** What will go and what an erasure cannot reach, as far as it can be said beforehand. */
const foretold = async (context: CommandContext, subject: PrivacySubject): Promise<string> => {
  const copies = await context.call("backups.list", {});
  const gone = await goneText(context, subject);
  const beyond = copies.map(({ kind, file }) =>
    kind === "keyring"
      ? `the keyring copy ${printableLine(file)}, which still holds the keys: destroy it`
      : `the backup ${printableLine(file)}, of which nothing of the subject can be read any more`,
  );
  return [
    `This erases ${gone}. It cannot be undone.`,
    "It does not reach files of workspaces, what models of others were sent, and what has left already; the certificate names them.",
    ...(beyond.length === 0 ? [] : ["It does not reach either:", ...beyond.map((line) => `  ${line}`)]),
  ].join("\n");
};

/** Erases after the person has typed the subject's id, or gave it with `--yes`. */
export const eraseAsking = async (
  context: CommandContext,
  subject: PrivacySubject,
  yes: string | undefined,
  read: ReadTyped | null,
): Promise<void> => {
  let confirm = yes;
  if (confirm === undefined) {
    if (read === null) throw usage("There is nobody to ask: give the id once more, with --yes ID.");
    context.output.say(await foretold(context, subject));
    confirm = (await read(`Type the id ${subject.id} to erase it:`)) ?? "";
  }
  if (confirm.trim().toLowerCase() !== subject.id) {
    context.output.say("That is not its id. Nothing was erased.");
    throw new CommandExit(NOT_CONFIRMED);
  }
  const certificate = await context.call("privacy.erase", { subject, confirm });
  context.output.data(
    certificate,
    () =>
      `${color.green("✓")} ${certificateText(certificate)}\n${color.dim("Keep the certificate elsewhere: ./moltbot privacy certificates --json")}`,
  );
};

const inventory = async (context: CommandContext): Promise<void> => {
  const entries = await context.call("privacy.inventory", {});
  context.output.data(entries, () =>
    entries
      .map(({ place, holds, sealedBy, clear, kept, erased }) =>
        [
          color.bold(place),
          facts([
            ["holds", holds],
            ["sealed by", sealedBy.length === 0 ? "nothing" : sealedBy.join(", ")],
            ["readable", clear.length === 0 ? "nothing" : clear.join(", ")],
            ["kept", kept],
            ["erased", erased],
          ]),
        ].join("\n"),
      )
      .join("\n\n"),
  );
};

const exportTo = async (context: CommandContext, subject: PrivacySubject, out: string | undefined): Promise<void> => {
  const download = await context.call("privacy.export", { subject });
  const file = out ?? download.name;
  await writeFile(file, Buffer.from(download.content, "base64"), { mode: 0o600, flag: out === undefined ? "wx" : "w" });
  context.output.data(
    { file, name: download.name },
    () => `${color.green("✓")} ${printableLine(file)}\n${color.dim("Whoever has this file can read it.")}`,
  );
};

const certificates = async (context: CommandContext): Promise<void> => {
  const all = await context.call("privacy.certificates", {});
  context.output.data(all, () =>
    table(
      ["certificate", "when", "subject", "keys", "rows"],
      all.map(({ id, at, subject, keys, rows }) => [
        id,
        when(at),
        `${subject.kind} ${subject.id}`,
        String(keys),
        String(totalOf(rows)),
      ]),
      "Nothing was erased yet.",
    ),
  );
};

/** Checks a certificate offline: the file alone, or one of the list in it, and the public key of the log. */
const verify = async (context: CommandContext, file: string, key: string | undefined): Promise<void> => {
  let value: unknown;
  try {
    value = JSON.parse(await readText(file));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw usage(`The file ${file} is not JSON.`);
  }
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  const faults = await Promise.all(all.map((one) => certificateFault(one, key ?? null)));
  const ok = all.length > 0 && faults.every((fault) => fault === null);
  context.output.data({ ok, faults }, () =>
    ok
      ? `${color.green("✓")} ${all.length === 1 ? "the certificate verifies" : `${String(all.length)} certificates verify`}${key === undefined ? color.dim(" (against the key that it names; give --key to be sure whose that is)") : ""}`
      : [
          `${color.red("✗")} it does not verify`,
          ...faults.flatMap((fault) => (fault === null ? [] : [`  ${fault}`])),
        ].join("\n"),
  );
  if (!ok) throw new CommandExit(1);
};

const AFTER = `
A subject is "conversation ID" or "person ID". An erasure destroys keys first: what backups hold of the subject cannot be read from then on.
`;

/** `privacy inventory | export | erase | certificates | verify-certificate` */
export const privacyCommands = (program: Command, run: Runner): void => {
  const privacy = program
    .command("privacy")
    .description("what is kept, to have it, and to have it gone")
    .addHelpText("after", AFTER);
  privacy
    .command("inventory", { isDefault: true })
    .description("everything that is kept: where, under whose key, for how long")
    .action(run(inventory));
  privacy
    .command("export <kind> <id>")
    .description("write a readable archive (ZIP) of a conversation or a person")
    .option("--out <file>", "where to")
    .action(run(async (context, { out }, kind, id) => exportTo(context, await subjectOf(kind, id), textOption(out))));
  privacy
    .command("erase <kind> <id>")
    .description("erase a conversation or a person for good; asks for the id first")
    .option("--yes <id>", "the id once more, instead of asking")
    .action(
      run(async (context, { yes }, kind, id) =>
        eraseAsking(context, await subjectOf(kind, id), textOption(yes), canAsk(context) ? readTyped : null),
      ),
    );
  privacy
    .command("certificates")
    .description("list the certificates of erasures; --json gives them whole")
    .action(run(certificates));
  privacy
    .command("verify-certificate <file>")
    .description("check a certificate offline, without the gateway")
    .option("--key <key>", "the public key of the log, as `audit head --json` names it")
    .action(run((context, { key }, file) => verify(context, file, textOption(key))));
};
