import type {
  ClockPort,
  Conversation,
  IdPort,
  Label,
  Message,
  MessagePart,
  ModelPort,
  ModelTool,
  Result,
  StoredAgent,
  Approval,
  ToolCall,
  Turn,
  TurnEnd,
} from "@moltbot/contracts";

export type ResultPart = Extract<MessagePart, { type: "result" }>;

/** What became of a call: a result to go on with, or a question that a person must answer first. */
export type Performed =
  | { readonly kind: "result"; readonly part: ResultPart; readonly label: Label }
  | { readonly kind: "waiting"; readonly approval: Approval };

/** What a turn may take before it is ended. */
export interface TurnLimits {
  /** Model calls in one turn. */
  readonly steps: number;
  /** Newest messages of the path that enter a view. */
  readonly viewMessages: number;
  /** Output tokens of one model call. */
  readonly outputTokens: number;
}

/** Everything a turn can reach. It asks for tools through `perform`; it cannot run them. */
export interface TurnPorts {
  readonly agent: StoredAgent;
  readonly conversation: Conversation;
  readonly model: ModelPort;
  readonly tools: readonly ModelTool[];
  readonly limits: TurnLimits;
  readonly clock: ClockPort;
  readonly ids: IdPort;
  /** The newest messages of the conversation's active head, oldest first. */
  path(): Promise<Result<readonly Message[]>>;
  /** decide → record → run → record, for one call. */
  perform(call: ToolCall, stated: readonly string[]): Promise<Result<Performed>>;
  /** Appends a message of this turn and records its progress, durably and together. */
  append(message: Message, steps: number): Promise<Result<Message>>;
  /** Appends the message that ends the turn and records the end, durably and together: exactly one end. */
  finish(message: Message, end: Omit<TurnEnd, "messageId">): Promise<Result<Message>>;
  /** A piece of the reply, for whoever watches; may be lost. */
  delta(text: string): void;
}

/** How a run of the turn loop left the turn. */
export type TurnOutcome =
  | { readonly kind: "ended"; readonly message: Message; readonly end: TurnEnd }
  | { readonly kind: "waiting"; readonly approvals: readonly Approval[] };

export interface TurnRun {
  readonly ports: TurnPorts;
  readonly turn: Turn;
  readonly signal: AbortSignal;
}
