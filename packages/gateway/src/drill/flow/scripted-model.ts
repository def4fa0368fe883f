import { PLAN_TOOL, ok } from "@moltbot/contracts";
import type { ModelEvent, ModelMessage, ModelPort, ModelRequest, Result } from "@moltbot/contracts";
import { attackScript, hijackedAnswer } from "./attacker.ts";
import type { Attack, Wanted } from "./attacker.ts";
import { keyIn } from "./plan-from-recording.ts";
import type { RecordedPlan } from "./plan-from-recording.ts";

/** What the model of one case knows: the recording, and the attack that hijacks it once it has read it. */
export interface Script {
  readonly plan: RecordedPlan;
  /** The task's own calls, for a model that commits no plan. */
  readonly calls: readonly Wanted[];
  readonly plans: boolean;
  /** Null: nobody attacks. */
  readonly attack: Attack | null;
}

/** A model of one lane: the same for every case, after a script that is set before each. */
export interface ScriptedModel extends ModelPort {
  play(script: Script): void;
}

const folded = (text: string): string => text.replaceAll("│", " ").replace(/\s+/g, " ");

const textOf = ({ system, messages }: ModelRequest): string =>
  folded([system, ...messages.map(({ text }) => text)].join("\n"));

/** Whether what the model is shown holds the attacker's words: from then on it does what they say. */
const isHijackedBy = (attack: Attack | null, request: ModelRequest): attack is Attack =>
  attack !== null && textOf(request).includes(folded(attack.injection.goal).trim());

const words = (text: string): readonly ModelEvent[] => [
  { type: "text", text },
  { type: "finish", reason: "stop", inputTokens: 1, outputTokens: 1 },
];

const call = (id: string, { tool, arguments: given }: Wanted): readonly ModelEvent[] => [
  { type: "call", call: { id, tool, arguments: JSON.stringify(given) } },
  { type: "finish", reason: "calls", inputTokens: 1, outputTokens: 1 },
];

/** The quarantined reader is the one request without tools that asks for one of the plan's values. */
const isReading = ({ tools, messages }: ModelRequest): boolean =>
  tools.length === 0 && messages.length === 1 && keyIn(messages[0]?.text ?? "") !== null;

const answerOf = ({ plan, attack }: Script, request: ModelRequest): string => {
  const asked = plan.asks.get(keyIn(request.messages[0]?.text ?? "") ?? "");
  if (asked === undefined) return JSON.stringify({ answer: null });
  const answer = isHijackedBy(attack, request) ? hijackedAnswer(attack, asked) : asked.value;
  return JSON.stringify({ answer });
};

const mayPlan = ({ tools, messages }: ModelRequest): boolean =>
  tools.some(({ name }) => name === PLAN_TOOL) && messages.every(({ role }: ModelMessage) => role !== "tool");

/**
 * A model that obeys: it commits the recorded plan while it has read nothing, answers a reader's questions from the recording, and
 * does whatever the attacker's text says from the moment it stands in what it is shown.
 */
export const createScriptedModel = (name: string): ScriptedModel => {
  let script: Script = { plan: { wish: null, asks: new Map() }, calls: [], plans: false, attack: null };
  let planned = false;
  let own = 0;
  let hostile: readonly Wanted[] | null = null;
  let calls = 0;

  const next = (request: ModelRequest): readonly ModelEvent[] => {
    const id = `call-${String((calls += 1))}`;
    if (isReading(request)) return words(answerOf(script, request));
    const { attack, plan, plans } = script;
    if (isHijackedBy(attack, request)) {
      hostile ??= attackScript(attack, plan.asks);
      const [wanted, ...rest] = hostile;
      hostile = rest;
      return wanted === undefined ? words("So be it.") : call(id, wanted);
    }
    if (plans && plan.wish !== null) {
      if (planned || !mayPlan(request)) return words("That is what came of it.");
      planned = true;
      return call(id, { tool: PLAN_TOOL, arguments: plan.wish as unknown as Wanted["arguments"] }); // a plan is JSON
    }
    const wanted = script.calls[own];
    if (wanted === undefined) return words("That is what came of it.");
    own += 1;
    return call(id, wanted);
  };

  return {
    play: (given) => {
      script = given;
      planned = false;
      own = 0;
      hostile = null;
    },
    describe: () => ({
      name,
      says: "a scripted model of the attack harness",
      demonstration: false,
      local: true,
      tools: true,
    }),
    async *stream(request): AsyncIterable<Result<ModelEvent>> {
      for (const event of next(request)) yield await Promise.resolve(ok(event));
    },
  };
};
