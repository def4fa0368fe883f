import { z } from "zod";
import { Instant, PrincipalId, SecretId } from "./ids.ts";

export const SECRET_KINDS = ["api-key", "token", "password", "certificate", "other"] as const;

/** Headers that the wire itself sets, or whose words change where a request goes; in lower case. Nobody else sets one. */
export const HEADERS_OF_THE_WIRE: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "transfer-encoding",
  "content-length",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

/** The header in which alone a secret is sent (RFC 9110, 5.6.2); its letters' case means nothing. */
export const SecretHeader = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/)
  .refine((name) => !HEADERS_OF_THE_WIRE.has(name.toLowerCase()), "no header of the connection itself");

/** What may be known of a secret; its value is lent to egress by name and shown to nobody. */
export const SecretInfo = z.strictObject({
  id: SecretId,
  /** Unique among those of one owner. */
  name: z.string(),
  kind: z.enum(SECRET_KINDS),
  /** Exact hosts (with a port or without) it may be sent to. */
  hosts: z.array(z.string()).readonly(),
  /** The header in which alone it is sent; absent: whoever sends it says which. */
  header: SecretHeader.optional(),
  /** Whose it is; null: the house's, kept by whoever owns the house. */
  ownerId: PrincipalId.nullable(),
  createdAt: Instant,
  /** When its value was last replaced. */
  rotatedAt: Instant,
  /** Not lent afterwards. */
  expiresAt: Instant.nullable(),
  rotateEveryDays: z.int().min(1).max(3_650).nullable(),
  /** To the minute; null: never. */
  lastUsedAt: Instant.nullable(),
  /** Whether its schedule asks for a new value. */
  rotationDue: z.boolean(),
});
export type SecretInfo = Readonly<z.infer<typeof SecretInfo>>;
