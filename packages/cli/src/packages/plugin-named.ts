import type { PluginInfo } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { printableLine } from "../output.ts";

/** That nothing installed has that name; it may have been meant for a command. */
export const nobodyNamed = (
  kind: "plugin" | "skill",
  word: string,
  all: readonly { readonly name: string }[],
): CommandFailure =>
  new CommandFailure({
    ...moltbotError("NOT_FOUND", { kind }),
    message: `There is no ${kind} of the name “${printableLine(word)}”.`,
    next: `${all.length === 0 ? "There are none." : `There are: ${all.map(({ name }) => name).join(", ")}.`} \`./moltbot ${kind} --help\` lists the commands.`,
  });

/** The installed plugin of that name; NOT_FOUND ends the command. */
export const pluginNamed = async (context: CommandContext, word: string): Promise<PluginInfo> => {
  const all = await context.call("plugins.list", {});
  const found = all.find(({ name }) => name === word);
  if (found !== undefined) return found;
  throw nobodyNamed("plugin", word, all);
};
