import type { Agent } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";

/** The agent of that name or id; the first one when none is named. */
export const findAgent = async (context: CommandContext, name: string | undefined): Promise<Agent> => {
  const agents = await context.call("agents.list", {});
  const agent = name === undefined ? agents[0] : agents.find((one) => one.id === name || one.name === name);
  if (agent === undefined) throw new CommandFailure(moltbotError("NOT_FOUND", { kind: "agent" }));
  return agent;
};
