import type { DecisionInput, DecisionRecord, Explanation, ManifestFacts } from "@moltbot/contracts";
import { hindranceOf, wordsOf } from "../capability-match.ts";
import { decideAsThen, isBeforePlans } from "../decide.ts";
import { originOf } from "../endorse.ts";
import { factsOf } from "../facts.ts";
import type { Facts } from "../facts.ts";
import { visibleLine, visibleValue } from "../visible-text.ts";
import { ruleWords } from "./rule-words.ts";
import { shortfallOf } from "./shortfall.ts";

const NAME_LENGTH = 100;

const knownPart = (facts: Facts): Pick<Explanation, "effect" | "arguments" | "capabilities"> => {
  const { input, manifest, critical } = facts;
  const judged = input.capabilities.map((capability) => ({ capability, found: hindranceOf(capability, facts) }));
  const covering = judged.filter(({ found }) => found === null).map(({ capability }) => capability);
  return {
    effect: manifest.effect,
    arguments: Object.entries(input.call.arguments).map(([name, value]) => ({
      name: visibleLine(name, NAME_LENGTH),
      value: visibleValue(value),
      critical: critical.includes(name),
      origin: originOf(name, facts, covering),
    })),
    capabilities: judged
      .filter(({ capability }) => capability.tool === manifest.name)
      .map(({ capability, found }) => ({
        id: capability.id,
        reason: visibleLine(capability.reason, 500),
        keptFrom: found === null ? shortfallOf(capability, facts) : wordsOf(found),
      })),
  };
};

const unknownPart = ({ call }: DecisionInput): Pick<Explanation, "effect" | "arguments" | "capabilities"> => ({
  effect: null,
  arguments: Object.entries(call.arguments).map(([name, value]) => ({
    name: visibleLine(name, NAME_LENGTH),
    value: visibleValue(value),
    critical: false,
    origin: call.label.integrity === "authority" ? "model" : "untrusted",
  })),
  capabilities: [],
});

const partOf = (manifest: ManifestFacts | undefined, input: DecisionInput) =>
  manifest === undefined ? unknownPart(input) : knownPart(factsOf(manifest, input, isBeforePlans(input)));

/** What would have allowed it, by the table of then; the recorded rule stands, also where that says something else. */
const nearestOf = (record: DecisionRecord): Explanation["nearest"] => {
  if (record.kind === "allow") return null;
  const verdict = decideAsThen(record.input);
  return verdict.kind === "allow" ? null : verdict.nearest;
};

/** Why a call was allowed, asked about or refused: the record put into words. Pure. */
export const explain = (record: DecisionRecord): Explanation => {
  const { input } = record;
  return {
    id: record.id,
    at: record.at,
    callId: record.callId,
    turnId: record.turnId,
    conversationId: record.conversationId,
    agentId: record.agentId,
    tool: visibleLine(input.call.tool, NAME_LENGTH),
    verdict: record.kind,
    rule: record.rule,
    says: ruleWords(record.rule),
    code: record.code,
    context: input.call.label,
    ...partOf(input.manifest, input),
    approvals: input.approvals.filter(({ callId }) => callId === record.callId).map(({ id, state }) => ({ id, state })),
    forbiddenBy: input.policy.forbidden.map((id) => visibleLine(id, NAME_LENGTH)),
    nearest: nearestOf(record),
  };
};
