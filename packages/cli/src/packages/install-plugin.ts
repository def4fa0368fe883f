import type { PackageReport, PluginInfo } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import color from "picocolors";
import { APPROVAL_PENDING, CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { textOption, usage, wordsOf } from "../usage.ts";
import { agreeTo, agreementOf, askerOf, lockIn, refuseHopeless, showReport, trustSigner } from "./agree.ts";
import type { Agreement, PackageAsker } from "./agree.ts";
import { agentsNamed, checkChoices, hostOf, secretsOf } from "./choices.ts";
import { pluginNamed } from "./manage-plugins.ts";
import { packPlugin } from "./pack-plugin.ts";
import { reportText, widensLines } from "./show-report.ts";
import { inspected, packageAt, sent } from "./source.ts";
import type { Source } from "./source.ts";

type Options = Readonly<Record<string, unknown>>;

const inspectAt = async (context: CommandContext, path: string, key: string | undefined): Promise<Source> =>
  inspected(context, await packageAt(context, path, key, packPlugin));

/** `plugin inspect FILE` */
export const inspectPlugin = async (context: CommandContext, { key }: Options, path: string): Promise<void> => {
  const { report } = await inspectAt(context, path, textOption(key));
  context.output.data(report, () => reportText(report));
};

/** A name that looks like another's is asked about by itself: one hurried yes must not cover it. */
export const meantByName = async (
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

/** Gets the signer of a package that was shown trusted, and a yes to exactly it. */
export const agreeToInstall = async (
  context: CommandContext,
  source: Source,
  agreement: Agreement,
  asker: PackageAsker | null,
): Promise<{ readonly anyway: boolean }> => {
  const { report } = source;
  await trustSigner(context, report, agreement, asker);
  const anyway = await meantByName(source, agreement, asker);
  await agreeTo(context, report, agreement, asker, `Install ${printableLine(`${report.name} ${report.version}`)}?`);
  return { anyway };
};

const installedAlready = ({ name }: PackageReport, path: string): CommandFailure =>
  new CommandFailure({
    ...moltbotError("PACKAGE_NAME_TAKEN", { name, by: "it is installed already" }),
    next: `\`./moltbot plugin update ${printableLine(path)}\` brings a newer one.`,
  });

/** `plugin install FILE|DIR` */
export const installPlugin = async (
  context: CommandContext,
  options: Options,
  path: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  const agreement = agreementOf(options, asker);
  const choices = { hosts: wordsOf(options["host"]).map(hostOf), secrets: secretsOf(wordsOf(options["secret"])) };
  const lock = await lockIn(textOption(options["lock"]));
  const source = await inspectAt(context, path, textOption(options["key"]));
  const { report, archive } = source;
  if ("origin" in report.manifest) throw usage(`This is a skill: ./moltbot skill install ${printableLine(path)}`);
  checkChoices(report.manifest, choices.hosts, choices.secrets);
  showReport(context, report);
  refuseHopeless(report, agreement);
  if (report.difference !== null) throw installedAlready(report, path);
  const agents = await agentsNamed(context, wordsOf(options["agent"]));
  const { anyway } = await agreeToInstall(context, source, agreement, asker);
  const installed = await context.call("plugins.install", {
    archive: sent(archive),
    digest: report.digest,
    agents,
    choices,
    ...(lock === undefined ? {} : { lock }),
    anyway,
  });
  context.output.data(installed, () => installedText(installed));
};

const installedText = ({ name, version, manifest: { tools } }: PluginInfo): string =>
  `${color.green("✓")} ${name} ${version} is installed${tools.length === 0 ? "" : `: ${tools.map((tool) => `${name}.${tool.name}`).join(", ")}`}`;

const waitingText = (plugin: PluginInfo): string => {
  const { name, version, waiting } = plugin;
  if (waiting === null) return `${color.green("✓")} ${name} is ${version} now`;
  return [
    `${color.yellow("!")} ${name} ${waiting.version} may do more than ${version}, so it waits:`,
    ...widensLines(waiting.widens),
    `  digest ${waiting.digest}`,
    color.dim(`./moltbot plugin accept ${name} says yes to it, ./moltbot plugin refuse ${name} throws it away.`),
  ].join("\n");
};

/** Says yes to the update that waits, by the digest of what was shown. */
const accept = async (context: CommandContext, { name, waiting }: PluginInfo): Promise<void> => {
  if (waiting === null) return;
  const accepted = await context.call("plugins.accept", { name, digest: waiting.digest });
  context.output.data(accepted, () => waitingText(accepted));
};

/** `plugin update FILE|DIR`: one that may do more waits, and ends the command with 6. */
export const updatePlugin = async (
  context: CommandContext,
  options: Options,
  path: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  const lock = await lockIn(textOption(options["lock"]));
  const source = await inspectAt(context, path, textOption(options["key"]));
  const { report } = source;
  if ("origin" in report.manifest) throw usage(`This is a skill: ./moltbot skill install ${printableLine(path)}`);
  showReport(context, report);
  refuseHopeless(report, { anyway: false });
  const updated = await context.call("plugins.update", {
    name: report.manifest.name,
    archive: sent(source.archive),
    ...(lock === undefined ? {} : { lock }),
  });
  if (updated.waiting === null || asker === null) {
    context.output.data(updated, () => waitingText(updated));
  } else {
    context.output.say(waitingText(updated));
    if (await asker.yes("Let it do that from now on?")) return accept(context, updated);
    context.output.say("It waits; the installed one goes on.");
  }
  if (updated.waiting !== null) throw new CommandExit(APPROVAL_PENDING);
};

/** `plugin accept NAME` */
export const acceptPlugin = async (
  context: CommandContext,
  options: Options,
  name: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  const agreement = agreementOf(options, asker);
  const plugin = await pluginNamed(context, name);
  if (plugin.waiting === null) throw usage(`No update of ${plugin.name} waits.`);
  const { digest } = plugin.waiting;
  if (agreement.digest !== undefined && agreement.digest !== digest)
    throw new CommandFailure(moltbotError("PACKAGE_NOT_CONFIRMED", { digest }));
  if (!agreement.yes && agreement.digest === undefined) {
    context.output.say(waitingText(plugin));
    if (asker === null || !(await asker.yes("Let it do that from now on?"))) {
      context.output.say("It waits; the installed one goes on.");
      throw new CommandExit(APPROVAL_PENDING);
    }
  }
  await accept(context, plugin);
};
