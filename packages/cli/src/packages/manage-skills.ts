import type { SkillInfo } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import color from "picocolors";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine, table, when } from "../output.ts";
import { textOption, usage, wordsOf } from "../usage.ts";
import { agreementOf, askerOf, lockIn, refuseHopeless, showReport } from "./agree.ts";
import type { Agreement, PackageAsker } from "./agree.ts";
import { agentsNamed } from "./choices.ts";
import { agreeToInstall } from "./install-plugin.ts";
import { packInto } from "./make-plugin.ts";
import { packSkill, skillFolders } from "./pack-skill.ts";
import type { SkillWish } from "./pack-skill.ts";
import { inspected, isFolder, packageAt, sent } from "./source.ts";

type Options = Readonly<Record<string, unknown>>;
const NOT_AGREED = 1;
const FIRST_VERSION = "1.0.0";

const skillNamed = async (context: CommandContext, name: string): Promise<SkillInfo> => {
  const all = await context.call("skills.list", {});
  const found = all.find((skill) => skill.name === name);
  if (found !== undefined) return found;
  throw new CommandFailure({
    ...moltbotError("NOT_FOUND", { kind: "skill" }),
    next: "`./moltbot skill list` lists them.",
  });
};

/** `skill list` */
export const listSkills = async (context: CommandContext): Promise<void> => {
  const skills = await context.call("skills.list", {});
  context.output.data(skills, () =>
    table(
      ["name", "version", "signed by", "its words are", "agents", "updated", "for"],
      skills.map(({ name, version, signer, trusted, agents, updatedAt, manifest }) => [
        name,
        version,
        signer.name,
        trusted ? "yours" : "a stranger's",
        String(agents.length),
        when(updatedAt),
        manifest.description,
      ]),
      "No skill is installed.",
    ),
  );
};

/** The version of a skill that names none: the next after the installed one. */
const nextVersion =
  (context: CommandContext): SkillWish["otherwise"] =>
  async (name) => {
    const installed = (await context.call("skills.list", {})).find((skill) => skill.name === name);
    if (installed === undefined) return FIRST_VERSION;
    const [major, minor, patch] = installed.version.split(".").map(Number);
    return [major, minor, (patch ?? 0) + 1].map(String).join(".");
  };

const installedText = ({ name, version, trusted }: SkillInfo): string =>
  `${color.green("✓")} ${name} ${version} is installed; its words count as ${trusted ? "yours" : "a stranger's"}`;

interface SkillSetting {
  readonly agreement: Agreement;
  readonly options: Options;
  readonly asker: PackageAsker | null;
}

/** Installs one skill, from a file or a folder that is packed and signed first. */
const installOne = async (
  context: CommandContext,
  path: string,
  { agreement, options, asker }: SkillSetting,
): Promise<SkillInfo> => {
  const lock = await lockIn(textOption(options["lock"]));
  const wish = { mine: options["mine"] === true, otherwise: nextVersion(context) };
  const archive = await packageAt(context, path, textOption(options["key"]), (folder) => packSkill(folder, wish));
  const source = await inspected(context, archive);
  if (!("origin" in source.report.manifest))
    throw usage(`This is a plugin: ./moltbot plugin install ${printableLine(path)}`);
  showReport(context, source.report);
  refuseHopeless(source.report, agreement);
  const agents = await agentsNamed(context, wordsOf(options["agent"]));
  const { anyway } = await agreeToInstall(context, source, agreement, asker);
  return context.call("skills.install", {
    archive: sent(source.archive),
    digest: source.report.digest,
    agents,
    ...(lock === undefined ? {} : { lock }),
    anyway,
  });
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
  const installed = await installOne(context, path, { agreement, options, asker });
  context.output.data(installed, () => installedText(installed));
};

interface Imported {
  readonly folder: string;
  readonly skill: SkillInfo | null;
  readonly problem: { readonly code: string; readonly message: string; readonly next: string } | null;
}

const importOne = async (context: CommandContext, folder: string, setting: SkillSetting): Promise<Imported> => {
  try {
    return { folder, skill: await installOne(context, folder, setting), problem: null };
  } catch (cause) {
    if (!(cause instanceof CommandFailure)) throw cause;
    const { code, message, next } = cause.failure;
    return { folder, skill: null, problem: { code, message, next } };
  }
};

const importedLines = ({ folder, skill, problem }: Imported): readonly string[] =>
  skill === null
    ? [
        `${color.red("✗")} ${printableLine(folder)}: ${printableLine(problem?.message ?? "")} ${color.dim(`[${problem?.code ?? ""}]`)}`,
        `    ${printableLine(problem?.next ?? "")}`,
      ]
    : [installedText(skill)];

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
  for (const one of folders) all.push(await importOne(context, one, { agreement, options, asker }));
  context.output.data(all, () => all.flatMap(importedLines).join("\n"));
  if (all.some(({ skill }) => skill === null)) throw new CommandExit(NOT_AGREED);
};

/** `skill pack DIR` */
export const packSkillFolder = async (context: CommandContext, options: Options, folder: string): Promise<void> => {
  const wish = { mine: options["mine"] === true, otherwise: () => Promise.resolve(FIRST_VERSION) };
  return packInto(context, await packSkill(folder, wish), options);
};

/** `skill agents NAME` */
export const setSkillAgents = async (context: CommandContext, options: Options, word: string): Promise<void> => {
  const names = wordsOf(options["agent"]);
  if ((names.length === 0) === (options["none"] !== true))
    throw usage("Name the agents that may read it from now on with --agent, or --none.");
  const agents = names.length === 0 ? [] : await agentsNamed(context, names);
  const { name } = await skillNamed(context, word);
  const changed = await context.call("skills.change", { name, agents });
  context.output.data(
    changed,
    () =>
      `${color.green("✓")} ${name} is read by ${names.length === 0 ? "no agent of yours" : names.map(printableLine).join(", ")}`,
  );
};

/** `skill remove NAME` */
export const removeSkill = async (
  context: CommandContext,
  { yes }: Options,
  word: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  if (yes !== true && asker === null) throw usage("Nobody can be asked here: add --yes.");
  const { name, version } = await skillNamed(context, word);
  if (yes !== true && asker !== null) {
    context.output.say(`${name} ${version} goes, and no agent reads it any more.`);
    if (!(await asker.yes("Remove it?"))) throw new CommandExit(NOT_AGREED);
  }
  await context.call("skills.remove", { name });
  context.output.data({ name, removed: true }, () => `${color.green("✓")} ${name} is removed`);
};
