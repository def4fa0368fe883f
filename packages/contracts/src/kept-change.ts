import { z } from "zod";
import { AgentId, CallId, ConversationId, Instant } from "./ids.ts";

/**
 * What stands in files that were changed: `standing`: what the change left; `back`: what stood there before it; `changed`: something
 * else; `unknown`: it was too much to look at.
 */
const CHANGE_STATES = ["standing", "back", "changed", "unknown"] as const;

/** A change of files that is kept so that its person can undo it: an agent's call, or an undo, which can be undone too. */
export const KeptChange = z.strictObject({
  /** The id to undo it by. */
  callId: CallId,
  agentId: AgentId,
  /** Where the call was made; null for an undo. */
  conversationId: ConversationId.nullable(),
  /** `undo` for an undo. */
  tool: z.string(),
  at: Instant,
  /** What an undo took back; null for a call. */
  undoes: CallId.nullable(),
  state: z.enum(CHANGE_STATES),
  /** How many files in all; the first of them follow. */
  count: z.int().min(0),
  files: z
    .array(
      z.strictObject({
        /** Relative to the agent's workspace. */
        path: z.string(),
        /** How many bytes stood there before; null: there was no file. */
        before: z.int().min(0).nullable(),
        /** How many bytes stand there now; null: there is no file, or it was not looked at. */
        now: z.int().min(0).nullable(),
        state: z.enum(CHANGE_STATES),
      }),
    )
    .readonly(),
});
export type KeptChange = Readonly<z.infer<typeof KeptChange>>;
