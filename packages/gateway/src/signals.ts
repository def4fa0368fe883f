import { moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  CallId,
  ConversationId,
  JsonValue,
  Message,
  MessagePart,
  Principal,
  AgentId,
  Result,
  Signal,
  ToolCall,
  ToolOutcome,
  Turn,
  TurnId,
  Verdict,
} from "@moltbot/contracts";
import { canariesIn, signalsIn } from "@moltbot/core/signals";
import type { House } from "./house.ts";

type Ears = Pick<House, "canaries">;

/** What is noticed in a text from outside. It marks and alarms; it allows nothing. */
export const noticed = ({ canaries }: Ears, text: string): readonly Signal[] =>
  signalsIn(text, { isCanary: (word) => canaries.is(word) });

/** The same parts, each quote with what was noticed in it. */
export const withSignals = (house: Ears, parts: readonly MessagePart[]): readonly MessagePart[] =>
  parts.map((part) => {
    if (part.type !== "quote") return part;
    const signals = noticed(house, part.text);
    return signals.length === 0 ? part : { ...part, signals };
  });

/** What is noticed in what a call gave, with the secrets that were kept back from it. */
export const signalsOf = (
  house: Ears,
  { text, secrets = 0 }: Pick<ToolOutcome, "text" | "secrets">,
): readonly Signal[] => {
  const found = noticed(house, text);
  if (secrets === 0 || found.some(({ kind }) => kind === "secret")) return found;
  const says =
    secrets === 1 ? "one recognised secret was kept back" : `${String(secrets)} recognised secrets were kept back`;
  return [...found, { kind: "secret", says, count: secrets }];
};

/** Where something was noticed; `where` in our own words, never a stranger's. */
export interface Place {
  readonly conversationId: ConversationId;
  readonly turnId: TurnId;
  readonly callId: CallId | null;
  readonly where: string;
}

/** Tells of signals: on record first, then whoever watches, then the log. Ids, kinds and counts alone. */
export const raiseSignals = async (
  house: Pick<House, "audit" | "events" | "log">,
  scope: AccessScope,
  actor: Principal["id"] | AgentId,
  { conversationId, turnId, callId, where }: Place,
  signals: readonly Signal[],
): Promise<Result<void>> => {
  if (signals.length === 0) return ok(undefined);
  const kinds = [...new Set(signals.map(({ kind }) => kind))].join(" ");
  const count = signals.reduce((sum, one) => sum + one.count, 0);
  const fields = { conversationId, turnId, callId, where, kinds, count };
  const recorded = await house.audit.record({ event: "signal:raised", actor, fields });
  if (!recorded.ok) return recorded;
  const to = { tenantId: scope.tenantId, audience: [scope.principalId] };
  house.events.publish("signal:raised", to, { conversationId, where, signals: [...signals] });
  house.log.warn("something was noticed in what came from outside", fields);
  return ok(undefined);
};

/** What is noticed in the outcome of a call, after it was raised. */
export const listen = async (
  house: Pick<House, "audit" | "events" | "log" | "canaries">,
  scope: AccessScope,
  { id: callId, turnId, conversationId, agentId, tool }: ToolCall,
  outcome: Result<ToolOutcome>,
): Promise<Result<readonly Signal[]>> => {
  if (!outcome.ok) return ok([]);
  const signals = signalsOf(house, outcome.value);
  const place = { conversationId, turnId, callId, where: `result of ${tool}` };
  const raised = await raiseSignals(house, scope, agentId, place, signals);
  return raised.ok ? ok(signals) : raised;
};

/** What was noticed in what a message holds of others: its quotes, and all of it where its credential vouches for nothing. */
const signalsInMessage = (house: Ears, { parts, label }: Message): readonly Signal[] =>
  parts.flatMap((part) => {
    if (part.type === "quote") return part.signals ?? [];
    return part.type === "text" && label.integrity === "untrusted" ? noticed(house, part.text) : [];
  });

/** Raises what was noticed in the quotes of a new message. The message is durable by now: an alarm that cannot be recorded does not undo it, and without a record its turn does nothing. */
export const hearQuotes = async (
  house: Pick<House, "audit" | "events" | "log" | "canaries">,
  scope: AccessScope,
  { message, turn, fresh }: { readonly message: Message; readonly turn: Turn; readonly fresh: boolean },
): Promise<void> => {
  if (!fresh) return;
  const signals = signalsInMessage(house, message);
  const place = {
    conversationId: turn.conversationId,
    turnId: turn.id,
    callId: null,
    where: "a quote in your message",
  };
  const raised = await raiseSignals(house, scope, scope.principalId, place, signals);
  if (!raised.ok) house.log.error("a signal cannot be recorded", { turnId: turn.id, code: raised.error.code });
};

/** The rule of a refusal because of a canary. */
const CANARY_RULE = "signal.canary";
const LEAVES: ReadonlySet<string> = new Set(["fetch", "send", "execute", "commit"]);

const textsIn = (value: JsonValue): readonly string[] => {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Array.isArray(value)
    ? value.flatMap((item: JsonValue) => textsIn(item))
    : Object.entries(value).flatMap(([name, item]) => [name, ...textsIn(item)]);
};

const wordsOf = (call: ToolCall): string => textsIn(call.arguments).join("\n");

const carriesCanary = ({ canaries }: Ears, call: ToolCall): boolean =>
  canariesIn(wordsOf(call)).some((word) => canaries.is(word));

type Deny = Extract<Verdict, { kind: "deny" }>;

/** Refuses a call that would carry a canary out of the house; null for every other call, about which this says nothing. */
export const refusedForCanary = (house: Pick<House, "canaries" | "tools">, call: ToolCall): Result<Deny> | null => {
  const manifest = house.tools.catalog().find(({ name }) => name === call.tool);
  if (manifest === undefined || !LEAVES.has(manifest.effect) || !carriesCanary(house, call)) return null;
  const error = moltbotError("CANARY_TOUCHED", { tool: manifest.name });
  return ok({ kind: "deny", rule: CANARY_RULE, error, nearest: null });
};

/** After a refusal: the alarm, where a canary was its reason. */
export const alarmOf = async (
  house: Pick<House, "audit" | "events" | "log" | "canaries">,
  scope: AccessScope,
  call: ToolCall,
  { rule }: Deny,
): Promise<Result<void>> => {
  if (rule !== CANARY_RULE) return ok(undefined);
  const { conversationId, turnId, id: callId } = call;
  const place = { conversationId, turnId, callId, where: `arguments of ${call.tool}` };
  return raiseSignals(
    house,
    scope,
    call.agentId,
    place,
    noticed(house, wordsOf(call)).filter(({ kind }) => kind === "canary"),
  );
};
