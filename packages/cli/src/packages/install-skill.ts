import type { PackageReport, SkillInfo } from "@moltbot/contracts";
import color from "picocolors";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { textOption, usage, wordsOf } from "../usage.ts";
import { NOT_AGREED, agreementOf, askerOf, lockIn, refuseHopeless } from "./agree.ts";
import type { Agreement, PackageAsker } from "./agree.ts";
import { agentsNamed } from "./choices.ts";
import { agreeToInstall } from "./install-plugin.ts";
import { skillFolders } from "./pack-skill.ts";
import { settled } from "./settled.ts";
import { showReport } from "./show-report.ts";
import { skillAt } from "./skill-source.ts";
import { inspected, isFolder, sent } from "./source.ts";
import { isOwnKey, trustingFor } from "./trust-signer.ts";

type Options = Readonly<Record<string, unknown>>;

interface SkillSetting {
  readonly agreement: Agreement;
  readonly options: Options;
  readonly asker: PackageAsker | null;
}

/** A skill that is there now; `anew`: it was not exactly so before. */
interface Taken {
  readonly skill: SkillInfo;
  readonly anew: boolean;
}

const takenText = ({ skill: { name, version, trusted }, anew }: Taken): string =>
  anew
    ? `${color.green("✓")} ${name} ${version} is installed; its words count as ${trusted ? "yours" : "a stranger's"}`
    : `${color.green("✓")} ${name} ${version} is installed already, exactly so: nothing was changed`;

/** Says that words stop being this person's own, which one forgotten option would do. */
const warnOfOrigin = async (context: CommandContext, { name, manifest }: PackageReport): Promise<void> => {
  if (!("origin" in manifest) || manifest.origin === "own") return;
  const before = (await context.call("skills.list", {})).find((skill) => skill.name === name);
  if (before?.trusted !== true) return;
  context.output.say(
    `${color.yellow("!")} The words of ${name} count as yours now. With this one they count as a stranger's; --mine keeps them yours.`,
  );
};

/** Installs one skill, from a file or a folder that is packed and signed first. */
const installOne = async (
  context: CommandContext,
  path: string,
  { agreement, options, asker }: SkillSetting,
): Promise<Taken> => {
  const lock = await lockIn(textOption(options["lock"]));
  const { archive, installed } = await skillAt(context, path, options);
  if (installed !== undefined) return { skill: installed, anew: false };
  const source = await inspected(context, archive);
  const { report } = source;
  if (!("origin" in report.manifest)) throw usage(`This is a plugin: ./moltbot plugin install ${printableLine(path)}`);
  const own = report.signer !== null && (await isOwnKey(report.signer.key));
  showReport(context, report, { chosen: { hosts: [], secrets: {}, vault: null }, own });
  refuseHopeless(report, agreement);
  await warnOfOrigin(context, report);
  const agents = await agentsNamed(context, wordsOf(options["agent"]));
  const { anyway, signer } = await agreeToInstall(context, source, agreement, asker);
  const wish = { archive: sent(archive), digest: report.digest, agents, anyway };
  const look = "`./moltbot skill list` says whether it did.";
  const skill = await trustingFor(context, signer, () =>
    settled(context.call("skills.install", { ...wish, ...(lock === undefined ? {} : { lock }) }), look),
  );
  return { skill, anew: true };
};

/** `skill install FILE|DIR` */
export const installSkill = async (
  context: CommandContext,
  options: Options,
  path: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  const agreement = agreementOf(options, asker);
  if (options["mine"] === true && !(await isFolder(path)))
    throw usage("--mine goes with a folder: a package already says whose words it holds.");
  const taken = await installOne(context, path, { agreement, options, asker });
  context.output.data(taken.skill, () => takenText(taken));
};

/** What became of one folder of several; neither a skill nor a problem: it was not agreed to. */
interface Imported {
  readonly folder: string;
  readonly taken: Taken | null;
  readonly problem: { readonly code: string; readonly message: string; readonly next: string } | null;
}

const importOne = async (context: CommandContext, folder: string, setting: SkillSetting): Promise<Imported> => {
  try {
    return { folder, taken: await installOne(context, folder, setting), problem: null };
  } catch (cause) {
    if (cause instanceof CommandExit && cause.code === NOT_AGREED) return { folder, taken: null, problem: null };
    if (!(cause instanceof CommandFailure)) throw cause;
    const { code, message, next } = cause.failure;
    return { folder, taken: null, problem: { code, message, next } };
  }
};

const importedLines = ({ folder, taken, problem }: Imported): readonly string[] => {
  if (taken !== null) return [takenText(taken)];
  if (problem === null) return [`${color.yellow("·")} ${printableLine(folder)}: it was not agreed to`];
  return [
    `${color.red("✗")} ${printableLine(folder)}: ${printableLine(problem.message)} ${color.dim(`[${problem.code}]`)}`,
    `    ${printableLine(problem.next)}`,
  ];
};

const showImported = ({ output }: CommandContext, all: readonly Imported[]): void =>
  output.data(
    all.map(({ folder, taken, problem }) => ({ folder, skill: taken?.skill ?? null, problem })),
    () => all.flatMap(importedLines).join("\n"),
  );

/** `skill import DIR`: one skill, or each in it; one that cannot be taken does not keep the others out, and ends the command with 1. */
export const importSkills = async (
  context: CommandContext,
  options: Options,
  folder: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  const agreement = agreementOf(options, asker);
  const folders = await skillFolders(folder);
  if (folders.length === 1) return installSkill(context, options, folders[0] ?? folder, asker);
  if (agreement.digest !== undefined) throw usage("--digest is of one skill; several take --yes.");
  const all: Imported[] = [];
  try {
    for (const one of folders) all.push(await importOne(context, one, { agreement, options, asker }));
  } finally {
    // Also where somebody interrupts it: what is installed by then stays.
    showImported(context, all);
  }
  if (all.some(({ taken }) => taken === null)) throw new CommandExit(NOT_AGREED);
};
