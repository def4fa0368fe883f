import { z } from "zod";
import { SharedObject } from "./access.ts";
import { Approval } from "./approval.ts";
import { Message } from "./conversation.ts";
import {
  AgentId,
  ApprovalId,
  CallId,
  ConversationId,
  EventId,
  Instant,
  PrincipalId,
  TeamId,
  TenantId,
  TurnId,
} from "./ids.ts";
import { TurnEnd } from "./job.ts";
import { Person, Team } from "./people.ts";
import { Plan } from "./plan.ts";
import { Signal } from "./signal.ts";
import { Stop } from "./stop.ts";

/** One kind of event: its name is `noun:verb`; its version rises when the schema changes. */
interface EventKind<S extends z.ZodType> {
  readonly version: number;
  readonly schema: S;
}
const kind = <S extends z.ZodType>(version: number, schema: S): EventKind<S> => Object.freeze({ version, schema });
const turn = { conversationId: ConversationId, agentId: AgentId, turnId: TurnId };

/** Every domain event, with schema and version. */
export const EVENT_KINDS = Object.freeze({
  "agent:started": kind(1, z.strictObject(turn)),
  "agent:stopped": kind(1, z.strictObject({ ...turn, end: TurnEnd })),
  "message:received": kind(1, z.strictObject({ conversationId: ConversationId, message: Message })),
  "message:delta": kind(1, z.strictObject({ ...turn, text: z.string() })),
  "message:sent": kind(1, z.strictObject({ conversationId: ConversationId, message: Message })),
  "tool:executed": kind(
    1,
    z.strictObject({
      ...turn,
      callId: CallId,
      tool: z.string(),
      status: z.enum(["ok", "refused", "failed", "unknown"]),
    }),
  ),
  "approval:requested": kind(1, z.strictObject({ conversationId: ConversationId, approval: Approval })),
  "approval:answered": kind(
    1,
    z.strictObject({ conversationId: ConversationId, approvalId: ApprovalId, state: z.string() }),
  ),
  "plan:committed": kind(1, z.strictObject({ ...turn, plan: Plan })),
  "signal:raised": kind(
    1,
    z.strictObject({ conversationId: ConversationId, where: z.string(), signals: z.array(Signal) }),
  ),
  /** A person put back what stood in files; `undoId` undoes that. */
  "file:undone": kind(1, z.strictObject({ agentId: AgentId, callId: CallId, undoId: CallId })),
  "source:removed": kind(1, z.strictObject({ source: z.string(), removed: z.int() })),
  "reminder:fired": kind(1, z.strictObject({ conversationId: ConversationId, message: Message })),
  "system:stopped": kind(1, z.strictObject({ stop: Stop })),
  "system:resumed": kind(1, z.strictObject({ stop: Stop })),
  "vault:locked": kind(1, z.strictObject({ reason: z.enum(["person", "idle"]) })),
  "subject:erased": kind(1, z.strictObject({ kind: z.enum(["conversation", "person"]), id: z.string() })),
  "backup:made": kind(1, z.strictObject({ id: z.string(), kind: z.enum(["backup", "keyring"]) })),
  "job:died": kind(1, z.strictObject({ jobId: z.string(), kind: z.string(), problem: z.string() })),
  "secret:due": kind(1, z.strictObject({ name: z.string() })),
  "person:changed": kind(1, z.strictObject({ person: Person })),
  /** `team`: null when it was removed. */
  "team:changed": kind(1, z.strictObject({ teamId: TeamId, team: Team.nullable() })),
  "share:changed": kind(1, z.strictObject({ object: SharedObject, by: PrincipalId })),
  "device:changed": kind(1, z.strictObject({ deviceId: z.string(), state: z.enum(["paired", "revoked", "reused"]) })),
  /** Something of a package changed: it was installed, updated, stopped, started or removed, or an update waits. */
  "package:changed": kind(1, z.strictObject({ kind: z.enum(["plugin", "skill"]), name: z.string() })),
  /** A plugin told something of its own; `data` is JSON text of at most 1 KiB, and nobody's word. */
  "plugin:emitted": kind(1, z.strictObject({ plugin: z.string(), name: z.string(), data: z.string() })),
  "config:changed": kind(1, z.strictObject({ keys: z.array(z.string()) })),
  "error:occurred": kind(
    1,
    z.strictObject({ code: z.string(), conversationId: ConversationId.nullable(), turnId: TurnId.nullable() }),
  ),
});
export type EventName = keyof typeof EVENT_KINDS;
export type EventPayload<N extends EventName> = z.infer<(typeof EVENT_KINDS)[N]["schema"]>;

/** A published event; `audience` says who may see it. */
export type DomainEvent = {
  [N in EventName]: {
    readonly id: EventId;
    readonly name: N;
    readonly version: number;
    readonly at: Instant;
    readonly tenantId: TenantId;
    readonly audience: readonly PrincipalId[];
    readonly payload: EventPayload<N>;
  };
}[EventName];

/** The one typed bus. Listeners never slow or fail the publisher. */
export interface EventBus {
  publish<N extends EventName>(
    name: N,
    to: { readonly tenantId: TenantId; readonly audience: readonly PrincipalId[] },
    payload: EventPayload<N>,
  ): void;
  /** Returns the function that ends the subscription. */
  subscribe(listener: (event: DomainEvent) => void): () => void;
}
