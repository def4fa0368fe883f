import { z } from "zod";
import { Instant } from "./ids.ts";

/** Values that may stand in the clear in a record: ids, names of tools and rules, numbers. */
export const AuditFields = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type AuditFields = Readonly<z.infer<typeof AuditFields>>;

/** What is handed to the log. `details` (content, recipients, hosts, paths) is committed to by a keyed hash and kept encrypted beside it. */
export interface AuditEvent {
  /** `noun:verb`, such as `tool:intended`. */
  readonly event: string;
  /** Who acted: a principal's id, or "system". */
  readonly actor: string;
  readonly fields: AuditFields;
  readonly details?: Readonly<Record<string, string>>;
  /** Whose key encrypts the details; erasing it leaves the log valid. */
  readonly subject?: string;
}

/** One line of the log (canonical JSON, RFC 8785); its SHA-256 with prefix 0x00 is the Merkle leaf (RFC 9162). */
export const AuditRecord = z.strictObject({
  sequence: z.int().nonnegative(),
  at: Instant,
  event: z.string(),
  actor: z.string(),
  fields: AuditFields,
  /** Detail name → lower-case hex HMAC-SHA-256 of its value and a random salt. */
  commitments: z.record(z.string(), z.string().regex(/^[0-9a-f]{64}$/)),
});
export type AuditRecord = Readonly<z.infer<typeof AuditRecord>>;

/** What a record holds sealed, opened: content, recipients, hosts, paths by their names. */
export type AuditDetails = Readonly<Record<string, string>>;

/** A signed tree head: Ed25519 (RFC 8032) over the canonical bytes of the other fields. */
export const AuditHead = z.strictObject({
  size: z.int().nonnegative(),
  /** Lower-case hex of the RFC 9162 tree hash. */
  root: z.string().regex(/^[0-9a-f]{64}$/),
  at: Instant,
  /** Base64url of the raw 32-byte public key. */
  publicKey: z.string(),
  /** Base64url of the 64-byte signature. */
  signature: z.string(),
});
export type AuditHead = Readonly<z.infer<typeof AuditHead>>;

/** What a verification found. */
export const AuditReport = z.strictObject({
  ok: z.boolean(),
  records: z.int().nonnegative(),
  root: z.string(),
  head: AuditHead.nullable(),
  /** Each fault with the record it was found at; empty when ok. */
  faults: z.array(z.strictObject({ record: z.int().nullable(), code: z.string(), problem: z.string() })).readonly(),
});
export type AuditReport = Readonly<z.infer<typeof AuditReport>>;

/** What is asked of the log; every word given must fit. Times are inclusive. */
export interface AuditQuery {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly event?: string | undefined;
  readonly agent?: string | undefined;
  readonly tool?: string | undefined;
  /** As the actor, or named in the record. */
  readonly person?: string | undefined;
  readonly decision?: string | undefined;
  readonly trace?: string | undefined;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** A proof against `head` (RFC 9162, section 2.1): lower-case hex hashes, the lowest first. */
export const AuditProof = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("inclusion"),
    record: z.int().nonnegative(),
    leaf: hash,
    path: z.array(hash).readonly(),
    head: AuditHead,
  }),
  z.strictObject({
    kind: z.literal("consistency"),
    size: z.int().nonnegative(),
    /** The root that the log had at that size. */
    root: hash,
    path: z.array(hash).readonly(),
    head: AuditHead,
  }),
]);
export type AuditProof = Readonly<z.infer<typeof AuditProof>>;
