import { z } from "zod";
import { Instant } from "./ids.ts";

/** Who or what a budget is of. `sender`: somebody on a chat network; `house`: everybody together. */
export const USAGE_SUBJECTS = ["house", "person", "token", "device", "sender", "agent", "model"] as const;
/** What is counted: model tokens, and money in millionths of the currency of the settings. */
export const USAGE_UNITS = ["tokens", "money"] as const;

/** What one subject used of one thing on one day of UTC, and what it may. */
export const Usage = z.strictObject({
  /** `YYYY-MM-DD`, UTC. */
  day: z.iso.date(),
  subject: z.strictObject({ kind: z.enum(USAGE_SUBJECTS), id: z.string() }),
  unit: z.enum(USAGE_UNITS),
  used: z.int().nonnegative(),
  /** Null: no limit. */
  limit: z.int().nonnegative().nullable(),
});
export type Usage = Readonly<z.infer<typeof Usage>>;

export const UsageReport = z.strictObject({
  /** Newest day first. */
  rows: z.array(Usage).readonly(),
  /** ISO 4217, as the settings say. */
  currency: z.string(),
  /** Models without a price in the settings, whose money is not counted: of the house those that answered, of oneself those that are set up. */
  unpriced: z.array(z.string()).readonly(),
  renewsAt: Instant,
});
export type UsageReport = Readonly<z.infer<typeof UsageReport>>;
