import type { Agent } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts/errors";
import { CommandFailure } from "../context.ts";
import type { CommandContext } from "../context.ts";
import { usage } from "../usage.ts";

/**
 * The agent of that id or name; the first of one's own when none is named, and the first at all where there is none. One's own goes before
 * what others share under the same name: a name must not lead to somebody else's agent.
 */
export const findAgent = async (context: CommandContext, name: string | undefined): Promise<Agent> => {
  const agents = await context.call("agents.list", {});
  const byId = agents.find(({ id }) => id === name);
  if (byId !== undefined) return byId;
  const fitting = name === undefined ? agents : agents.filter((one) => one.name === name);
  const [first, second] = fitting;
  if (first === undefined) throw new CommandFailure(moltbotError("NOT_FOUND", { kind: "agent" }));
  if (second === undefined || fitting.every(({ ownerId }) => ownerId === first.ownerId)) return first;
  const me = await context.call("sessions.current", {});
  const own = fitting.find(({ ownerId }) => ownerId === me.id);
  if (own === undefined && name !== undefined)
    throw usage(`Several agents that others share are called ${name}: give the id.`);
  return own ?? first;
};
