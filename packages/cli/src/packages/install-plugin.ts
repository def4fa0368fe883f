import type { PackageContent, PackageReport, PluginInfo, PluginManifest } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import color from "picocolors";
import { CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { textOption, usage, wordsOf } from "../usage.ts";
import { agreeTo, agreementOf, askerOf, hopelessIn, lockIn, refuseHopeless } from "./agree.ts";
import type { Agreement, PackageAsker } from "./agree.ts";
import { agentsNamed, checkChoices, hostsIn, secretsOf, vaultFor } from "./choices.ts";
import { packPlugin } from "./pack-plugin.ts";
import { packSkill, isSkillFolder } from "./pack-skill.ts";
import { settled } from "./settled.ts";
import { noHostLines } from "./show-plugin.ts";
import { reportText, showReport } from "./show-report.ts";
import { nextVersion } from "./skill-source.ts";
import { inspected, packageAt, packageToLookAt, sent } from "./source.ts";
import type { Source } from "./source.ts";
import { isOwnKey, newSignerOf, trustingFor } from "./trust-signer.ts";
import type { NewSigner } from "./trust-signer.ts";

type Options = Readonly<Record<string, unknown>>;
const REFUSED = 1;
const SEE_LIST = "`./moltbot plugin list` says whether it did.";

/** A plugin that was named, with what its manifest says. A skill ends the command. */
export const pluginAt = async (
  context: CommandContext,
  path: string,
  key: string | undefined,
): Promise<Source & { readonly manifest: PluginManifest }> => {
  const source = await inspected(context, await packageAt(context, path, key, packPlugin));
  const { manifest } = source.report;
  if ("origin" in manifest) throw usage(`This is a skill: ./moltbot skill install ${printableLine(path)}`);
  return { ...source, manifest };
};

const packAny =
  (context: CommandContext) =>
  async (folder: string): Promise<PackageContent> =>
    (await isSkillFolder(folder))
      ? packSkill(folder, { mine: false, otherwise: (name) => nextVersion(context, name) })
      : packPlugin(folder);

/** `plugin inspect FILE`: ends with 1 where something speaks against it that no answer lifts. */
export const inspectPlugin = async (context: CommandContext, { key }: Options, path: string): Promise<void> => {
  const { archive, unsigned } = await packageToLookAt(context, path, textOption(key), packAny(context));
  const { report } = await inspected(context, archive);
  const own = unsigned ? "none" : report.signer !== null && (await isOwnKey(report.signer.key));
  const vault = "origin" in report.manifest ? null : await vaultFor(context, report.manifest);
  const chosen = { hosts: [], secrets: {}, vault };
  context.output.data(report, () => reportText(report, { chosen, own }));
  const hard = hopelessIn(report, { anyway: false });
  if (hard !== undefined && !(unsigned && hard.code === "PACKAGE_UNSIGNED")) throw new CommandExit(REFUSED);
};

/** A name that looks like another's is asked about by itself: one hurried yes must not cover it. */
const meantByName = async (
  { report }: Source,
  { anyway }: Pick<Agreement, "anyway">,
  asker: PackageAsker | null,
): Promise<boolean> => {
  if (anyway || asker === null) return anyway;
  const alike = report.warnings.some(({ code }) => code === "PACKAGE_LOOKS_LIKE");
  return (
    alike && (await asker.yes(`Read the name again: ${report.name.split("").join(" ")}. Is it the one that you mean?`))
  );
};

/** Gets somebody to vouch for an unknown signer of a package that was shown, and a yes to exactly it. Changes nothing yet. */
export const agreeToInstall = async (
  context: CommandContext,
  source: Source,
  agreement: Agreement,
  asker: PackageAsker | null,
): Promise<{ readonly anyway: boolean; readonly signer: NewSigner | null }> => {
  const { report } = source;
  const signer = await newSignerOf(context, report, agreement, asker);
  const anyway = await meantByName(source, agreement, asker);
  await agreeTo(context, report, agreement, asker, `Install ${printableLine(`${report.name} ${report.version}`)}?`);
  return { anyway, signer };
};

const installedAlready = ({ name }: PackageReport, path: string): CommandFailure =>
  new CommandFailure({
    ...moltbotError("PACKAGE_NAME_TAKEN", { name, by: "it is installed already" }),
    next: `\`./moltbot plugin update ${printableLine(path)}\` brings a newer one.`,
  });

const installedText = ({ name, version, manifest, choices: { hosts } }: PluginInfo): string => {
  const tools = manifest.tools.map((tool) => `${name}.${tool.name}`).join(", ");
  const http = manifest.permissions.find((one) => one.kind === "http");
  const nowhere = http !== undefined && http.hosts.length === 0 && hosts.length === 0;
  return [
    `${color.green("✓")} ${name} ${version} is installed${tools === "" ? "" : `: ${tools}`}`,
    ...(nowhere ? noHostLines(name) : []),
  ].join("\n");
};

/** `plugin install FILE|DIR` */
export const installPlugin = async (
  context: CommandContext,
  options: Options,
  path: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  const agreement = agreementOf(options, asker);
  const choices = { hosts: await hostsIn(wordsOf(options["host"])), secrets: secretsOf(wordsOf(options["secret"])) };
  const lock = await lockIn(textOption(options["lock"]));
  const source = await pluginAt(context, path, textOption(options["key"]));
  const { report, archive, manifest } = source;
  checkChoices(manifest, choices.hosts, choices.secrets);
  const own = report.signer !== null && (await isOwnKey(report.signer.key));
  showReport(context, report, { chosen: { ...choices, vault: await vaultFor(context, manifest) }, own });
  refuseHopeless(report, agreement);
  if (report.difference !== null) throw installedAlready(report, path);
  const agents = await agentsNamed(context, wordsOf(options["agent"]));
  const { anyway, signer } = await agreeToInstall(context, source, agreement, asker);
  const wish = { archive: sent(archive), digest: report.digest, agents, choices, anyway };
  const installed = await trustingFor(context, signer, () =>
    settled(context.call("plugins.install", { ...wish, ...(lock === undefined ? {} : { lock }) }), SEE_LIST),
  );
  context.output.data(installed, () => installedText(installed));
};
