import { z } from "zod";
import { Instant } from "./ids.ts";

const key = z.string().min(1).max(200);

/** What another assistant's folder held, in our words. Nothing of it is taken for the owner's own word. */
export const ImportBatch = z.strictObject({
  from: z.enum(["openclaw"]),
  agents: z
    .array(z.strictObject({ key, name: z.string().min(1).max(80) }))
    .max(50)
    .default([]),
  conversations: z
    .array(
      z.strictObject({
        key,
        agent: key,
        title: z.string().max(200),
        messages: z
          .array(
            z.strictObject({
              role: z.enum(["user", "assistant", "tool"]),
              text: z.string().max(100_000),
              at: Instant,
            }),
          )
          .max(2_000),
      }),
    )
    .max(50)
    .default([]),
  memories: z
    .array(z.strictObject({ key, agent: key, text: z.string().min(1).max(20_000), at: Instant }))
    .max(500)
    .default([]),
});
export type ImportBatch = Readonly<z.infer<typeof ImportBatch>>;

/** What became of it; what was imported before is counted as known and not taken twice. */
export const ImportReport = z.strictObject({
  dryRun: z.boolean(),
  agents: z.int().nonnegative(),
  conversations: z.int().nonnegative(),
  messages: z.int().nonnegative(),
  memories: z.int().nonnegative(),
  known: z.int().nonnegative(),
});
export type ImportReport = Readonly<z.infer<typeof ImportReport>>;
