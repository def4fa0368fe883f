import { ok } from "@moltbot/contracts";
import type {
  Agent,
  AgentId,
  Capability,
  CapabilityId,
  JsonObject,
  JsonValue,
  OwnConfiguration,
  Setting,
} from "@moltbot/contracts";
import { must } from "../built-in/index.ts";
import type { DrillHouse } from "../house.ts";

const COPIED = /^(?:agents|approvals|limits)\./;

/** The settings that decide what may happen; addresses, models and logs are the drill's own. */
export const settingsOf = (settings: readonly Setting[]): JsonObject => {
  const tree: Record<string, Record<string, JsonValue>> = {};
  for (const { key, value } of settings.filter((one) => COPIED.test(one.key) && one.from !== "default")) {
    const [section = "", name = ""] = key.split(".");
    tree[section] = { ...tree[section], [name]: value };
  }
  return tree;
};

const isStanding = ({ reach, parent, revokedAt, expiresAt }: Capability): boolean =>
  reach.kind === "always" &&
  parent === null &&
  revokedAt === null &&
  (expiresAt === "never" || Date.parse(expiresAt) > Date.now());

/** An owner's agent, and the one that stands for it in the house of drills. */
export interface Copied {
  readonly own: Agent;
  readonly agent: AgentId;
  /** The copy's grants → the owner's. */
  readonly grants: Map<CapabilityId, Capability>;
}

/** What is used up by use: it begins anew for each drill, as it would on another day. */
const USED_UP: ReadonlySet<string> = new Set(["rate", "count", "cost", "bytes"]);

const grantAs = async (house: DrillHouse, holder: AgentId, own: Capability): Promise<CapabilityId> => {
  const given = await house.door.call("capabilities.grant", {
    holder,
    tool: own.tool,
    constraints: [...own.constraints],
    release: [...(own.release ?? [])],
    rights: [...own.rights],
    expires: "never",
    reason: "as the owner granted it",
  });
  return must(given).id;
};

/** Gives the copy again what its grants had used up. */
export const renewGrants = async (house: DrillHouse, { agent, grants }: Copied): Promise<void> => {
  for (const [id, own] of [...grants].filter(([, one]) => one.constraints.some(({ kind }) => USED_UP.has(kind)))) {
    must(await house.door.call("capabilities.revoke", { capabilityId: id }));
    grants.delete(id);
    grants.set(await grantAs(house, agent, own), own);
  }
};

/** Makes an agent as the owner's is, with the owner's grants and no other. */
const copyAgent = async (house: DrillHouse, own: Agent, capabilities: readonly Capability[]): Promise<Copied> => {
  const agent = must(await house.addAgent({ name: own.name, tools: [...new Set(own.capabilities)] }));
  const started = must(await house.door.call("capabilities.list", {})).filter(({ holder }) => holder === agent);
  for (const { id } of started) must(await house.door.call("capabilities.revoke", { capabilityId: id }));
  const grants = new Map<CapabilityId, Capability>();
  for (const capability of capabilities.filter((one) => one.holder === own.id && isStanding(one)))
    grants.set(await grantAs(house, agent, capability), capability);
  must(await house.door.call("agents.reading", { agentId: agent, reading: own.reading }));
  return { own, agent, grants };
};

export interface Copy {
  readonly agents: readonly Copied[];
  /** The policy with the copies' names in it. */
  readonly policy: string;
  readonly leftOut: readonly string[];
}

/** Lays the owner's agents, grants and policy into a house of drills; what it has no tools for is left out and named. */
export const copyConfiguration = async (house: DrillHouse, configuration: OwnConfiguration): Promise<Copy> => {
  const known = must(await house.door.call("agents.list", {}))[0]?.capabilities ?? [];
  const leftOut: string[] = [];
  const agents: Copied[] = [];
  for (const own of configuration.agents) {
    const tools = own.capabilities.filter((tool) => known.includes(tool));
    for (const tool of own.capabilities)
      if (!known.includes(tool)) leftOut.push(`${tool} of ${own.name}: not a built-in tool`);
    const grants = configuration.capabilities.filter(({ tool }) => known.includes(tool));
    agents.push(await copyAgent(house, { ...own, capabilities: tools }, grants));
  }
  // A policy may name agents, which have other ids here.
  const policy = agents.reduce((text, { own, agent }) => text.replaceAll(own.id, agent), configuration.policy);
  const set = policy.trim() === "" ? ok(null) : await house.door.call("policy.set", { text: policy });
  must<unknown>(set);
  return { agents, policy, leftOut };
};
