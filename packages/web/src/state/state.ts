import type {
  Agent,
  AgentId,
  Approval,
  ApprovalMeasures,
  Capability,
  Contact,
  Conversation,
  ConversationId,
  DomainEvent,
  Memory,
  Message,
  MessagePart,
  OwnRole,
  Person,
  Plan,
  Principal,
  Reminder,
  ResumeReport,
  Share,
  Signal,
  Status,
  Stop,
  StopReport,
  TurnId,
  TurnReport,
} from "@moltbot/contracts";
import type { Me } from "../people/may.ts";

/** What went wrong and what to do about it, as sentences. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

/** A problem that belongs beside what the person entered; `path` names the place when the gateway does. */
export interface FieldProblem extends Problem {
  readonly path: string | null;
}

/** Words of somebody else that go with a message. */
export interface Block {
  readonly kind: Extract<MessagePart, { type: "quote" }>["kind"];
  readonly text: string;
}

/**
 * `starting`: not known yet; `signed-out`: needs a link; `pairing`: this browser came with a pairing code; `unreachable`: no gateway
 * answers; `locked`: its vault is; `ready`: signed in.
 */
export type Phase = "starting" | "signed-out" | "pairing" | "unreachable" | "locked" | "ready";

/** `lost`: events no longer arrive and the connection is tried again. */
export type Connection = "connecting" | "open" | "lost";

/** A reply while it is written. */
export interface LiveReply {
  readonly turnId: TurnId;
  readonly text: string;
}

/** Something was noticed in what came from outside; `where` is the gateway's own word for the place. */
export interface Alarm {
  readonly conversationId: ConversationId;
  readonly where: string;
  readonly signals: readonly Signal[];
  /** How many came before it and were not put away. */
  readonly earlier: number;
}

/** Everything the screen shows; changed by `reduce` alone. */
export interface State {
  readonly phase: Phase;
  readonly signInProblem: Problem | null;
  /** What opens the vault, or what pairs this browser, is on its way to the gateway. */
  readonly unlocking: boolean;
  readonly principal: Me | null;
  /** Who is in the house; empty until it is known. */
  readonly people: readonly Person[];
  /** What one shares, and with whom. */
  readonly shares: readonly Share[];
  readonly agent: Agent | null;
  readonly agents: readonly Agent[];
  readonly status: Status | null;
  readonly connection: Connection;
  readonly problem: Problem | null;
  readonly conversations: readonly Conversation[];
  /** The open conversation; null: a new one that has no message yet. */
  readonly conversationId: ConversationId | null;
  /** Conversations that were erased while this page was open: whatever was found in them is shown no more. */
  readonly erased: Readonly<Record<string, true>>;
  readonly loading: boolean;
  /** Messages by conversation, oldest first. */
  readonly messages: Readonly<Record<string, readonly Message[]>>;
  /** The running turn by conversation. */
  readonly turns: Readonly<Record<string, TurnId>>;
  /** Turns that are over: an older report of one that arrives late starts nothing. */
  readonly ended: Readonly<Record<string, true>>;
  /** Plans heard of since this page was opened, by conversation. */
  readonly plans: Readonly<Record<string, readonly Plan[]>>;
  /** The reply being written by conversation. */
  readonly live: Readonly<Record<string, LiveReply>>;
  /** The text on its way to the gateway. */
  readonly sending: string | null;
  /** The blocks that go with it. */
  readonly sendingBlocks: readonly Block[];
  /** Every question heard of, by id. */
  readonly approvals: Readonly<Record<string, Approval>>;
  /** Questions that waited while this page was open. */
  readonly waited: Readonly<Record<string, true>>;
  /** Questions that this page answered. */
  readonly answered: Readonly<Record<string, true>>;
  readonly reminders: readonly Reminder[] | null;
  readonly memories: readonly Memory[] | null;
  readonly capabilities: readonly Capability[] | null;
  readonly contacts: readonly Contact[] | null;
  readonly measures: ApprovalMeasures | null;
  /** The stop in force; null when nothing is stopped. */
  readonly stopped: Stop | null;
  /** What the last stop or resume of this page did; null when there was none, or it was put away. */
  readonly stopReport: StopReport | null;
  readonly resumeReport: ResumeReport | null;
  /** The newest thing that was noticed; null when there is none, or it was put away. */
  readonly alarm: Alarm | null;
  /** How often something was heard of each: what is shown of it is loaded anew. */
  readonly heard: Readonly<Record<"people" | "shares" | "devices" | "files" | "packages", number>>;
  /** What a screen reader should say next; `count` tells two equal sentences apart. */
  readonly announcement: { readonly text: string; readonly count: number };
}

export type Action =
  | { readonly type: "signed-in"; readonly principal: Principal }
  | { readonly type: "signed-out"; readonly problem: Problem | null }
  | { readonly type: "unreachable"; readonly problem: Problem }
  | { readonly type: "locked"; readonly problem: Problem | null }
  | { readonly type: "unlocking" }
  | { readonly type: "pairing"; readonly problem: Problem | null }
  | { readonly type: "people"; readonly people: readonly Person[]; readonly roles: readonly OwnRole[] }
  | { readonly type: "shares"; readonly shares: readonly Share[] }
  | { readonly type: "agents"; readonly agents: readonly Agent[] }
  | { readonly type: "status"; readonly status: Status }
  | { readonly type: "conversations"; readonly conversations: readonly Conversation[] }
  | { readonly type: "opened"; readonly conversationId: ConversationId | null }
  | { readonly type: "talk-to"; readonly agentId: AgentId }
  | { readonly type: "messages"; readonly conversationId: ConversationId; readonly messages: readonly Message[] }
  | { readonly type: "approvals"; readonly approvals: readonly Approval[] }
  | { readonly type: "reminders"; readonly reminders: readonly Reminder[] }
  | { readonly type: "memories"; readonly memories: readonly Memory[] }
  | { readonly type: "capabilities"; readonly capabilities: readonly Capability[] }
  | { readonly type: "answering"; readonly approvalIds: readonly string[]; readonly counts: boolean }
  | { readonly type: "contacts"; readonly contacts: readonly Contact[] }
  | { readonly type: "alarm-seen" }
  | { readonly type: "measures"; readonly measures: ApprovalMeasures }
  | { readonly type: "stopped"; readonly report: StopReport }
  | { readonly type: "resumed"; readonly report: ResumeReport | null }
  | { readonly type: "sending"; readonly text: string; readonly blocks?: readonly Block[] }
  | { readonly type: "sent"; readonly report: TurnReport; readonly fresh: boolean }
  | { readonly type: "not-sent"; readonly problem: Problem }
  | { readonly type: "turn"; readonly report: TurnReport }
  | { readonly type: "event"; readonly event: DomainEvent }
  | { readonly type: "connection"; readonly connection: Connection }
  | { readonly type: "problem"; readonly problem: Problem | null };

export const INITIAL_STATE: State = Object.freeze({
  phase: "starting",
  signInProblem: null,
  unlocking: false,
  principal: null,
  people: [],
  shares: [],
  agent: null,
  agents: [],
  status: null,
  connection: "connecting",
  problem: null,
  conversations: [],
  conversationId: null,
  erased: {},
  loading: false,
  messages: {},
  turns: {},
  ended: {},
  plans: {},
  live: {},
  sending: null,
  sendingBlocks: [],
  approvals: {},
  waited: {},
  answered: {},
  reminders: null,
  memories: null,
  capabilities: null,
  contacts: null,
  measures: null,
  stopped: null,
  stopReport: null,
  resumeReport: null,
  alarm: null,
  heard: { people: 0, shares: 0, devices: 0, files: 0, packages: 0 },
  announcement: { text: "", count: 0 },
});
