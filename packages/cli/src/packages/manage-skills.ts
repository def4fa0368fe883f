import type { SkillInfo } from "@moltbot/contracts";
import color from "picocolors";
import { sizeText } from "../commands/backup.ts";
import { CommandExit } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { facts, printableLine, table, when } from "../output.ts";
import { usage, wordsOf } from "../usage.ts";
import { NOT_AGREED, askerOf } from "./agree.ts";
import type { PackageAsker } from "./agree.ts";
import { agentsNamed } from "./choices.ts";
import { packInto } from "./make-plugin.ts";
import { packSkill } from "./pack-skill.ts";
import { nobodyNamed } from "./plugin-named.ts";
import { settled } from "./settled.ts";
import { part } from "./show-plugin.ts";
import { keyInGroups } from "./sign-package.ts";
import { FIRST_VERSION } from "./skill-source.ts";
import { wrapped } from "./wrapped.ts";

type Options = Readonly<Record<string, unknown>>;

const skillNamed = async (context: CommandContext, word: string): Promise<SkillInfo> => {
  const all = await context.call("skills.list", {});
  const found = all.find(({ name }) => name === word);
  if (found !== undefined) return found;
  throw nobodyNamed("skill", word, all);
};

const whoseText = ({ trusted }: SkillInfo): string => (trusted ? "yours" : "a stranger's");

const skillsText = (skills: readonly SkillInfo[]): string =>
  table(
    ["name", "version", "signed by", "its words are", "agents", "updated", "for"],
    skills.map((skill) => [
      skill.name,
      skill.version,
      skill.signer.name,
      whoseText(skill),
      String(skill.agents.length),
      when(skill.updatedAt),
      skill.manifest.description,
    ]),
    "No skill is installed.",
  );

const skillText = (skill: SkillInfo, agentNames: readonly string[]): string =>
  [
    facts([
      ["name", skill.name],
      ["version", skill.version],
      ["signed by", `${skill.signer.name} (${keyInGroups(skill.signer.key)})`],
      ["its words are", whoseText(skill)],
      ["agents", agentNames.join(", ") || `none: ./moltbot skill agents ${skill.name} --agent NAME lets one read it`],
      ["digest", skill.digest],
      ["installed", when(skill.installedAt)],
      ["updated", when(skill.updatedAt)],
    ]),
    ...part("For", wrapped("  ", skill.manifest.description)),
    ...part(
      "Files",
      skill.files.map(({ path, bytes }) => `  ${printableLine(path)}  ${color.dim(sizeText(bytes))}`),
    ),
  ].join("\n");

/** `skill list [NAME]` */
export const listSkills = async (context: CommandContext, name: string): Promise<void> => {
  if (name === "") {
    const skills = await context.call("skills.list", {});
    return context.output.data(skills, () => skillsText(skills));
  }
  const skill = await skillNamed(context, name);
  const agents = context.output.json || skill.agents.length === 0 ? [] : await context.call("agents.list", {});
  const names = skill.agents.map((id) => agents.find((agent) => agent.id === id)?.name ?? id);
  context.output.data(skill, () => skillText(skill, names));
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
  const { name } = await skillNamed(context, word);
  const agents = names.length === 0 ? [] : await agentsNamed(context, names);
  const look = `\`./moltbot skill list ${name}\` says whether it did.`;
  const changed = await settled(context.call("skills.change", { name, agents }), look);
  const who = names.length === 0 ? "no agent of yours" : names.map(printableLine).join(", ");
  context.output.data(changed, () => `${color.green("✓")} ${name} is read by ${who}`);
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
    if (!(await asker.yes("Remove it?"))) {
      context.output.say(`${name} stays: nothing was changed.`);
      throw new CommandExit(NOT_AGREED);
    }
  }
  await settled(context.call("skills.remove", { name }), "`./moltbot skill list` says whether it did.");
  context.output.data({ name, removed: true }, () => `${color.green("✓")} ${name} is removed`);
};
