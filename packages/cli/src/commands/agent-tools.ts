import type { Agent, ToolInfo } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import type { Command } from "commander";
import { CommandFailure } from "../context.ts";
import { table } from "../output.ts";
import type { Runner } from "../runner.ts";
import { textOption, usage } from "../usage.ts";
import { findAgent } from "./find-agent.ts";

const AFTER = `
“asks first”: until you grant it (./moltbot capabilities grant). “in its own place”: granted from the start for the agent's own workspace and
memory; the guard may ask there too, and ./moltbot why ID says why.
`;

const namesIn = (given: string | undefined): readonly string[] =>
  (given ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");

/** What it has and what it lacks of what there is; what it has of what is no more stands last. */
const toolTable = ({ capabilities }: Agent, tools: readonly ToolInfo[]): string =>
  table(
    ["tool", "", "use", "what"],
    [
      ...tools.map(({ name, title, asks }) => [
        name,
        capabilities.includes(name) ? "has" : "lacks",
        asks ? "asks first" : "in its own place",
        title,
      ]),
      ...capabilities
        .filter((name) => tools.every((tool) => tool.name !== name))
        .map((name) => [name, "has", "", "There is no such tool any more."]),
    ],
    "There are no tools.",
  );

/** The tools that are left; TOOL_UNKNOWN for one to take away that neither the agent has nor the house. */
const changed = (
  { capabilities }: Agent,
  tools: readonly ToolInfo[],
  more: readonly string[],
  less: readonly string[],
): readonly string[] => {
  const known: readonly string[] = tools.map(({ name }) => name);
  const wrong = less.find((name) => !known.includes(name) && !capabilities.includes(name));
  if (wrong !== undefined) throw new CommandFailure(moltbotError("TOOL_UNKNOWN", { tool: wrong }));
  const held = capabilities.filter((name) => known.includes(name));
  return [...new Set([...held, ...more])].filter((name) => !less.includes(name));
};

/** `agents tools` */
export const agentToolsCommand = (agents: Command, run: Runner): void => {
  agents
    .command("tools [agent]")
    .description(
      "list the tools an agent has and lacks; give it those that came with a newer version, or take some away",
    )
    .option("--all", "give it every tool there is")
    .option("--add <names>", "give it these, with commas")
    .option("--remove <names>", "take these away, and what was granted for them")
    .addHelpText("after", AFTER)
    .action(
      run(async (context, { all, add, remove }, name) => {
        const [more, less] = [textOption(add), textOption(remove)];
        if (all === true && (more !== undefined || less !== undefined))
          throw usage("Give --all, or --add and --remove.");
        const agent = await findAgent(context, name === "" ? undefined : name);
        const change = async (tools: "all" | readonly string[]): Promise<Agent> =>
          context.call("agents.tools", { agentId: agent.id, tools: tools === "all" ? tools : [...tools] });
        const after = all === true ? await change("all") : null;
        const tools = await context.call("tools.list", {});
        const shown =
          after ??
          (more === undefined && less === undefined
            ? agent
            : await change(changed(agent, tools, namesIn(more), namesIn(less))));
        const lacks = tools.flatMap((tool) => (shown.capabilities.includes(tool.name) ? [] : [tool.name]));
        context.output.data({ ...shown, lacks }, () => toolTable(shown, tools));
      }),
    );
};
