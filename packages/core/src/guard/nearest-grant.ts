import type { Constraint, ManifestFacts, NearestGrant, ResolvedResource, ToolCall } from "@moltbot/contracts";
import { argumentOf, criticalArguments } from "./critical-arguments.ts";
import type { Facts } from "./facts.ts";

/** What a write puts down that came from outside, unless a plan fixed that it does, and nothing remembers it. */
const writtenContent = (facts: Facts): readonly string[] =>
  facts.planned() !== null && !facts.manifest.permissions.includes("memory:write")
    ? []
    : facts.carried().filter((argument) => !facts.critical.includes(argument) && !facts.clean(argument));

/** What a program is given decides what it does as much as its name; for how long it may run does not. */
const givenToProgram = ({ carried, critical, input: { call } }: Facts): readonly string[] =>
  carried().filter(
    (argument) => !critical.includes(argument) && typeof argumentOf(call.arguments, argument) !== "number",
  );

/** The arguments of a call that could carry away what was read, or make a program do otherwise: only as they stand may they be granted. */
export const mustBeExact = (facts: Facts): readonly string[] => {
  const { manifest, input, asBefore } = facts;
  if (manifest.effect === "execute") return givenToProgram(facts);
  if (!facts.isUntrusted()) return [];
  if (manifest.effect === "write") return asBefore ? [] : writtenContent(facts);
  if (manifest.effect !== "fetch" && manifest.effect !== "send") return [];
  const offPlan = manifest.effect === "send" && input.turnIsPlanned !== false && facts.planned() === null;
  if (offPlan && !asBefore) return facts.carried();
  return facts.carried().filter((argument) => {
    if (facts.clean(argument)) return false;
    if (!facts.sinksMayRead(argument) && !facts.released()) return true;
    return manifest.effect === "send" && !asBefore && !facts.critical.includes(argument) && !facts.inert(argument);
  });
};

/**
 * The narrowest grant that would have allowed this call; an answer with a wider scope grants exactly this. A fetch or a program is
 * bounded by the hosts it reaches, every other critical argument by its exact value, and so is what must stay `exactly` so.
 */
export const nearestGrant = (
  call: ToolCall,
  manifest: ManifestFacts,
  resources: readonly ResolvedResource[],
  exactly: readonly string[] = [],
): NearestGrant => {
  const isByHosts = manifest.effect === "fetch" || manifest.effect === "execute";
  const hosts = isByHosts ? resources.filter(({ kind }) => kind === "host") : [];
  const onHosts = [...new Set(hosts.map(({ argument }) => argument))].map((argument): Constraint => ({
    kind: "host-in",
    argument,
    hosts: [...new Set(hosts.filter((host) => host.argument === argument).map(({ value }) => value))].toSorted(),
  }));
  const critical = criticalArguments(manifest, call.arguments);
  const onHost = (argument: string): boolean =>
    onHosts.some((host) => "argument" in host && host.argument === argument);
  const exact = [...new Set([...critical, ...exactly])].filter(
    (argument) => exactly.includes(argument) || !onHost(argument),
  );
  return {
    tool: manifest.name,
    permissions: [...manifest.permissions],
    constraints: [
      ...onHosts,
      ...exact.map((argument): Constraint => ({
        kind: "equals",
        argument,
        value: argumentOf(call.arguments, argument),
      })),
    ],
  };
};
