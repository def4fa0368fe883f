import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  ModelDescription,
  ModelEvent,
  ModelFinish,
  ModelPort,
  ModelRequest,
  RequestContext,
  Result,
} from "@moltbot/contracts";
import type { ChatAnswer, ChatMessage, ChatPiece, ChatRequest } from "@moltbot/ingress/http";
import { openRealHouse } from "../../operations/testing/real-house.ts";
import type { RealWish } from "../../operations/testing/real-house.ts";
import { createOpenAi } from "../index.ts";

export interface Said {
  readonly text?: string;
  readonly calls?: readonly { readonly tool: string; readonly arguments: string }[];
  readonly finish?: ModelFinish;
  readonly code?: "MODEL_UNAVAILABLE" | "MODEL_RATE_LIMITED";
}

/** A model that says what a test says, and keeps what it was asked. */
export const sayingModel = (
  script: (request: ModelRequest, signal: AbortSignal) => Said | Promise<Said>,
  wish: Partial<ModelDescription> = {},
): ModelPort & { readonly heard: ModelRequest[] } => {
  const heard: ModelRequest[] = [];
  return {
    heard,
    describe: () => ({ name: "m", says: "a test's", demonstration: false, local: true, tools: true, ...wish }),
    stream: async function* (request, signal): AsyncIterable<Result<ModelEvent>> {
      heard.push(request);
      const { text, calls = [], finish, code } = await script(request, signal);
      if (signal.aborted) {
        yield err(moltbotError("TURN_STOPPED"));
        return;
      }
      if (code !== undefined) {
        yield err(moltbotError(code, { model: "m", problem: "a test" }));
        return;
      }
      for (const word of text?.split(/(?<= )/) ?? []) yield ok({ type: "text", text: word });
      for (const [at, call] of calls.entries()) yield ok({ type: "call", call: { id: `call-${String(at)}`, ...call } });
      const reason = finish ?? (calls.length > 0 ? "calls" : "stop");
      yield ok({ type: "finish", reason, inputTokens: 11, outputTokens: 7 });
    },
  };
};

export const user = (text: string): ChatMessage => ({ role: "user", text });
export const asked = (text: string, more: Partial<ChatRequest> = {}): ChatRequest => ({
  model: "moltbot",
  messages: [user(text)],
  tools: [],
  choice: "auto",
  oneCall: false,
  user: null,
  maxOutputTokens: null,
  idempotencyKey: null,
  ...more,
});

/** A real house and the surface over it. */
export const openTalk = async (wish: Partial<RealWish> & { readonly model: ModelPort }) => {
  const house = await openRealHouse({ catalog: [], ...wish });
  const openai = createOpenAi({
    operations: house.ports,
    isErased: (subject) => house.vault.erased().some((one) => one.subject === subject),
  });
  const pieces: ChatPiece[] = [];
  const chat = (request: ChatRequest, context: Partial<RequestContext> = {}): Promise<Result<ChatAnswer>> => {
    pieces.length = 0;
    return openai.chat(house.context(context), request, (piece) => void pieces.push(piece));
  };
  return {
    ...house,
    openai,
    chat,
    pieces,
    /** The words of the last answer as they were streamed. */
    streamed: (): string => pieces.flatMap((piece) => (piece.type === "text" ? [piece.text] : [])).join(""),
    events: async (): Promise<readonly string[]> => {
      const records = await house.house.audit.list(500);
      if (!records.ok) throw new Error(records.error.message);
      return records.value.map(({ event }) => event).toReversed();
    },
  };
};
export type Talk = Awaited<ReturnType<typeof openTalk>>;

export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};
