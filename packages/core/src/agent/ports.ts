import type {
  ClockPort,
  Conversation,
  IdPort,
  Label,
  ManifestFacts,
  Message,
  MessagePart,
  ModelPort,
  ModelTool,
  Plan,
  PlanWish,
  Result,
  StoredAgent,
  Approval,
  ToolCall,
  Turn,
  TurnEnd,
} from "@moltbot/contracts";

export type ResultPart = Extract<MessagePart, { type: "result" }>;

/** What became of a call: a result to go on with, a question that a person must answer first, or a leave that waits its turn. */
export type Performed =
  | { readonly kind: "result"; readonly part: ResultPart; readonly label: Label }
  | { readonly kind: "waiting"; readonly approval: Approval }
  /** It would be allowed, and was not run, because it was asked for with `hold`. */
  | { readonly kind: "held" };

/** What a turn may take before it is ended. */
export interface TurnLimits {
  /** Model calls in one turn. */
  readonly steps: number;
  /** Newest messages of the path that enter a view, beside those of the turn itself. */
  readonly viewMessages: number;
  /** Output tokens of one model call. */
  readonly outputTokens: number;
  /** Bits that quarantined readers may let into the views of one turn. */
  readonly readerBits: number;
}

/** The skills of an agent, as the model hears of them before it reads one. */
export interface SkillsInSight {
  /** The owner's own words alone: what a stranger wrote of theirs would stand in every clean view. */
  readonly own: readonly { readonly name: string; readonly description: string }[];
  /** How many more there are. */
  readonly others: number;
}

/** Everything a turn can reach. It asks for tools through `perform`; it cannot run them. */
export interface TurnPorts {
  readonly agent: StoredAgent;
  readonly conversation: Conversation;
  readonly model: ModelPort;
  readonly tools: readonly ModelTool[];
  /** The skills that it may read; absent: none. */
  readonly skills?: SkillsInSight;
  /** What the house knows of its tools, for their effects; a tool that is missing counts as one with an effect. */
  readonly catalog: readonly ManifestFacts[];
  readonly limits: TurnLimits;
  readonly clock: ClockPort;
  readonly ids: IdPort;
  /** The newest messages of the conversation's active head and all of this turn, oldest first. */
  path(): Promise<Result<readonly Message[]>>;
  /** decide → record → run → record, for one call. With `hold`, a call that would be allowed is not run; a question it needs is put at once. */
  perform(call: ToolCall, stated: readonly string[], hold: boolean): Promise<Result<Performed>>;
  /** Has the guard commit what the model planned under a view of that label; PLAN_INVALID or PLAN_TOO_LATE otherwise. */
  commitPlan(wish: PlanWish, label: Label): Promise<Result<Plan>>;
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
