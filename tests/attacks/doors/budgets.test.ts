/** Who makes models work that nobody counts. */
import { describe, expect, it } from "vitest";
import { AgentId, PrincipalId, TenantId, instantOf, ok } from "@moltbot/contracts";
import type { ModelEvent, ModelPort, ModelRequest, Result, Usage } from "@moltbot/contracts";
import { createFallbackModel } from "../../../packages/execution/src/models/fallback-model.ts";
import { createModelBudget } from "../../../packages/gateway/src/model-budget.ts";
import type { ModelBudgetLimits } from "../../../packages/gateway/src/model-budget.ts";
import { costOf, millionthsOf } from "../../../packages/gateway/src/model-price.ts";
import type { ModelPrice } from "../../../packages/gateway/src/model-price.ts";
import { FREE, fails, modelOf } from "../../../packages/gateway/src/operations/testing/counted-models.ts";
import { memoryUsage } from "../../../packages/gateway/src/operations/testing/memory-usage.ts";

const id = (last: number): string => `01890a5d-ac96-774b-bcce-${String(last).padStart(12, "0")}`;
const tenantId = TenantId.parse(id(9));
const ann = PrincipalId.parse(id(1));
const agent = { id: AgentId.parse(id(3)), ownerId: ann };
const TODAY = "2026-01-01";
const REQUEST: ModelRequest = { system: "", messages: [], tools: [], maxOutputTokens: 1_000 };
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const answer = (input: number, output: number): readonly Result<ModelEvent>[] => [
  ok({ type: "text", text: "yes" }),
  ok({ type: "finish", reason: "stop", inputTokens: input, outputTokens: output }),
];
const open = (limits: Partial<ModelBudgetLimits>, prices: Readonly<Record<string, ModelPrice>>) => {
  const usage = memoryUsage();
  const budget = createModelBudget({
    usage: usage.usage,
    clock: { now: () => instantOf(Date.UTC(2026, 0, 1, 12)) },
    limits: () => ({ ...FREE, ...limits }),
    priceOf: (model) => prices[model],
  });
  const ask = async (model: ModelPort): Promise<string> => {
    let last = "nothing";
    for await (const event of budget
      .countedFor({ tenantId, person: ann, agent }, model)
      .stream(REQUEST, new AbortController().signal))
      last = event.ok ? event.value.type : event.error.code;
    return last;
  };
  const amount = (subject: Usage["subject"], unit: Usage["unit"] = "tokens"): number =>
    usage.amount(tenantId, TODAY, subject, unit);
  return { ask, amount, underWay: usage.underWay };
};
const HOUSE = { kind: "house", id: tenantId } as const;
const PRICES = { dear: { input: 0, output: 50 }, cheap: { input: 0, output: 0 } };

describe("a dear model whose answers come to nothing, with a cheap one in its stead", () => {
  it.each(["MODEL_ANSWER_INVALID", "MODEL_TIMEOUT"] as const)(
    "is paid for all the same, and ends with the budget: %s",
    async (code) => {
      const { ask, amount, underWay } = open({ moneyPerDay: 0.1 }, PRICES);
      const row = createFallbackModel(modelOf([fails(code)], "dear"), [modelOf(answer(1, 1), "cheap")], silent);
      const said: string[] = [];
      for (let times = 0; times < 4; times += 1) said.push(await ask(row));
      expect(said).toEqual(["finish", "finish", "BUDGET_EXHAUSTED", "BUDGET_EXHAUSTED"]);
      expect(amount(HOUSE, "money")).toBe(100_000);
      expect(amount({ kind: "model", id: "dear" })).toBe(2_000);
      expect(amount({ kind: "model", id: "cheap" })).toBe(4);
      expect(underWay()).toBe(0);
    },
  );

  it("is paid for once where the others fail too, wherever it stands in the row", async () => {
    const dear = modelOf([fails("MODEL_ANSWER_INVALID")], "dear");
    const away = modelOf([fails("MODEL_UNAVAILABLE")], "cheap");
    for (const row of [createFallbackModel(dear, [away], silent), createFallbackModel(away, [dear], silent)]) {
      const { ask, amount, underWay } = open({}, PRICES);
      await ask(row);
      expect([amount(HOUSE), amount(HOUSE, "money"), underWay()]).toEqual([1_000, 50_000, 0]);
    }
  });

  it("costs nothing where it was never reached", async () => {
    const { ask, amount } = open({}, PRICES);
    await ask(
      createFallbackModel(modelOf([fails("MODEL_UNAVAILABLE")], "dear"), [modelOf(answer(1, 1), "cheap")], silent),
    );
    expect([amount(HOUSE), amount(HOUSE, "money")]).toEqual([2, 0]);
  });
});

describe("unplug: without the word of what came to nothing", () => {
  it("the dear model works all day for the price of the cheap one", async () => {
    const { ask, amount } = open({ moneyPerDay: 0.1 }, PRICES);
    const row = createFallbackModel(
      modelOf([fails("MODEL_ANSWER_INVALID")], "dear"),
      [modelOf(answer(1, 1), "cheap")],
      silent,
    );
    const silenced: ModelPort = {
      ...row,
      async *stream(request, signal) {
        for await (const event of row.stream(request, signal))
          if (!event.ok || event.value.type !== "instead") yield event;
      },
    };
    for (let times = 0; times < 4; times += 1) expect(await ask(silenced)).toBe("finish");
    expect(amount(HOUSE, "money")).toBe(0);
  });
});

describe("a model server that was taken over", () => {
  it.each([Number.MAX_SAFE_INTEGER, 2 ** 53, 1e300, -1, -0, 0.1, Number.NaN, Infinity])(
    "neither throws nor takes anything back by saying that it took %d",
    async (said) => {
      const { ask, amount } = open({ moneyPerDay: 1_000_000 }, { m: { input: 1_000_000, output: 1_000_000 } });
      const before = amount(HOUSE);
      for (let times = 0; times < 3; times += 1)
        expect(await ask(modelOf(answer(said, said), "m"))).toMatch(/finish|BUDGET_EXHAUSTED/);
      expect(amount(HOUSE)).toBeGreaterThan(before);
      expect(amount(HOUSE, "money")).toBeGreaterThan(0);
    },
  );

  it("costs a whole number of millionths, never too little and never more than can be counted", () => {
    for (const price of [0, 0.000001, 0.1, 0.3, 1_000_000])
      for (const tokens of [0, 1, 999_999, 1_000_001, Number.MAX_SAFE_INTEGER]) {
        const cost = costOf({ input: tokens, output: tokens }, { input: price, output: price });
        expect(Number.isSafeInteger(cost)).toBe(true);
        const exact = (2 * tokens * millionthsOf(price)) / 1_000_000;
        expect(cost).toBeGreaterThanOrEqual(Math.min(Math.floor(exact * (1 - 1e-12)), Number.MAX_SAFE_INTEGER));
      }
  });
});
