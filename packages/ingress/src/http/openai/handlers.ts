import type { JsonObject, RequestContext, Result } from "@moltbot/contracts";

/** A call as the client's chat protocol carries it: the model's id and name for it, and its arguments as JSON text. */
export interface ChatCall {
  readonly id: string;
  readonly tool: string;
  readonly arguments: string;
}

/** One message that a client sent. Whoever it says it is from, it is what the client sent. */
export type ChatMessage =
  | { readonly role: "system" | "user"; readonly text: string }
  | { readonly role: "assistant"; readonly text: string; readonly calls: readonly ChatCall[] }
  | { readonly role: "tool"; readonly callId: string; readonly text: string };

/** A tool of the client: it runs there, never here. */
export interface ChatTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonObject;
}

/** Whether the model may, must not or must call; or the one tool that it must call. */
export type ChatChoice = "auto" | "none" | "required" | { readonly tool: string };

/** One request for a completion, parsed. With `tools` it is stateless; without, it is a turn of an agent. */
export interface ChatRequest {
  /** The agent, by id or name. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly ChatTool[];
  readonly choice: ChatChoice;
  /** At most one call in the answer. */
  readonly oneCall: boolean;
  /** Whatever text tells the client's conversations apart; null when it sent none. */
  readonly user: string | null;
  readonly maxOutputTokens: number | null;
  readonly idempotencyKey: string | null;
}

/** What is handed on while an answer is being made. `begun`: the request was taken; errors no longer have a status of their own. */
export type ChatPiece =
  | { readonly type: "begun" }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "call"; readonly call: ChatCall };

export type ChatFinish = "stop" | "length" | "tool_calls" | "content_filter";

/** A whole answer. */
export interface ChatAnswer {
  readonly text: string;
  readonly calls: readonly ChatCall[];
  readonly finish: ChatFinish;
  /** Null where nobody counted them. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | null;
  /** The turn that it was; null for a stateless completion. `code`: why it failed. */
  readonly turn: {
    readonly id: string;
    readonly conversationId: string;
    readonly state: string;
    readonly code: string | null;
  } | null;
}

/** An agent, as clients that choose among models see it. */
export interface ChatModel {
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
}

/** What the gateway answers on the OpenAI-compatible surface. */
export interface OpenAiHandlers {
  models(context: RequestContext): Promise<Result<readonly ChatModel[]>>;
  /** Hands pieces to `emit` in order, and gives the whole; the context's signal is raised when the client goes away. */
  chat(context: RequestContext, request: ChatRequest, emit: (piece: ChatPiece) => void): Promise<Result<ChatAnswer>>;
}
