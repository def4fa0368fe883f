import { err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** SANDBOX_UNAVAILABLE, and why. */
export const unavailable = (problem: string): Result<never> => err(moltbotError("SANDBOX_UNAVAILABLE", { problem }));
