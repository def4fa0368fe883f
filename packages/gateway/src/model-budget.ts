import { err, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type { AgentId, ClockPort, ModelPort, PrincipalId, Result } from "@moltbot/contracts";

const DAY = 86_400_000;

/** For whom a model works. */
export interface ModelUser {
  readonly person: PrincipalId;
  readonly agent: AgentId;
}

export interface ModelBudgetLimits {
  /** Model tokens of all turns of one person in a day of UTC. */
  readonly tokensPerDay: number;
  /** Of one agent, whoever it works for. */
  readonly agentTokensPerDay: number;
}

/** Counts the model tokens of turns by the day, for each person and each agent. */
export interface ModelBudget {
  /**
   * The same model, whose answers count for this user: BUDGET_EXHAUSTED once today's tokens are used up. An answer under way is
   * not cut off, so the last ones may go past the limit.
   */
  countedFor(user: ModelUser, model: ModelPort): ModelPort;
}

interface Account {
  readonly key: string;
  readonly budget: string;
  readonly limit: number;
}

/** Counts since the start at the earliest: a restart within a day begins it anew. */
export const createModelBudget = (clock: Pick<ClockPort, "now">, limits: () => ModelBudgetLimits): ModelBudget => {
  const used = new Map<string, number>();
  let day = 0;

  /** Seconds that are left of today; what was used before is forgotten with its day. */
  const secondsLeft = (): number => {
    const now = millisecondsOf(clock.now());
    const today = Math.floor(now / DAY);
    if (today !== day) used.clear();
    day = today;
    return Math.ceil(((today + 1) * DAY - now) / 1000);
  };
  const accountsOf = ({ person, agent }: ModelUser): readonly Account[] => {
    const { tokensPerDay, agentTokensPerDay } = limits();
    return [
      { key: `person ${person}`, budget: "model tokens of one person today", limit: tokensPerDay },
      { key: `agent ${agent}`, budget: "model tokens of one agent today", limit: agentTokensPerDay },
    ];
  };
  const admit = (user: ModelUser): Result<void> => {
    const retryAfter = secondsLeft();
    const full = accountsOf(user).find(({ key, limit }) => (used.get(key) ?? 0) >= limit);
    return full === undefined
      ? { ok: true, value: undefined }
      : err(moltbotError("BUDGET_EXHAUSTED", { budget: full.budget, limit: full.limit, retryAfter }));
  };
  const note = (user: ModelUser, tokens: number): void => {
    secondsLeft();
    for (const { key } of accountsOf(user)) used.set(key, (used.get(key) ?? 0) + tokens);
  };

  return {
    countedFor: (user, model) => ({
      describe: () => model.describe(),
      async *stream(request, signal) {
        const admitted = admit(user);
        if (!admitted.ok) {
          yield admitted;
          return;
        }
        // Whoever stops an answer before it says what it took is still billed for it: until it says, it counts as a whole one.
        let tokens = request.maxOutputTokens;
        try {
          for await (const event of model.stream(request, signal)) {
            if (!event.ok) tokens = 0;
            else if (event.value.type === "finish") tokens = event.value.inputTokens + event.value.outputTokens;
            yield event;
          }
        } finally {
          note(user, tokens);
        }
      },
    }),
  };
};
