import { z } from "zod";
import { ConversationId, Instant, MessageId } from "./ids.ts";

/** What the search of this engine can do beside finding all the whole words of a query. */
export const SearchAbilities = z.strictObject({
  /** `"two words"` in quotation marks must stand together. */
  phrase: z.boolean(),
  /** `begin*` finds every word that begins so. */
  prefix: z.boolean(),
});
export type SearchAbilities = Readonly<z.infer<typeof SearchAbilities>>;

/** One message that has all the words. */
export const SearchHit = z.strictObject({
  messageId: MessageId,
  conversationId: ConversationId,
  title: z.string(),
  role: z.enum(["user", "assistant", "tool", "notice"]),
  at: Instant,
  /** A few words around the first place, one line; `matches` are the places in it, as UTF-16 offsets. */
  snippet: z.string(),
  matches: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])).readonly(),
});
export type SearchHit = Readonly<z.infer<typeof SearchHit>>;
