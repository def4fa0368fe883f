import type {
  Capability,
  DecisionInput,
  Label,
  ManifestFacts,
  NearestGrant,
  Question,
  ResolvedResource,
  Source,
} from "@moltbot/contracts";
import { hasUnseen, joinAll } from "@moltbot/contracts";
import { sameValue } from "./canonical.ts";
import type { Asking } from "./effect-table.ts";
import { originOf } from "./endorse.ts";
import type { Facts } from "./facts.ts";
import { whyOf } from "./plan/why.ts";
import { visibleLine, visibleValue } from "./visible-text.ts";

const CONSEQUENCE_LENGTH = 300;
const HOST_LENGTH = 100;
const SOURCE_LENGTH = 300;

/** The sentence of consequence as a person may see it: what a model wrote into it can hide nothing. */
export const consequenceText = (sentence: string): string =>
  // `trim` would drop hidden characters at the ends in silence.
  visibleLine(sentence.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""), CONSEQUENCE_LENGTH);

const leaving = (manifest: ManifestFacts, resources: readonly ResolvedResource[]): string | null => {
  const hosts = resources.filter(({ kind }) => kind === "host").map(({ value }) => visibleLine(value, HOST_LENGTH));
  if (hosts.length > 0) {
    const what =
      manifest.effect === "execute" ? "Whatever the program sends of what it can read" : "The request as shown";
    return `${what}, to ${[...new Set(hosts)].join(", ")}.`;
  }
  return manifest.effect === "send" ? "Everything that the arguments hold." : null;
};

/** Nobody reads more of them on a card; the approval's label holds them all. */
const MOST_SOURCES = 50;

/** Names of files and pages are a stranger's text too. */
const shownSources = ({ integrity, sources }: Label): readonly Source[] =>
  integrity === "authority"
    ? []
    : sources.slice(0, MOST_SOURCES).map(({ kind, ref }) => ({ kind, ref: visibleLine(ref, SOURCE_LENGTH) }));

/** Where this one value came from, where that is known apart from all that was in view. */
const sourcesOf = (name: string, { labelOf, tracked }: Facts): { readonly sources?: readonly Source[] } => {
  const sources = tracked() ? shownSources(labelOf(name)) : [];
  return sources.length === 0 ? {} : { sources };
};

/** Of what may have had a hand in the call: all that was in view, and each value that is not the authority's own. */
const inView = ({ input: { call }, carried, labelOf }: Facts): readonly Source[] => {
  const own = call.values === undefined ? [] : carried().map(labelOf);
  return shownSources(joinAll([call.label, ...own].filter(({ integrity }) => integrity !== "authority")));
};

/**
 * For how long an answer may hold. Where something cannot be shown exactly as it is, only this one call can be allowed:
 * nobody grants a standing right to what they have not seen. Down a chain of agents, too: a grant given to the caller alone
 * is no part of that chain and would serve no such call.
 */
const scopesOf = ({ call, resources }: DecisionInput, exact: boolean, asks: Asking): Question["scopes"] => {
  const seen = exact && resources.every(({ value }) => !hasUnseen(value));
  return seen && call.agentChain.length === 1 ? [...asks.scopes] : ["once"];
};

/** Commits that ask whatever is granted are the ones that a fresh proof protects. */
const needsStepUp = (input: DecisionInput, asks: Asking): boolean => input.stepUp && asks.rule === "commit.always-asks";

/** What the person sees; `covering` are the capabilities that cover the call. */
export const questionFor = (
  facts: Facts,
  covering: readonly Capability[],
  asks: Asking,
  nearest: NearestGrant | null,
): Question => {
  const { input, manifest, critical } = facts;
  let exact = true;
  const shown = Object.entries(input.call.arguments).map(([name, given]) => {
    const value = visibleValue(given);
    exact &&= sameValue(given, value);
    return {
      name: visibleLine(name, HOST_LENGTH),
      value,
      critical: critical.includes(name),
      origin: originOf(name, facts, covering),
      ...sourcesOf(name, facts),
    };
  });
  const scopes = scopesOf(input, exact, asks);
  return {
    consequence: consequenceText(`${manifest.title}.`),
    why: whyOf(facts, asks),
    rule: asks.rule,
    tool: manifest.name,
    effect: manifest.effect,
    // What decides comes first.
    arguments: shown.toSorted((a, b) => Number(b.critical) - Number(a.critical)),
    leaves: leaving(manifest, input.resources),
    undo: manifest.undo,
    scopes,
    preview: null,
    sources: inView(facts),
    agentChain: [...input.call.agentChain],
    grant: nearest === null || scopes.every((scope) => scope === "once") ? [] : nearest.constraints,
    proposal: null,
    stepUp: needsStepUp(input, asks),
    ...(facts.beyondPlan() ? { beyondPlan: true } : {}),
  };
};
