import { err, moltbotError } from "@moltbot/contracts";
import type { ErrorCode, ModelEvent, ModelPort, Result } from "@moltbot/contracts";
import type { ModelBudgetLimits } from "../../model-budget.ts";

/** Limits that nothing of a test reaches, and none of money. */
export const FREE: ModelBudgetLimits = {
  currency: "USD",
  tokensPerDay: 1_000_000,
  agentTokensPerDay: 1_000_000,
  moneyPerDay: 0,
  personMoneyPerDay: 0,
  agentMoneyPerDay: 0,
};

/** A model that answers with the same events each time. */
export const modelOf = (events: readonly Result<ModelEvent>[], name = "fixed"): ModelPort => ({
  describe: () => ({ name, says: "", demonstration: false, local: true, tools: true }),
  async *stream() {
    yield* events;
  },
});

/** An answer that comes to nothing. */
export const fails = (code: ErrorCode): Result<ModelEvent> =>
  err(moltbotError(code, { model: "fixed", problem: "x", limit: 1, status: 500 }));
