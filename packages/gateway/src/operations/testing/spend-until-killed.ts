/** A program for the test of a killed budget: models answer in parallel, and it says what was delivered: words, and answers that are finished. */
import { writeSync } from "node:fs";
import { AgentId, PrincipalId, instantOf, ok } from "@moltbot/contracts";
import type { ModelPort } from "@moltbot/contracts";
import { createModelBudget } from "../../model-budget.ts";
import { SPENDER, openUsage } from "./kept-usage.ts";

const file = process.argv[2];
if (file === undefined) throw new Error("name the file");
const database = await openUsage(file);
const budget = createModelBudget({
  usage: database.usage,
  clock: { now: () => instantOf(SPENDER.noon) },
  limits: () => ({
    currency: "USD",
    tokensPerDay: 1_000_000_000,
    agentTokensPerDay: 1_000_000_000,
    moneyPerDay: 0,
    personMoneyPerDay: 0,
    agentMoneyPerDay: 0,
  }),
  priceOf: () => ({ input: 2, output: 1 }),
});

const lane = async (step: number): Promise<void> => {
  for (let round = 1; ; round += 1) {
    const tokens = step * round;
    const model: ModelPort = {
      describe: () => ({ name: "m", says: "", demonstration: false, local: false, tools: true }),
      async *stream() {
        yield ok({ type: "text", text: "some words" });
        yield ok({ type: "finish", reason: "stop", inputTokens: tokens, outputTokens: 1 });
      },
    };
    const user = {
      tenantId: SPENDER.tenantId,
      person: PrincipalId.parse(SPENDER.person),
      agent: { id: AgentId.parse(SPENDER.agent), ownerId: PrincipalId.parse(SPENDER.person) },
    };
    const request = { system: "", messages: [], tools: [], maxOutputTokens: SPENDER.most };
    for await (const event of budget.countedFor(user, model).stream(request, new AbortController().signal)) {
      if (!event.ok) throw new Error(event.error.code);
      if (event.value.type === "text") writeSync(1, "words\n");
      if (event.value.type === "finish") writeSync(1, `${String(tokens + 1)} ${String(2 * tokens + 1)}\n`);
    }
  }
};
await Promise.all([lane(1), lane(7), lane(100)]);
