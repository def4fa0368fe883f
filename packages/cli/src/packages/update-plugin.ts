import type { PluginInfo } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import color from "picocolors";
import { APPROVAL_PENDING, CommandExit, CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";
import { textOption, usage } from "../usage.ts";
import { agreementOf, askerOf, lockIn, refuseHopeless } from "./agree.ts";
import type { PackageAsker } from "./agree.ts";
import { pluginAt } from "./install-plugin.ts";
import { pluginNamed } from "./plugin-named.ts";
import { settled } from "./settled.ts";
import { showReport, widensLines } from "./show-report.ts";
import { sent } from "./source.ts";

type Options = Readonly<Record<string, unknown>>;

/** What is said yes to, before it is. */
const widenedText = ({ name, version }: PluginInfo, waiting: NonNullable<PluginInfo["waiting"]>): string =>
  [
    `${color.yellow("!")} ${name} ${waiting.version} may do more than ${version}:`,
    ...widensLines(waiting.widens),
    `  digest ${waiting.digest}`,
  ].join("\n");

const cameText = (plugin: PluginInfo): string => {
  const { name, version, waiting } = plugin;
  if (waiting === null) return `${color.green("✓")} ${name} is ${version} now`;
  return [
    widenedText(plugin, waiting),
    `It waits. ./moltbot plugin accept ${name} says yes to it, ./moltbot plugin refuse ${name} throws it away.`,
  ].join("\n");
};

const seeIn = (name: string): string => `\`./moltbot plugin list ${name}\` says whether it did.`;

/** Says yes to the update that waits, by the digest of what was shown. */
const accept = async (context: CommandContext, { name, waiting }: PluginInfo): Promise<void> => {
  if (waiting === null) return;
  const accepted = await settled(context.call("plugins.accept", { name, digest: waiting.digest }), seeIn(name));
  context.output.data(accepted, () => cameText(accepted));
};

const goesOn = (context: CommandContext): CommandExit => {
  context.output.say("It waits; the installed one goes on.");
  return new CommandExit(APPROVAL_PENDING);
};

/** `plugin update FILE|DIR`: one that may do more waits, and ends the command with 6. */
export const updatePlugin = async (
  context: CommandContext,
  options: Options,
  path: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  const lock = await lockIn(textOption(options["lock"]));
  const { report, archive, manifest } = await pluginAt(context, path, textOption(options["key"]));
  const before = await pluginNamed(context, manifest.name);
  showReport(context, report, { chosen: { ...before.choices, vault: null }, own: false });
  refuseHopeless(report, { anyway: false });
  const wish = { name: manifest.name, archive: sent(archive), ...(lock === undefined ? {} : { lock }) };
  const updated = await settled(context.call("plugins.update", wish), seeIn(manifest.name));
  if (before.waiting !== null && before.waiting.digest !== updated.waiting?.digest)
    context.output.say(`The update to ${before.waiting.version}, which waited, is thrown away for this one.`);
  const { waiting } = updated;
  const isAsked = waiting !== null && (asker !== null || options["yes"] === true);
  if (!isAsked) {
    context.output.data(updated, () => cameText(updated));
    if (waiting !== null) throw new CommandExit(APPROVAL_PENDING);
    return;
  }
  if (!context.output.json) context.output.say(widenedText(updated, waiting));
  if (options["yes"] !== true && !(await asker?.yes("Let it do that from now on?"))) throw goesOn(context);
  await accept(context, updated);
};

/** `plugin accept NAME` */
export const acceptPlugin = async (
  context: CommandContext,
  options: Options,
  word: string,
  asker: PackageAsker | null = askerOf(context),
): Promise<void> => {
  const plugin = await pluginNamed(context, word);
  const { name, waiting } = plugin;
  if (waiting === null) throw usage(`No update of ${name} waits.`);
  if (!context.output.json) context.output.say(widenedText(plugin, waiting));
  const look = `look at what it may do (\`plugin list ${printableLine(name)}\`), then add --digest ${waiting.digest}, or --yes.`;
  const agreement = agreementOf(options, asker, look);
  if (agreement.digest !== undefined && agreement.digest !== waiting.digest)
    throw new CommandFailure({
      ...moltbotError("PACKAGE_NOT_CONFIRMED", { digest: waiting.digest }),
      next: `\`./moltbot plugin list ${name}\` shows what waits, and its digest.`,
    });
  const agreed = agreement.yes || agreement.digest !== undefined;
  if (!agreed && (asker === null || !(await asker.yes("Let it do that from now on?")))) throw goesOn(context);
  await accept(context, plugin);
};
