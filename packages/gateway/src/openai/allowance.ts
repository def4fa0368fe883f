import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Instant, Principal, PrincipalId, Result } from "@moltbot/contracts";
import type { House } from "../house.ts";

/** Completions that one person may have running at a time: a turn has the workers' queue before it, these have nothing. */
export const MOST_AT_ONCE = 4;
/** The event that holds what a completion used, under `inputTokens` and `outputTokens`. */
export const ANSWERED = "model:answered";

const PAGE = 1_000;

/** A place among those that run. */
export interface Admission {
  /** Counts what the answer used; the record of it stands in the log. */
  readonly used: (tokens: number) => void;
  readonly leave: () => void;
}

/** Counts what runs for whom, and what each person's programs used today. */
interface Allowance {
  /** BUDGET_EXHAUSTED when too many run, or when today's tokens are used up. */
  enter(by: Pick<Principal, "id">): Promise<Result<Admission>>;
}

const numberIn = (value: unknown): number => (typeof value === "number" ? value : 0);

/** The tokens of one person's completions since an instant, as the log has them: a restart forgets none. */
const usedSince = async (house: Pick<House, "audit">, person: PrincipalId, from: Instant): Promise<Result<number>> => {
  let sum = 0;
  let before: number | undefined;
  for (;;) {
    const page = await house.audit.query({ event: ANSWERED, person, from }, PAGE, before);
    if (!page.ok) return page;
    for (const { fields } of page.value) sum += numberIn(fields["inputTokens"]) + numberIn(fields["outputTokens"]);
    before = page.value.at(-1)?.sequence;
    if (page.value.length < PAGE || before === undefined) return ok(sum);
  }
};

/** A day of UTC, and its first instant. */
const dayOf = (at: Instant): string => at.slice(0, 10);
const beginOf = (day: string): Instant => `${day}T00:00:00.000Z` as Instant; // in the form of an instant

export const createAllowance = (house: Pick<House, "audit" | "clock">, tokensPerDay: () => number): Allowance => {
  const running = new Map<PrincipalId, number>();
  const used = new Map<PrincipalId, number>();
  let day = "";

  const usedToday = async (id: PrincipalId): Promise<Result<number>> => {
    const today = dayOf(house.clock.now());
    if (today !== day) used.clear();
    day = today;
    const known = used.get(id);
    if (known !== undefined) return ok(known);
    const found = await usedSince(house, id, beginOf(today));
    if (found.ok && day === today) used.set(id, Math.max(found.value, used.get(id) ?? 0));
    return found;
  };
  const leave = (id: PrincipalId): void => {
    const left = (running.get(id) ?? 1) - 1;
    if (left === 0) running.delete(id);
    else running.set(id, left);
  };
  const exhausted = (budget: string, limit: number, more: { readonly retryAfter?: number } = {}): Result<never> =>
    err(moltbotError("BUDGET_EXHAUSTED", { budget, limit, ...more }));

  return {
    async enter({ id }) {
      const now = running.get(id) ?? 0;
      if (now >= MOST_AT_ONCE) return exhausted("completions of one person at a time", MOST_AT_ONCE, { retryAfter: 1 });
      running.set(id, now + 1);
      const today = await usedToday(id);
      const most = tokensPerDay();
      if (today.ok && today.value < most)
        return ok({
          used: (tokens) => void used.set(id, (used.get(id) ?? 0) + tokens),
          leave: () => leave(id),
        });
      leave(id);
      return today.ok ? exhausted("model tokens of one person's programs today", most) : today;
    },
  };
};
