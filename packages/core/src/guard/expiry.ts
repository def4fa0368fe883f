import { instantOf, millisecondsOf } from "@moltbot/contracts";
import type { Capability, CapabilityWish, Instant } from "@moltbot/contracts";

const DAY = 86_400_000;

/** So many days before an instant. */
export const daysBefore = (now: Instant, days: number): Instant => instantOf(millisecondsOf(now) - days * DAY);

/** When a grant made now ends; "never" is what a person spelled out. */
export const expiryOf = (expires: CapabilityWish["expires"], now: Instant): Capability["expiresAt"] =>
  expires === "never" ? expires : instantOf(millisecondsOf(now) + expires * DAY);
