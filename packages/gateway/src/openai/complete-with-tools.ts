import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type {
  ModelCall,
  ModelEvent,
  ModelPort,
  MoltbotError,
  RequestContext,
  Result,
  StoredAgent,
} from "@moltbot/contracts";
import type { ChatAnswer, ChatCall, ChatFinish, ChatPiece, ChatRequest } from "@moltbot/ingress/http";
import { cameBy } from "../came-by.ts";
import { whileStopped } from "../while-stopped.ts";
import { ANSWERED, createAllowance } from "./allowance.ts";
import type { Admission } from "./allowance.ts";
import type { OpenAiPorts } from "./ports.ts";
import { toolRequest } from "./tool-request.ts";
import type { ToolRequest } from "./tool-request.ts";

type Finish = Extract<ModelEvent, { type: "finish" }>;

/** As in a turn: a model that asks for more is cut. */
const MOST_CALLS = 32;
const FINISHES: Readonly<Record<Finish["reason"], ChatFinish>> = {
  stop: "stop",
  calls: "tool_calls",
  length: "length",
  refused: "content_filter",
};

interface Heard {
  readonly text: string;
  readonly calls: readonly ModelCall[];
  readonly finish: Finish;
}

/** One whole answer; its words are said while they come. An answer that never says how it finished is refused. */
const hear = async (
  model: ModelPort,
  { request }: ToolRequest,
  signal: AbortSignal,
  emit: (piece: ChatPiece) => void,
): Promise<Result<Heard>> => {
  const texts: string[] = [];
  const calls: ModelCall[] = [];
  for await (const event of model.stream(request, signal)) {
    if (!event.ok) return event;
    switch (event.value.type) {
      // Whoever counts has heard it; nothing was said yet.
      case "instead":
        break;
      case "text":
        texts.push(event.value.text);
        emit({ type: "text", text: event.value.text });
        break;
      case "call":
        if (calls.length < MOST_CALLS) calls.push(event.value.call);
        break;
      case "finish":
        return ok({ text: texts.join(""), calls, finish: event.value });
    }
  }
  return err(moltbotError("MODEL_ANSWER_INVALID", { model: model.describe().name }));
};

/** Half a call may mean the opposite of the whole, so none is handed on of an answer that was cut off or refused. */
const callsOf = (
  { calls, finish }: Heard,
  { nameOf }: ToolRequest,
  { choice, oneCall }: ChatRequest,
  model: string,
): Result<readonly ChatCall[]> => {
  if (finish.reason === "length" || finish.reason === "refused") return ok([]);
  const named = calls.slice(0, oneCall ? 1 : MOST_CALLS).flatMap((call): readonly ChatCall[] => {
    const tool = nameOf(call.tool);
    return tool === undefined ? [] : [{ id: call.id, tool, arguments: call.arguments }];
  });
  const invented = named.length === 0 && calls.length > 0;
  const missing = named.length === 0 && choice !== "auto" && choice !== "none";
  return invented || missing ? err(moltbotError("MODEL_ANSWER_INVALID", { model })) : ok(named);
};

const CUT_SHORT: ReadonlySet<string> = new Set(["TURN_STOPPED", "TIME_LIMIT", "EVERYTHING_STOPPED"]);

/** Nobody tells what a broken-off answer used: it counts as the most it could, or leaving early would make every answer free. */
const tokensOfFailure = ({ code }: MoltbotError, { request: { maxOutputTokens } }: ToolRequest) => ({
  inputTokens: 0,
  outputTokens: CUT_SHORT.has(code) ? maxOutputTokens : 0,
});

const isOurs = (reason: unknown): reason is MoltbotError =>
  typeof reason === "object" && reason !== null && "code" in reason && "context" in reason;

/**
 * Completions with a client's own tools: one answer of the agent's model to what the client sent, and nothing else. They begin no turn,
 * read no memory and run no tool; a call is the client's to carry out. Each is on record by its counts, before the model is asked.
 */
export const completions = ({ operations: { house, settings } }: OpenAiPorts) => {
  const allowance = createAllowance(house, () => settings.current().limits.clientTokensPerDay);

  /** Raised by the client that goes away, by the limit of time that a turn has, and by the stop of everything. */
  const limited = (context: RequestContext) => {
    const { seconds } = house.limits();
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(moltbotError("TIME_LIMIT", { limit: seconds })), seconds * 1000);
    const forget = house.events.subscribe(({ name, at }) => {
      if (name === "system:stopped") over.abort(moltbotError("EVERYTHING_STOPPED", { since: at }));
    });
    return {
      signal: AbortSignal.any([context.signal, over.signal]),
      why: (error: MoltbotError): MoltbotError => (isOurs(over.signal.reason) ? over.signal.reason : error),
      end: () => {
        clearTimeout(timer);
        forget();
      },
    };
  };

  const ask = async (
    model: ModelPort,
    wished: ToolRequest,
    context: RequestContext,
    emit: (piece: ChatPiece) => void,
  ): Promise<Result<Heard>> => {
    const { signal, why, end } = limited(context);
    try {
      if (house.halted()) return await whileStopped(house, ownScope(context.principal));
      const heard = await hear(model, wished, signal, emit);
      return heard.ok ? heard : err(why(heard.error));
    } finally {
      end();
    }
  };

  const complete = async (
    context: RequestContext,
    agent: StoredAgent,
    model: ModelPort,
    request: ChatRequest,
    { emit, used }: Pick<Admission, "used"> & { readonly emit: (piece: ChatPiece) => void },
  ): Promise<Result<ChatAnswer>> => {
    const { name: asked } = model.describe();
    const actor = context.principal.id;
    const about = {
      agentId: agent.id,
      model: asked,
      messageCount: request.messages.length,
      toolCount: request.tools.length,
    };
    const called = await house.audit.record({ event: "model:called", actor, fields: about });
    if (!called.ok) return called;
    const wished = toolRequest(request, house.limits().outputTokens);
    const heard = await ask(model, wished, context, emit);
    const name = heard.ok ? (heard.value.finish.model ?? asked) : asked;
    const calls = heard.ok ? callsOf(heard.value, wished, request, name) : heard;
    const { inputTokens, outputTokens } = heard.ok ? heard.value.finish : tokensOfFailure(heard.error, wished);
    const counts = { inputTokens, outputTokens, callCount: calls.ok ? calls.value.length : 0 };
    const fields = { agentId: agent.id, model: name, ...counts, code: calls.ok ? null : calls.error.code };
    used(inputTokens + outputTokens);
    const answered = await house.audit.record({ event: ANSWERED, actor, fields });
    if (!answered.ok) return answered;
    if (!heard.ok) return heard;
    if (!calls.ok) return calls;
    for (const call of calls.value) emit({ type: "call", call });
    const { reason } = heard.value.finish;
    return ok({
      text: heard.value.text,
      calls: calls.value,
      finish: calls.value.length > 0 ? "tool_calls" : reason === "calls" ? "stop" : FINISHES[reason],
      usage: { inputTokens, outputTokens },
      turn: null,
    });
  };

  return async (
    context: RequestContext,
    agent: StoredAgent,
    request: ChatRequest,
    emit: (piece: ChatPiece) => void,
  ): Promise<Result<ChatAnswer>> => {
    const model = house.models.find(agent.model);
    if (!model.ok) return model;
    if (!model.value.describe().tools)
      return err(moltbotError("REQUEST_INVALID", { path: "tools", problem: "this agent's model cannot call tools" }));
    const entered = await allowance.enter(context.principal);
    if (!entered.ok) return entered;
    const { used, leave } = entered.value;
    const { principal, proof } = context;
    const user = { tenantId: principal.tenantId, person: principal.id, agent, cameBy: cameBy(proof) };
    const ids = { person: principal.id, agentId: agent.id, conversationId: null, turnId: null, callId: null };
    const asked = house.asking?.askedFor({ ...ids, data: "own" }, model.value) ?? model.value;
    const counted = house.modelBudget?.countedFor(user, asked) ?? asked;
    try {
      return await complete(context, agent, counted, request, { emit, used });
    } finally {
      leave();
    }
  };
};
