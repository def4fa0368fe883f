import { z } from "zod";
import {
  AgentId,
  CallId,
  CapabilityId,
  ConversationId,
  Instant,
  PrincipalId,
  TenantId,
  ToolName,
  TurnId,
} from "./ids.ts";
import { JsonValue } from "./json.ts";
import { Source } from "./label.ts";
import { Undo } from "./tool.ts";
import { HTTP_METHODS, isPathUnder } from "./url-path.ts";

const argument = z.string().min(1).max(100);
/** A stranger's megabyte in a limit would be copied into every decision that meets it. */
const MOST_ITEMS = 200;
const LONGEST_ITEM = 2_000;
const item = z.string().max(LONGEST_ITEM);
const value = JsonValue.refine(
  (given) => (JSON.stringify(given) ?? "").length <= LONGEST_ITEM,
  `at most ${String(LONGEST_ITEM)} characters of JSON`,
);
const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

/**
 * A typed limit. Those with an `argument` are checked against the canonical arguments and what they resolve to, the others
 * against the call as a whole and what the capability was used for before. A kind that is not known never holds.
 */
export const Constraint = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("equals"), argument, value }),
  z.strictObject({ kind: z.literal("one-of"), argument, values: z.array(value).min(1).max(MOST_ITEMS).readonly() }),
  z.strictObject({ kind: z.literal("at-most"), argument, limit: z.number() }),
  /** `host:port`, exactly. A program that is given no host reaches none, and so keeps to it, also to an empty list. */
  z.strictObject({ kind: z.literal("host-in"), argument, hosts: z.array(item).max(MOST_ITEMS).readonly() }),
  /** One of these methods, in capitals. */
  z.strictObject({ kind: z.literal("method-in"), argument, methods: z.array(z.enum(HTTP_METHODS)).min(1).readonly() }),
  /** A web address whose path is one of these or lies under it, step by step. It says nothing about the host. */
  z.strictObject({
    kind: z.literal("path-prefix"),
    argument,
    prefixes: z
      .array(item.refine((prefix) => isPathUnder(prefix, prefix), "a plain path that begins with /"))
      .min(1)
      .max(MOST_ITEMS)
      .readonly(),
  }),
  /** A folder relative to the workspace; "" is the workspace itself. */
  z.strictObject({ kind: z.literal("path-within"), argument, root: item }),
  /** `*` stands for any characters, everything else for itself; the whole value must match. */
  z.strictObject({ kind: z.literal("matches"), argument, pattern: z.string().min(1).max(500) }),
  /** Every resolved recipient is one of these canonical addresses. */
  z.strictObject({
    kind: z.literal("recipient-in"),
    argument,
    recipients: z.array(item).min(1).max(MOST_ITEMS).readonly(),
  }),
  /** Every program that the argument starts is one of these, by the very name or path that it is started with. It says nothing about what that one starts. */
  z.strictObject({
    kind: z.literal("program-in"),
    argument,
    programs: z.array(item.min(1)).min(1).max(MOST_ITEMS).readonly(),
  }),
  /** At most `limit` uses in any `seconds`. */
  z.strictObject({ kind: z.literal("rate"), limit: z.int().positive(), seconds: z.int().positive().max(31_622_400) }),
  /** At most `limit` uses in all. */
  z.strictObject({ kind: z.literal("count"), limit: z.int().positive() }),
  /** The sum of this argument over all uses, this one included, is at most `limit`; a negative amount never fits. */
  z.strictObject({ kind: z.literal("cost"), argument, limit: z.number().nonnegative() }),
  /** At most `limit` bytes of canonical arguments (UTF-8) over all uses, this one included. */
  z.strictObject({ kind: z.literal("bytes"), limit: z.int().positive() }),
  /** From `from` until before `to` on these days (0 is Sunday) in an IANA time zone; `to` before `from` passes midnight. */
  z.strictObject({
    kind: z.literal("time-window"),
    days: z.array(z.int().min(0).max(6)).min(1).readonly(),
    from: clock,
    to: clock,
    zone: z.string().max(64),
  }),
  /** The tool is at most this hard to take back. */
  z.strictObject({ kind: z.literal("reversible"), atMost: Undo }),
]);
export type Constraint = Readonly<z.infer<typeof Constraint>>;

/** Permission for data of one source to reach one sink (`host:port`, a canonical address, or "public"). `any`: every source. */
export const Release = z.strictObject({
  source: z.union([z.literal("any"), Source]),
  to: z.string().min(1).max(300),
});
export type Release = Readonly<z.infer<typeof Release>>;

/** How long an answer holds. */
export const SCOPES = ["once", "task", "conversation", "always"] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

/** Where a capability holds: everywhere, in one conversation, or in one turn. */
export const CapabilityReach = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("always") }),
  z.strictObject({ kind: z.literal("conversation"), conversationId: ConversationId }),
  z.strictObject({ kind: z.literal("task"), turnId: TurnId }),
]);
export type CapabilityReach = z.infer<typeof CapabilityReach>;

/** A standing grant held by a principal. `expiresAt` is required; "never" is what the owner spelled out. */
export const Capability = z.strictObject({
  id: CapabilityId,
  tenantId: TenantId,
  holder: AgentId,
  tool: ToolName,
  permissions: z.array(z.string()).readonly(),
  constraints: z.array(Constraint).readonly(),
  /** What this capability may let out beyond its readers; absent: nothing. */
  release: z.array(Release).readonly().optional(),
  rights: z
    .array(z.enum(["use", "delegate"]))
    .min(1)
    .readonly(),
  reach: CapabilityReach,
  expiresAt: z.union([Instant, z.literal("never")]),
  parent: CapabilityId.nullable(),
  epoch: z.int().nonnegative(),
  issuedBy: PrincipalId,
  issuedAt: Instant,
  revokedAt: Instant.nullable(),
  reason: z.string().max(500),
});
export type Capability = Readonly<z.infer<typeof Capability>>;

/** What a capability was used for so far. */
export interface CapabilityUsage {
  readonly capabilityId: CapabilityId;
  readonly count: number;
  /** Canonical arguments of all uses, in UTF-8 bytes. */
  readonly bytes: number;
  /** For each numeric argument, its sum over all uses. */
  readonly amounts: Readonly<Record<string, number>>;
  /** When it was used, newest first; at most the newest thousand. */
  readonly recent: readonly Instant[];
}

/** One use, written in the transaction that admits the call. */
export interface CapabilityUse {
  readonly capabilityId: CapabilityId;
  readonly callId: CallId;
  readonly at: Instant;
  readonly bytes: number;
  readonly amounts: Readonly<Record<string, number>>;
}

/** What an owner asks for when granting without a question. Expiry is spelled out; "never" is allowed and shown. */
export const CapabilityWish = z.strictObject({
  holder: AgentId,
  tool: ToolName,
  constraints: z.array(Constraint).max(50).readonly().default([]),
  release: z.array(Release).max(50).readonly().default([]),
  rights: z
    .array(z.enum(["use", "delegate"]))
    .min(1)
    .readonly()
    .default(["use"]),
  expires: z.union([z.int().min(1).max(3650), z.literal("never")]),
  reason: z.string().trim().min(1).max(500),
});
export type CapabilityWish = z.infer<typeof CapabilityWish>;

/** The reason that the grants an agent starts with carry: what it may do inside its own workspace and memory. */
export const STARTING_GRANT = "granted when the agent was created: its own workspace and memory";
