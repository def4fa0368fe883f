import { z } from "zod";
import {
  AgentId,
  ConversationId,
  Instant,
  MessageId,
  PrincipalId,
  PromptId,
  SecretId,
  ShareId,
  TeamId,
} from "./ids.ts";

/** `use`: see it and work with it; `edit`: change it; `delete`: remove it. Sharing on is the owner's alone. */
export const ACCESS_RIGHTS = ["use", "edit", "delete"] as const;
export const AccessRight = z.enum(ACCESS_RIGHTS);
export type AccessRight = z.infer<typeof AccessRight>;

/**
 * What can be shared. A conversation only with persons, only to be read, and only as far as one message: a share of it is a
 * release. A secret is used without being seen. (Skills come with the room that keeps them.)
 */
export const SharedObject = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("agent"), id: AgentId }),
  z.strictObject({ type: z.literal("prompt"), id: PromptId }),
  z.strictObject({ type: z.literal("secret"), id: SecretId }),
  z.strictObject({ type: z.literal("conversation"), id: ConversationId }),
]);
export type SharedObject = Readonly<z.infer<typeof SharedObject>>;

export const Grantee = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("person"), id: PrincipalId }),
  z.strictObject({ kind: z.literal("team"), id: TeamId }),
  /** Every active person of the tenant. */
  z.strictObject({ kind: z.literal("everyone") }),
]);
export type Grantee = Readonly<z.infer<typeof Grantee>>;

/** A deny wins over every allow, however it reaches a person. */
export const Share = z.strictObject({
  id: ShareId,
  object: SharedObject,
  to: Grantee,
  rights: z.array(AccessRight).min(1).readonly(),
  effect: z.enum(["allow", "deny"]),
  /** The last message that a shared conversation shows: the path from its root to here. Null for everything else. */
  upTo: MessageId.nullable(),
  by: PrincipalId,
  at: Instant,
});
export type Share = Readonly<z.infer<typeof Share>>;

/** Who asks for an object, as the records have it; handed to `core/access`. */
export interface AccessFacts {
  readonly person: { readonly id: PrincipalId; readonly role: string; readonly state: string };
  readonly teams: readonly TeamId[];
  /** What nobody active owns reaches nobody else. */
  readonly object: SharedObject & { readonly ownerId: PrincipalId; readonly ownerState: string };
  /** All shares of the object. */
  readonly shares: readonly Share[];
}

/** Why somebody may or may not; the first rule that decided comes first. */
export const AccessAnswer = z.strictObject({
  allowed: z.boolean(),
  because: z
    .array(
      z.strictObject({
        rule: z.enum(["owner", "deny", "share", "nothing", "state", "role", "scope"]),
        says: z.string(),
        shareId: ShareId.nullable(),
      }),
    )
    .readonly(),
});
export type AccessAnswer = Readonly<z.infer<typeof AccessAnswer>>;
