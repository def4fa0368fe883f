import type { Capability } from "@moltbot/contracts";
import { NOBODYS_ORIGINS, carriesSecrets, originOf, placedAt } from "../built-in/index.ts";
import type { PlacedDrill } from "../built-in/index.ts";
import type { BuiltInDrill } from "../scenarios/schema.ts";
import type { Copied } from "./copy-configuration.ts";

/** Every host that a grant lets the agent reach. */
const namedHosts = (capabilities: readonly Capability[]): readonly string[] => [
  ...new Set(
    capabilities.flatMap(({ tool, constraints }) =>
      tool === "web.fetch" ? constraints.flatMap((one) => (one.kind === "host-in" ? [...one.hosts] : [])) : [],
    ),
  ),
];

const MOST_HOSTS = 3;

/** What stands in a grant may be a pattern of hosts, which is no address. */
const isAddress = (host: string): boolean => URL.canParse(originOf(host)) && !host.includes("*");

/** The drills that say something about an agent, and how many do not because it lacks the tools. */
export interface DrillsForAgent {
  readonly drills: readonly PlacedDrill[];
  readonly without: number;
}

/**
 * What is tried with an agent that has these tools: each drill whose hostile text it can come to read, with the calls that it can
 * make; and those that carry the owner's data away once more with the attacker at a host that a grant of theirs names.
 */
export const drillsFor = ({ own, grants }: Copied, shipped: readonly BuiltInDrill[]): DrillsForAgent => {
  const has = ({ tool }: { readonly tool: string }): boolean => own.capabilities.some((name) => name === tool);
  const possible = shipped.flatMap((drill) => {
    const tries = drill.attacker.calls.filter(has);
    const remembers = drill.memories.length === 0 || has({ tool: "memory.save" });
    return drill.calls.slice(0, drill.hostile + 1).every(has) && tries.length > 0 && remembers
      ? [{ ...drill, calls: drill.calls.filter(has), attacker: { ...drill.attacker, calls: tries } }]
      : [];
  });
  const hosts = namedHosts([...grants.values()])
    .filter(isAddress)
    .slice(0, MOST_HOSTS);
  return {
    drills: [
      ...possible.map((drill) => placedAt(drill, NOBODYS_ORIGINS)),
      ...hosts.flatMap((host) =>
        possible.filter(carriesSecrets).map((drill) => {
          const attacker = originOf(host);
          return { ...placedAt(drill, { ...NOBODYS_ORIGINS, attacker }), title: `${drill.title} (at ${host})` };
        }),
      ),
    ],
    without: shipped.length - possible.length,
  };
};
