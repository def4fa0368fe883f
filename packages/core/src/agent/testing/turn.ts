import {
  AgentId,
  ApprovalId,
  ConversationId,
  Digest,
  MessageId,
  PrincipalId,
  TenantId,
  ToolName,
  TurnId,
  instantOf,
  label,
  moltbotError,
  ok,
} from "@moltbot/contracts";
import type {
  Approval,
  IdPort,
  Label,
  Message,
  MessagePart,
  ModelDescription,
  ModelEvent,
  ModelPort,
  ModelRequest,
  MoltbotError,
  Result,
  ToolCall,
  Turn,
  TurnEnd,
} from "@moltbot/contracts";
import type { Performed, TurnPorts, TurnRun } from "../index.ts";

export const idOf = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`);
export const NOW = instantOf(Date.UTC(2026, 10, 22, 12));
export const OWNER = idOf(PrincipalId, 1);
export const AGENT = idOf(AgentId, 2);
export const TURN = idOf(TurnId, 3);
const TALK = idOf(ConversationId, 4);

const ids = (): IdPort => {
  let n = 0x1000;
  return {
    next: (kind) => {
      n += 1;
      return idOf(kind, n);
    },
  };
};

export const turn = (wish: Partial<Turn> = {}): Turn => ({
  id: TURN,
  tenantId: idOf(TenantId, 5),
  ownerId: OWNER,
  conversationId: TALK,
  agentId: AGENT,
  authority: OWNER,
  userMessageId: idOf(MessageId, 6),
  label: label("authority", [OWNER], [{ kind: "message", ref: "6" }]),
  state: "running",
  steps: 0,
  attempts: 0,
  waitingFor: [],
  end: null,
  createdAt: NOW,
  updatedAt: NOW,
  ...wish,
});

const approval = (call: ToolCall): Approval => ({
  id: ApprovalId.parse(call.id),
  conversationId: call.conversationId,
  turnId: call.turnId,
  callId: call.id,
  agentId: call.agentId,
  digest: Digest.parse("0".repeat(64)),
  question: {
    consequence: "Does it.",
    why: "It commits.",
    rule: "commit.unconstrained",
    tool: ToolName.parse("reminder.create"),
    effect: "commit",
    arguments: [],
    leaves: null,
    undo: "none",
    scopes: ["once"],
    preview: null,
    sources: [],
    agentChain: [call.agentId],
    grant: [],
    proposal: null,
    stepUp: false,
  },
  label: call.label,
  state: "pending",
  createdAt: NOW,
  expiresAt: NOW,
  answeredBy: null,
  answeredAt: null,
  scope: null,
  reason: null,
  edited: null,
});

/** What a test's model says in one answer: text, calls as `tool {json}`, how it finished, or a failure. */
export interface Answer {
  readonly text?: string;
  readonly calls?: readonly (readonly [tool: string, json: string])[];
  readonly finish?: "stop" | "calls" | "length" | "refused" | "none";
  readonly fails?: MoltbotError;
  /** Runs when the model has said its text. */
  readonly meanwhile?: () => void;
}

/** What a test's reader says to a request; it is told apart by its prompt. */
export type Reader = (request: ModelRequest) => string | Answer;

const isReading = ({ system }: ModelRequest): boolean => system.startsWith("You find one answer");

export const scriptedModel = (
  answers: readonly Answer[],
  reader: Reader = () => '{"answer":null}',
  about: Partial<ModelDescription> = {},
): ModelPort & { readonly requests: ModelRequest[]; readonly readings: ModelRequest[] } => {
  const requests: ModelRequest[] = [];
  const readings: ModelRequest[] = [];
  return {
    requests,
    readings,
    describe: () => ({
      name: "scripted",
      says: "a test's model",
      demonstration: false,
      local: true,
      tools: true,
      ...about,
    }),
    stream: async function* (request): AsyncIterable<Result<ModelEvent>> {
      if (isReading(request)) {
        readings.push(request);
        const said = reader(request);
        yield* speak(typeof said === "string" ? { text: said } : said);
        return;
      }
      const answer = answers[requests.length] ?? { text: "the script is over" };
      requests.push(request);
      yield* speak(answer);
    },
  };
};

const speak = async function* (answer: Answer): AsyncIterable<Result<ModelEvent>> {
  if (answer.text !== undefined) for (const text of answer.text.split(/(?<= )/)) yield ok({ type: "text", text });
  answer.meanwhile?.();
  if (answer.fails !== undefined) {
    yield { ok: false, error: answer.fails };
    return;
  }
  for (const [at, [tool, json]] of (answer.calls ?? []).entries())
    yield ok({ type: "call", call: { id: `m${String(at)}`, tool, arguments: json } });
  if (answer.finish === "none") return;
  const reason = answer.finish ?? (answer.calls === undefined ? "stop" : "calls");
  yield ok({ type: "finish", reason, inputTokens: 1, outputTokens: 1 });
};

export type Doing = (call: ToolCall, times: number, hold: boolean) => Result<Performed>;

/** What may differ from the plain world: ports, the reader, the model's description, messages of earlier turns. */
export interface WorldWish {
  readonly ports?: Partial<TurnPorts>;
  readonly reading?: TurnPorts["agent"]["reading"];
  readonly reader?: Reader;
  readonly model?: Partial<ModelDescription>;
  readonly before?: readonly Message[];
}

export const resultOf = (
  call: ToolCall,
  text = `did ${call.tool}`,
  what: Label = call.label,
  status: "ok" | "refused" | "failed" | "unknown" = "ok",
): Result<Performed> =>
  ok({
    kind: "result",
    part: { type: "result", callId: call.id, tool: call.tool, status, text, summary: text, code: null },
    label: what,
  });

export const waitingFor = (call: ToolCall): Result<Performed> => ok({ kind: "waiting", approval: approval(call) });

/** A conversation in memory with everything a turn reaches; `run` can be called again, as after an approval or a crash. */
export const world = (
  answers: readonly Answer[],
  doing: Doing = (call) => resultOf(call),
  limits: Partial<TurnPorts["limits"]> = {},
  wish: WorldWish = {},
) => {
  const messages: Message[] = [
    ...(wish.before ?? []),
    {
      id: idOf(MessageId, 6),
      conversationId: TALK,
      parentId: null,
      role: "user",
      author: OWNER,
      turnId: TURN,
      parts: [{ type: "text", text: "please" }],
      label: label("authority", [OWNER], [{ kind: "message", ref: "6" }]),
      state: "complete",
      model: null,
      createdAt: NOW,
    },
  ];
  const model = scriptedModel(answers, wish.reader, wish.model);
  const calls: { readonly call: ToolCall; readonly stated: readonly string[]; readonly hold: boolean }[] = [];
  const ends: Omit<TurnEnd, "messageId">[] = [];
  const deltas: string[] = [];
  let steps = 0;
  let appendFault: MoltbotError | null = null;
  const ports: TurnPorts = {
    agent: {
      id: AGENT,
      tenantId: idOf(TenantId, 5),
      ownerId: OWNER,
      name: "Moltbot",
      model: "default",
      capabilities: [],
      reading: wish.reading ?? "auto",
      createdAt: NOW,
    },
    conversation: {
      id: TALK,
      agentId: AGENT,
      ownerId: OWNER,
      audience: [OWNER],
      title: "t",
      heads: {},
      activeHead: "main",
      createdAt: NOW,
      updatedAt: NOW,
    },
    model,
    tools: [],
    catalog: [],
    limits: { steps: 10, viewMessages: 100, outputTokens: 500, readerBits: 256, ...limits },
    clock: { now: () => NOW, monotonic: () => 0 },
    ids: ids(),
    path: async () => ok([...messages]),
    perform: async (call, stated, hold) => {
      calls.push({ call, stated, hold });
      return doing(call, calls.filter((one) => one.call.id === call.id).length, hold);
    },
    commitPlan: async () => ({ ok: false, error: moltbotError("PLAN_TOO_LATE") }),
    append: async (message, made) => {
      if (appendFault !== null) return { ok: false, error: appendFault };
      messages.push(message);
      steps = made;
      return ok(message);
    },
    finish: async (message, end) => {
      if (appendFault !== null) return { ok: false, error: appendFault };
      messages.push(message);
      ends.push(end);
      return ok(message);
    },
    delta: (text) => deltas.push(text),
    ...wish.ports,
  };
  return {
    ports,
    model,
    messages,
    calls,
    ends,
    deltas,
    run: (signal: AbortSignal = new AbortController().signal, wish: Partial<Turn> = {}): TurnRun => ({
      ports,
      turn: turn({ steps, ...wish }),
      signal,
    }),
    steps: () => steps,
    failAppends: (code: "AUDIT_UNWRITABLE" | "QUEUE_LEASE_LOST" | null) => {
      appendFault = code === null ? null : moltbotError(code);
    },
    /** What was said or came back, in words. */
    said: () => messages.map(({ role, parts }) => `${role}: ${parts.map(wordsOf).join(" + ")}`),
  };
};

const wordsOf = (part: MessagePart): string => {
  switch (part.type) {
    case "text":
    case "quote":
    case "reminder":
      return part.text;
    case "call":
      return `call ${part.tool}`;
    case "plan":
      return `plan ${part.plan.steps.map(({ tool }) => tool).join(", ")}`;
    case "result":
      return `${part.status} ${part.text}`;
  }
};
