import { z } from "zod";
import { Instant, PrincipalId, PromptId } from "./ids.ts";

/** A text that somebody keeps to begin messages with. Somebody else's counts as their words, never as those of whoever uses it. */
export const Prompt = z.strictObject({
  id: PromptId,
  ownerId: PrincipalId,
  name: z.string(),
  text: z.string(),
  /**
   * Whose words the text is: whoever changed it last, and they are theirs for its owner too, until the owner changes it. Null: it
   * came by a credential whose words count as nobody's.
   */
  writtenBy: PrincipalId.nullable(),
  createdAt: Instant,
  updatedAt: Instant,
});
export type Prompt = Readonly<z.infer<typeof Prompt>>;
