import { err, moltbotError } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** The answer for what does not exist and for what the scope may not see: nobody can tell which. */
export const notFound = (kind: string): Result<never> => err(moltbotError("NOT_FOUND", { kind }));
