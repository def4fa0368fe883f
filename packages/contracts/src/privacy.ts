import { z } from "zod";
import { ConversationId, ErasureId, Instant, PrincipalId } from "./ids.ts";

/** Whom or what an export or an erasure is about. */
export const PrivacySubject = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("conversation"), id: ConversationId }),
  z.strictObject({ kind: z.literal("person"), id: PrincipalId }),
]);
export type PrivacySubject = Readonly<z.infer<typeof PrivacySubject>>;

/** Something of the subject that an erasure could not reach. */
export const OutOfReach = z.strictObject({ what: z.string(), where: z.string(), why: z.string() });
export type OutOfReach = Readonly<z.infer<typeof OutOfReach>>;

/** What an erasure did; Ed25519 (RFC 8032) over the canonical bytes (RFC 8785) of the other fields, by the key that signs the log's heads. */
export const ErasureCertificate = z.strictObject({
  id: ErasureId,
  subject: PrivacySubject,
  at: Instant,
  /** Keys destroyed. */
  keys: z.int().nonnegative(),
  /** Rows removed, by table. */
  rows: z.record(z.string(), z.int().nonnegative()),
  files: z.int().nonnegative(),
  keyring: z.strictObject({ from: z.int().nonnegative(), to: z.int().nonnegative() }),
  outOfReach: z.array(OutOfReach).readonly(),
  /** The log as it stood when the erasure was recorded. */
  audit: z.strictObject({ size: z.int().nonnegative(), root: z.string() }),
  publicKey: z.string(),
  signature: z.string(),
});
export type ErasureCertificate = Readonly<z.infer<typeof ErasureCertificate>>;

/** What is kept in one place, and what becomes of it. */
export const InventoryEntry = z.strictObject({
  /** A table, or a folder of the home. */
  place: z.string(),
  holds: z.string(),
  personal: z.boolean(),
  /** Whose keys seal it; empty where nothing of it is content. */
  sealedBy: z.array(z.string()).readonly(),
  /** What stays readable to somebody who has the engine's files but no key of a subject. */
  clear: z.array(z.string()).readonly(),
  /** How long it is kept, in words. */
  kept: z.string(),
  /** What an erasure does to it. */
  erased: z.string(),
});
export type InventoryEntry = Readonly<z.infer<typeof InventoryEntry>>;

/** A file to hand out, whole. */
export const Download = z.strictObject({
  name: z.string(),
  mediaType: z.string(),
  /** Base64. */
  content: z.string(),
});
export type Download = Readonly<z.infer<typeof Download>>;
