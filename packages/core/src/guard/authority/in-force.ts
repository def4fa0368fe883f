import { moltbotError } from "@moltbot/contracts";
import type { Capability, Instant, MoltbotError } from "@moltbot/contracts";
import { isAhead, isCredible } from "../instant-order.ts";

/** Why something issued does not count at that moment, in words; null when it does or has only expired. */
export const faultOf = (
  issued: Pick<Capability, "revokedAt" | "epoch" | "issuedAt">,
  epoch: number,
  now: Instant,
): string | null => {
  if (issued.revokedAt !== null) return "what it rests on was revoked";
  if (issued.epoch !== epoch) return "what it rests on ended when everything was stopped";
  if (!isCredible(issued.issuedAt, now)) return "it was issued in the future, so a clock is wrong";
  return null;
};

/** CAPABILITY_EXPIRED once `end` is reached; null before. */
export const expiryOf = (tool: string, end: Instant | "never", now: Instant): MoltbotError | null =>
  end === "never" || isAhead(end, now) ? null : moltbotError("CAPABILITY_EXPIRED", { tool });
