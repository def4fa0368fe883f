import type { Check, PrincipalId, Result, StoredAgent } from "@moltbot/contracts";
import type { House } from "../house.ts";
import { check } from "./check.ts";

/** A name that a shell takes for one word as it stands; another agent goes by its id. */
const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N}_.-]*$/u;

/** Which of the person's own agents lack tools that this version brings: an agent keeps those it was made with. No fault, for some are meant to. */
export const toolsCheck = (
  { tools }: Pick<House, "tools">,
  me: PrincipalId,
  agents: Result<readonly StoredAgent[]>,
): Check => {
  if (!agents.ok) return check("tools", "fault", agents.error.message, agents.error.next);
  const known = tools
    .catalog()
    .filter(({ plugin }) => plugin === undefined)
    .map(({ name }): string => name);
  const lacking = agents.value
    .filter(({ ownerId }) => ownerId === me)
    .map((agent) => ({ agent, lacks: known.filter((name) => !agent.capabilities.includes(name)).length }))
    .filter(({ lacks }) => lacks > 0);
  const [first] = lacking;
  if (first === undefined) return check("tools", "ok", "Your agents have every tool that this version brings.");
  const { name, id } = first.agent;
  const command = `./moltbot agents tools ${PLAIN.test(name) ? name : id}`;
  return check(
    "tools",
    "ok",
    `${lacking.map(({ agent, lacks }) => `${agent.name} lacks ${String(lacks)}`).join(", ")} of the ${String(known.length)} tools that this version brings.`,
    `\`${command}\` lists them, \`${command} --all\` gives them all.`,
  );
};
