import { describe, expect, it } from "vitest";
import { AgentId, PrincipalId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { ModelEvent, ModelPort, ModelRequest, Result } from "@moltbot/contracts";
import { createModelBudget } from "./model-budget.ts";

const id = (last: number): string => `01890a5d-ac96-774b-bcce-${String(last).padStart(12, "0")}`;
const ann = PrincipalId.parse(id(1));
const bob = PrincipalId.parse(id(2));
const fox = AgentId.parse(id(3));
const owl = AgentId.parse(id(4));
const REQUEST: ModelRequest = { system: "", messages: [], tools: [], maxOutputTokens: 50 };
const MIDNIGHT = Date.UTC(2026, 0, 2);

const modelOf = (events: readonly Result<ModelEvent>[]): ModelPort => ({
  describe: () => ({ name: "fixed", says: "", demonstration: false, local: true, tools: true }),
  async *stream() {
    yield* events;
  },
});
const answers = modelOf([
  ok({ type: "text", text: "yes" }),
  ok({ type: "finish", reason: "stop", inputTokens: 30, outputTokens: 10 }),
]);
const open = (limits: { tokensPerDay: number; agentTokensPerDay: number }) => {
  let now = MIDNIGHT - 10_000;
  const budget = createModelBudget({ now: () => instantOf(now) }, () => limits);
  const ask = async (person: PrincipalId, agent: AgentId, model = answers, most = Infinity): Promise<string> => {
    let last = "nothing";
    let count = 0;
    for await (const event of budget
      .countedFor({ person, agent }, model)
      .stream(REQUEST, new AbortController().signal)) {
      last = event.ok ? event.value.type : `${event.error.code} ${String(event.error.context["retryAfter"] ?? "")}`;
      if ((count += 1) >= most) break;
    }
    return last;
  };
  return { ask, pass: (milliseconds: number) => void (now += milliseconds), budget };
};

describe("the model tokens of a day", () => {
  it("bound each person over all agents, until the day is over", async () => {
    const { ask, pass } = open({ tokensPerDay: 80, agentTokensPerDay: 1_000 });
    expect([await ask(ann, fox), await ask(ann, owl)]).toEqual(["finish", "finish"]);
    expect(await ask(ann, fox)).toBe("BUDGET_EXHAUSTED 10");
    expect(await ask(bob, fox)).toBe("finish");
    pass(10_000);
    expect(await ask(ann, fox)).toBe("finish");
  });

  it("bound each agent, whoever it works for", async () => {
    const { ask } = open({ tokensPerDay: 1_000, agentTokensPerDay: 80 });
    expect([await ask(ann, fox), await ask(bob, fox)]).toEqual(["finish", "finish"]);
    expect(await ask(ann, fox)).toBe("BUDGET_EXHAUSTED 10");
    expect(await ask(ann, owl)).toBe("finish");
  });

  it("count an answer that was stopped before it said what it took as a whole one, and a failure as none", async () => {
    const { ask } = open({ tokensPerDay: 100, agentTokensPerDay: 1_000 });
    const failing = modelOf([err(moltbotError("MODEL_UNAVAILABLE", { model: "fixed", problem: "x" }))]);
    for (let index = 0; index < 10; index += 1) expect(await ask(ann, fox, failing)).toContain("MODEL_UNAVAILABLE");
    expect([await ask(ann, fox, answers, 1), await ask(ann, fox, answers, 1)]).toEqual(["text", "text"]);
    expect(await ask(ann, fox)).toBe("BUDGET_EXHAUSTED 10");
  });

  it("describe the model as it is", () => {
    const { budget } = open({ tokensPerDay: 1, agentTokensPerDay: 1 });
    expect(budget.countedFor({ person: ann, agent: fox }, answers).describe()).toEqual(answers.describe());
  });
});

describe("unplug the count of model tokens", () => {
  it("a turn that goes round for ever uses what it likes", async () => {
    const spentIn = async (limit: number): Promise<number> => {
      const { ask } = open({ tokensPerDay: limit, agentTokensPerDay: limit });
      let spent = 0;
      for (let round = 0; round < 100; round += 1) if ((await ask(ann, fox)) === "finish") spent += 40;
      return spent;
    };
    expect(await spentIn(200)).toBe(200);
    expect(await spentIn(Infinity)).toBe(4_000);
  });
});
