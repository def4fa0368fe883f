import type { MoltbotError, PrincipalId } from "@moltbot/contracts";
import { MINUTE } from "./counter.ts";
import type { Counter } from "./counter.ts";

/** What was refused: a device's, or a token's. */
type Whose = { readonly deviceId: string } | { readonly tokenId: string };

/** Puts on record that something stolen or replayed was refused. */
export type NoteRefusal = (
  event: string,
  whose: Whose,
  error: MoltbotError,
  address: string,
  person: PrincipalId,
) => Promise<void>;

const problemOf = ({ code, context }: MoltbotError): string =>
  typeof context["problem"] === "string" ? context["problem"] : code;

const MOST = 10_000;

/**
 * Notes at most one refusal of a kind for each holder and minute: whoever holds something stolen must not fill the log with it. That
 * holds because problems are words of ours alone.
 */
export const createRefusals = ({ clock, recordRefusal }: Counter): NoteRefusal => {
  const noted = new Map<string, number>();
  return async (event, whose, error, address, person) => {
    const now = clock.monotonic();
    for (const [key, at] of noted) if (now - at >= MINUTE) noted.delete(key);
    const problem = problemOf(error);
    const key = `${event} ${Object.values(whose).join()} ${problem}`;
    if (noted.has(key) || noted.size >= MOST) return;
    noted.set(key, now);
    await recordRefusal({
      event,
      actor: "system",
      fields: { ...whose, principalId: person, problem },
      details: { address },
      subject: `person:${person}`,
    });
  };
};
