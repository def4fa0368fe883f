import type { OutboxItem } from "@moltbot/contracts";

/**
 * What became of one delivery. `refused`: it certainly did not happen and never will. `retry`: it may or may not have happened;
 * what cannot be repeated ends as `unknown` then. `problem` is a code, never content.
 */
export type Delivery =
  | { readonly kind: "sent" }
  | { readonly kind: "refused"; readonly problem: string }
  | { readonly kind: "retry"; readonly problem: string };

/** Carries the effects of one kind out of the house. An exception counts as `retry`. */
export interface Courier {
  deliver(item: OutboxItem, signal: AbortSignal): Promise<Delivery>;
}

/** Couriers by the kind of effect they carry. */
export type Couriers = ReadonlyMap<string, Courier>;
