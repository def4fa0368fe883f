import { z } from "zod";

/** Names of headers (RFC 9110, 5.6.2), in which nothing can be hidden. */
const HeaderName = z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/);
const HeaderValue = z
  .string()
  .max(2_000)
  .regex(/^[\x20-\x7e]*$/);
/** Headers that servers take credentials from: elsewhere a secret could be shown again, or written to a log. */
const CredentialHeader = HeaderName.regex(/auth|key|token|secret/i);

/** Headers of a request: at most 30, in plain characters. */
export const RequestHeaders = z
  .record(HeaderName, HeaderValue)
  .refine((given) => Object.keys(given).length <= 30, "at most 30 headers");
const Secret = z.strictObject({
  /** What it is called in the vault; its value is never an argument. */
  name: z.string().min(1).max(100),
  keptBy: z.enum(["me", "house"]).default("me"),
  /** Left out: the one that it is bound to, otherwise Authorization. */
  header: CredentialHeader.exactOptional(),
  /** Left out: what is usual in its header. */
  prefix: z
    .string()
    .max(40)
    .regex(/^[\x20-\x7e]*$/)
    .exactOptional(),
});

const shared = {
  url: z.string().min(1).max(4096),
  headers: RequestHeaders.exactOptional(),
  secret: Secret.exactOptional(),
};

export const readInput = z.strictObject({ method: z.enum(["GET", "HEAD"]), ...shared });
export const sendInput = z.strictObject({
  method: z.enum(["POST", "PUT", "PATCH", "DELETE"]),
  ...shared,
  body: z.string().max(100_000).exactOptional(),
});
export type Arguments = z.infer<typeof readInput> | z.infer<typeof sendInput>;
