import { z } from "zod";

/** What a detector may notice. Signals mark and alarm; they never allow. */
export const SIGNAL_KINDS = ["hidden-text", "injection-phrase", "canary", "secret"] as const;

/** Something noticed in a text; `says` holds nothing of the text itself. */
export const Signal = z.strictObject({
  kind: z.enum(SIGNAL_KINDS),
  /** In words, such as "212 characters that cannot be seen (tags)". */
  says: z.string().max(200),
  count: z.int().positive(),
});
export type Signal = Readonly<z.infer<typeof Signal>>;
