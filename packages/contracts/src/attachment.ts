import { z } from "zod";
import { AttachmentId, ConversationId, Instant, PrincipalId } from "./ids.ts";
import { Label } from "./label.ts";

/** A file that somebody sent: kept encrypted under a key of its own, found by what it contains. */
export const Attachment = z.strictObject({
  id: AttachmentId,
  ownerId: PrincipalId,
  conversationId: ConversationId,
  name: z.string().min(1).max(255),
  mediaType: z
    .string()
    .regex(/^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/)
    .max(127),
  bytes: z.int().nonnegative(),
  label: Label,
  createdAt: Instant,
});
export type Attachment = Readonly<z.infer<typeof Attachment>>;
