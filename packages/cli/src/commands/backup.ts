import { resolve } from "node:path";
import type { BackupInfo, BackupReport, Result } from "@moltbot/contracts";
import type { Command } from "commander";
import color from "picocolors";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { facts, printableLine, table, when } from "../output.ts";
import type { Runner } from "../runner.ts";
import { textOption, usage } from "../usage.ts";
import { confirmPerson } from "./ask-person.ts";
import { progressBar } from "./progress-bar.ts";
import { descriptorIn } from "./read-words.ts";

/** What a restore did. */
export interface Restored {
  readonly file: string;
  readonly madeAt: string;
  readonly rows: number;
  readonly attachments: number;
  readonly auditRecords: number;
  readonly erasedAgain: number;
  readonly ended: number;
  readonly aside: string | null;
}

/** Restores a backup into the home of a gateway that is stopped; null when the person did not want it. */
export type Restore = (wish: {
  readonly file: string;
  readonly withSettings: boolean;
  readonly passphraseDescriptor: number | null;
  readonly passphraseFile: string | null;
  progress(step: string, done: number, total: number): void;
  confirm(question: {
    readonly home: string;
    readonly madeAt: string;
    readonly rows: number;
    readonly replaces: boolean;
  }): Promise<boolean>;
}) => Promise<Result<Restored | null>>;

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** A size for people. */
export const sizeText = (bytes: number): string => {
  const power = Math.min(UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log(bytes) / Math.log(1024)));
  return `${(bytes / 1024 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power] ?? "B"}`;
};

const madeText = ({ kind, file, bytes, rows }: BackupInfo): string =>
  kind === "keyring"
    ? [
        `${color.green("✓")} The vault's files are in ${printableLine(file)}`,
        color.dim(
          "They open with what opens the vault. Keep them apart from backups, and destroy them after an erasure.",
        ),
      ].join("\n")
    : [
        `${color.green("✓")} ${printableLine(file)}  ${color.dim(`${sizeText(bytes)}, ${String(rows)} rows`)}`,
        color.dim("It holds no key: restoring needs the vault as well (./moltbot backup create --keyring)."),
      ].join("\n");

const createCommand = (backup: Command, run: Runner): void => {
  backup
    .command("create")
    .description("make an encrypted backup while everything goes on")
    .option("--folder <folder>", "where to put it (default: the folder `backups` of the home)")
    .option("--keyring", "copy the vault's sealed files instead, which every backup needs to be restored")
    .action(
      run(async (context, { folder, keyring }) => {
        const place = textOption(folder);
        const made = await context.call("backups.create", {
          kind: keyring === true ? "keyring" : "backup",
          ...(place === undefined ? {} : { folder: resolve(place) }),
        });
        context.output.data(made, () => madeText(made));
      }),
    );
};

const listCommand = (backup: Command, run: Runner): void => {
  backup
    .command("list", { isDefault: true })
    .description("list backups and copies of the keyring")
    .action(
      run(async (context) => {
        const list = await context.call("backups.list", {});
        context.output.data(list, () =>
          table(
            ["made", "kind", "size", "rows", "there", "file"],
            list.map(({ at, kind, bytes, rows, present, file }) => [
              when(at),
              kind,
              sizeText(bytes),
              kind === "keyring" ? "" : String(rows),
              present ? "yes" : "no",
              file,
            ]),
            "No backup was made yet.",
          ),
        );
      }),
    );
};

const reportText = (report: BackupReport): string => {
  const { ok, at, engine, rows, auditRecords, attachments, faults } = report;
  const found = facts([
    ["made", at === null ? "unknown" : when(at)],
    ["engine", engine ?? "unknown"],
    ["rows", String(rows)],
    ["audit", `${String(auditRecords)} records`],
    ["files", String(attachments)],
  ]);
  const head = ok
    ? `${color.green("✓")} the backup is whole and unchanged`
    : `${color.red("✗")} the backup is damaged, and cannot be restored`;
  return [head, ...faults.map((fault) => `  ${printableLine(fault)}`), found].join("\n");
};

const verifyCommand = (backup: Command, run: Runner): void => {
  backup
    .command("verify <file>")
    .description("read a backup from end to end and say what is wrong with it")
    .action(
      run(async (context, _options, file) => {
        const report = await context.call("backups.verify", { file: resolve(file) });
        context.output.data(report, () => reportText(report));
        if (!report.ok) throw new CommandExit(1);
      }),
    );
};

const restoredText = ({ madeAt, rows, attachments, erasedAgain, ended, aside }: Restored): string =>
  [
    `${color.green("✓")} Everything is as it was ${when(madeAt)}: ${String(rows)} rows, ${String(attachments)} files.`,
    ...(erasedAgain === 0 ? [] : [`  What was erased stays erased (${String(erasedAgain)} subjects).`]),
    ...(ended === 0
      ? []
      : [`  ${String(ended)} that were under way then have ended: what they did afterwards is not known.`]),
    ...(aside === null ? [] : [color.dim(`What was there before is kept in ${printableLine(aside)}`)]),
    color.dim("Start again: ./moltbot start"),
  ].join("\n");

const askToReplace =
  (context: CommandContext, yes: boolean): Parameters<Restore>[0]["confirm"] =>
  async ({ home, madeAt, rows, replaces }) => {
    if (yes || !replaces) return true;
    if (context.output.json || !process.stdin.isTTY)
      throw usage("It would replace what is there: say --yes to restore without being asked.");
    context.output.say(`\n  The backup was made ${when(madeAt)} and has ${String(rows)} rows.`);
    context.output.say(`  It takes the place of what is in ${printableLine(home)}, which is kept beside it.`);
    return confirmPerson("Restore it?");
  };

const restoreCommand = (backup: Command, run: Runner, restore: Restore): void => {
  backup
    .command("restore <file>")
    .description("put a backup back; the gateway must be stopped, and the vault must be there")
    .option("--yes", "replace what is there without being asked; it is kept aside all the same")
    .option("--with-settings", "also put back the settings and the policy of the backup")
    .option("--passphrase-fd <n>", "read the vault's passphrase from a file descriptor")
    .option("--passphrase-file <file>", "read it from a file (also MOLTBOT_PASSPHRASE_FILE)")
    .action(
      run(async (context, options, file) => {
        const bar = progressBar(process.stderr, context.output.json);
        const descriptor = descriptorIn(options);
        const ask = askToReplace(context, options["yes"] === true);
        const restored = await restore({
          file: resolve(file),
          withSettings: options["withSettings"] === true,
          passphraseDescriptor: descriptor === undefined ? null : Number(descriptor),
          passphraseFile: textOption(options["passphraseFile"]) ?? null,
          progress: (step, done, total) => bar.show(step, done, total),
          confirm: (question) => {
            bar.end();
            return ask(question);
          },
        });
        bar.end();
        if (!restored.ok) throw new CommandFailure(restored.error);
        if (restored.value === null) {
          context.output.say("Nothing was changed.");
          throw new CommandExit(1);
        }
        const report = restored.value;
        context.output.data(report, () => restoredText(report));
      }),
    );
};

/** `backup create | list | verify | restore` */
export const backupCommands = (program: Command, run: Runner, restore: Restore): void => {
  const backup = program.command("backup").description("encrypted backups, and putting one back");
  createCommand(backup, run);
  listCommand(backup, run);
  verifyCommand(backup, run);
  restoreCommand(backup, run, restore);
};
