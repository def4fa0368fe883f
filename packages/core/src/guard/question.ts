import type { Capability, DecisionInput, Question, ResolvedResource, ToolManifest } from "@moltbot/contracts";
import { sameValue } from "./canonical.ts";
import { covers } from "./capability-match.ts";
import { criticalArguments } from "./critical-arguments.ts";
import type { Asking } from "./effect-table.ts";
import { originOf } from "./endorse.ts";
import { visibleLine, visibleValue } from "./visible-text.ts";

const CONSEQUENCE_LENGTH = 300;
const HOST_LENGTH = 100;

/** The sentence of consequence as a person may see it: what a model wrote into it can hide nothing. */
export const consequenceText = (sentence: string): string => visibleLine(sentence.trim(), CONSEQUENCE_LENGTH);

const leaving = (manifest: ToolManifest, resources: readonly ResolvedResource[]): string | null => {
  const hosts = resources.filter(({ kind }) => kind === "host").map(({ value }) => visibleLine(value, HOST_LENGTH));
  if (hosts.length > 0) return `The request as shown, to ${[...new Set(hosts)].join(", ")}.`;
  return manifest.effect === "send" ? "Everything that the arguments hold." : null;
};

/**
 * What the person sees. Where an argument cannot be shown exactly as it is, only this one call can be allowed: nobody
 * grants a standing right to something they have not seen.
 */
export const questionFor = (input: DecisionInput, manifest: ToolManifest, asks: Asking): Question => {
  const given = input.call.arguments;
  const critical = criticalArguments(manifest, given);
  const covering: readonly Capability[] = input.capabilities.filter((capability) =>
    covers(capability, manifest, input),
  );
  const shown = Object.entries(given).map(([name, value]) => ({
    exact: sameValue(value, visibleValue(value)),
    argument: {
      name: visibleLine(name, HOST_LENGTH),
      value: visibleValue(value),
      critical: critical.includes(name),
      origin: originOf(name, value, input, covering),
    },
  }));
  return {
    consequence: consequenceText(`${manifest.title}.`),
    why: asks.why,
    rule: asks.rule,
    tool: manifest.name,
    effect: manifest.effect,
    // What decides comes first.
    arguments: shown.map(({ argument }) => argument).toSorted((a, b) => Number(b.critical) - Number(a.critical)),
    leaves: leaving(manifest, input.resources),
    undo: manifest.undo,
    scopes: shown.every(({ exact }) => exact) ? [...asks.scopes] : ["once"],
  };
};
