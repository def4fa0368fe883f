import type { Agent } from "@moltbot/contracts";
import type { Command } from "commander";
import type { Runner } from "../runner.ts";
import { facts, table } from "../output.ts";
import { agentToolsCommand } from "./agent-tools.ts";
import { findAgent } from "./find-agent.ts";

const READINGS = {
  auto: "auto: while a plan with effects runs, through a reader without tools",
  open: "open: what comes from outside stands in its own view",
  quarantined: "quarantined: always through a reader without tools",
} as const;

const agentFacts = (agent: Agent): string =>
  facts([
    ["id", agent.id],
    ["name", agent.name],
    ["model", agent.model],
    ["status", agent.status],
    ["reading", READINGS[agent.reading]],
    ["may ask for", agent.capabilities.join(", ")],
  ]);

/** `agents list | show | create | reading | tools` */
export const agentCommands = (program: Command, run: Runner): void => {
  const agents = program.command("agents").description("who answers");
  agents
    .command("list", { isDefault: true })
    .description("list the agents")
    .action(
      run(async (context) => {
        const list = await context.call("agents.list", {});
        context.output.data(list, () =>
          table(
            ["id", "name", "model", "status", "tools"],
            list.map((agent) => [agent.id, agent.name, agent.model, agent.status, String(agent.capabilities.length)]),
            "There are no agents.",
          ),
        );
      }),
    );
  agents
    .command("show [agent]")
    .description("show one agent and its tools")
    .action(
      run(async (context, _options, name) => {
        const agent = await findAgent(context, name === "" ? undefined : name);
        context.output.data(agent, () => agentFacts(agent));
      }),
    );
  agents
    .command("reading <agent> <way>")
    .description("set how an agent reads what comes from outside: auto, open or quarantined")
    .action(
      run(async (context, _options, name, way) => {
        const { id: agentId } = await findAgent(context, name);
        const reading = way as Agent["reading"]; // the gateway checks the word
        const agent = await context.call("agents.reading", { agentId, reading });
        context.output.data(agent, () => agentFacts(agent));
      }),
    );
  agentToolsCommand(agents, run);
  agents
    .command("create <name>")
    .description("create an agent with its own workspace")
    .option("--model <model>", "the model it uses", "default")
    .option("--tools <names>", "the tools it may ask for, with commas; all of them when left out")
    .action(
      run(async (context, { model, tools }, name) => {
        const agent = await context.call("agents.create", {
          name,
          model: String(model),
          ...(typeof tools === "string" ? { capabilities: tools.split(",").map((tool) => tool.trim()) } : {}),
        });
        context.output.data(agent, () => agentFacts(agent));
      }),
    );
};
