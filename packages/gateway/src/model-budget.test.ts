import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AgentId, PrincipalId, TenantId, TokenId, instantOf, ok } from "@moltbot/contracts";
import type { ModelEvent, ModelPort, ModelRequest, Result } from "@moltbot/contracts";
import { createModelBudget } from "./model-budget.ts";
import type { ModelBudgetLimits, ModelUser } from "./model-budget.ts";
import type { ModelPrice } from "./model-price.ts";
import { FREE, fails, modelOf } from "./operations/testing/counted-models.ts";
import { memoryUsage } from "./operations/testing/memory-usage.ts";

const id = (last: number): string => `01890a5d-ac96-774b-bcce-${String(last).padStart(12, "0")}`;
const tenantId = TenantId.parse(id(9));
const ann = PrincipalId.parse(id(1));
const bob = PrincipalId.parse(id(2));
const fox = { id: AgentId.parse(id(3)), ownerId: ann };
const owl = { id: AgentId.parse(id(4)), ownerId: ann };
const [key, made] = [TokenId.parse(id(5)), TokenId.parse(id(6))];
const REQUEST: ModelRequest = { system: "", messages: [], tools: [], maxOutputTokens: 50 };
const MIDNIGHT = Date.UTC(2026, 0, 2);
const TODAY = "2026-01-01";
const person = (of: PrincipalId) => ({ kind: "person", id: of }) as const;
const HOUSE = { kind: "house", id: tenantId } as const;

const text = (words: string, model?: string): Result<ModelEvent> =>
  ok({ type: "text", text: words, ...(model === undefined ? {} : { model }) });
const finish = (inputTokens: number, outputTokens: number, model?: string): Result<ModelEvent> =>
  ok({ type: "finish", reason: "stop", inputTokens, outputTokens, ...(model === undefined ? {} : { model }) });
const answers = modelOf([text("yes"), finish(30, 10)]);

type Asking = Partial<Pick<ModelUser, "person" | "agent" | "cameBy">> & {
  readonly model?: ModelPort;
  /** Walks away after so many events. */
  readonly most?: number;
};
const open = (limits: Partial<ModelBudgetLimits> = {}, prices: Readonly<Record<string, ModelPrice>> = {}) => {
  let now = MIDNIGHT - 10_000;
  const usage = memoryUsage();
  const start = () =>
    createModelBudget({
      usage: usage.usage,
      clock: { now: () => instantOf(now) },
      limits: () => ({ ...FREE, ...limits }),
      priceOf: (model) => prices[model],
    });
  let budget = start();
  const ask = async ({ person: who = ann, agent = fox, cameBy, model = answers, most = Infinity }: Asking = {}) => {
    let last = "nothing";
    let count = 0;
    const counted = budget.countedFor({ tenantId, person: who, agent, cameBy }, model);
    for await (const event of counted.stream(REQUEST, new AbortController().signal)) {
      last = event.ok
        ? event.value.type
        : `${event.error.code} ${String(event.error.context["retryAfter"] ?? "")}`.trim();
      if ((count += 1) >= most) break;
    }
    return last;
  };
  const errorOf = async (asking: Asking) => {
    const counted = budget.countedFor({ tenantId, person: ann, agent: fox, ...asking }, asking.model ?? answers);
    for await (const event of counted.stream(REQUEST, new AbortController().signal))
      if (!event.ok) return event.error.context;
    return null;
  };
  return {
    ...usage,
    ask,
    errorOf,
    pass: (milliseconds: number) => void (now += milliseconds),
    /** The first event of an answer that nobody hears the rest of. */
    first: ({ model = answers }: Asking) =>
      budget
        .countedFor({ tenantId, person: ann, agent: fox }, model)
        .stream(REQUEST, new AbortController().signal)
        [Symbol.asyncIterator]()
        .next(),
    restart: () => {
      budget = start();
    },
    describe: () => budget.countedFor({ tenantId, person: ann, agent: fox }, answers).describe(),
  };
};

describe("the model tokens of a day", () => {
  it("bound each person over all agents, until the day is over", async () => {
    const { ask, pass } = open({ tokensPerDay: 80 });
    expect([await ask(), await ask({ agent: owl })]).toEqual(["finish", "finish"]);
    expect(await ask()).toBe("BUDGET_EXHAUSTED 10");
    expect(await ask({ person: bob })).toBe("finish");
    pass(10_000);
    expect(await ask()).toBe("finish");
  });

  it("bound each agent, whoever it works for", async () => {
    const { ask } = open({ agentTokensPerDay: 80 });
    expect([await ask(), await ask({ person: bob })]).toEqual(["finish", "finish"]);
    expect(await ask()).toBe("BUDGET_EXHAUSTED 10");
    expect(await ask({ agent: owl })).toBe("finish");
  });

  it("bound a token by what it may itself, however it came to be asked for", async () => {
    const { ask, addToken, amount } = open();
    addToken({ id: key, tokensPerDay: 80 });
    const cameBy = { kind: "token", id: key } as const;
    expect([await ask({ cameBy }), await ask({ cameBy, agent: owl })]).toEqual(["finish", "finish"]);
    expect(await ask({ cameBy })).toBe("BUDGET_EXHAUSTED 10");
    expect(await ask()).toBe("finish");
    expect([amount(tenantId, TODAY, { kind: "token", id: key }), amount(tenantId, TODAY, person(ann))]).toEqual([
      80, 120,
    ]);
  });

  it("bound what a token made by what the token may: to make another is no way out", async () => {
    const { ask, addToken, amount } = open();
    addToken({ id: made, tokensPerDay: 1_000 }, { id: key, tokensPerDay: 80 });
    const cameBy = { kind: "token", id: made } as const;
    expect([await ask({ cameBy }), await ask({ cameBy })]).toEqual(["finish", "finish"]);
    expect(await ask({ cameBy })).toBe("BUDGET_EXHAUSTED 10");
    expect(amount(tenantId, TODAY, { kind: "token", id: key })).toBe(80);
  });

  it("are counted for a device, the house and the model too", async () => {
    const { ask, rows } = open();
    await ask({ cameBy: { kind: "device", id: id(7) } });
    expect(rows().map(({ subject, ownerId, amount }) => [subject.kind, ownerId, amount])).toEqual([
      ["house", null, 40],
      ["person", ann, 40],
      ["agent", ann, 40],
      ["device", ann, 40],
      ["model", null, 40],
    ]);
  });

  it("say which budget is used up, and when it begins anew", async () => {
    const { ask, errorOf } = open({ tokensPerDay: 40 });
    await ask();
    expect(await errorOf({})).toEqual({ budget: "model tokens of one person today", limit: 40, retryAfter: 10 });
  });

  it("describe the model as it is", () => {
    expect(open().describe()).toEqual(answers.describe());
  });
});

describe("the money of a day", () => {
  const prices = { fixed: { input: 3, output: 15 }, other: { input: 0, output: 1_000 } };

  it("is what the tokens cost, to the millionth, and bounds the house, each person, agent and token", async () => {
    const cost = 30 * 3 + 10 * 15; // millionths
    const { ask, errorOf, amount } = open({ personMoneyPerDay: 0.00048 }, prices);
    expect([await ask(), await ask()]).toEqual(["finish", "finish"]);
    expect(amount(tenantId, TODAY, HOUSE, "money")).toBe(2 * cost);
    expect(await errorOf({})).toMatchObject({ budget: "money (USD) of one person today", limit: 0.00048 });
    expect(await ask({ person: bob })).toBe("finish");
    const house = open({ moneyPerDay: 0.00024 }, prices);
    expect([await house.ask(), await house.ask({ person: bob })]).toEqual(["finish", "BUDGET_EXHAUSTED 10"]);
    const agent = open({ agentMoneyPerDay: 0.00024 }, prices);
    expect([await agent.ask(), await agent.ask({ person: bob }), await agent.ask({ agent: owl })]).toEqual([
      "finish",
      "BUDGET_EXHAUSTED 10",
      "finish",
    ]);
    const token = open({}, prices);
    token.addToken({ id: key, moneyPerDay: cost });
    const cameBy = { kind: "token", id: key } as const;
    expect([await token.ask({ cameBy }), await token.ask({ cameBy })]).toEqual(["finish", "BUDGET_EXHAUSTED 10"]);
  });

  it("is that of the model which answered, whichever was asked", async () => {
    const { ask, amount } = open({}, prices);
    await ask({ model: modelOf([text("yes", "other"), finish(30, 10, "other")]) });
    expect(amount(tenantId, TODAY, { kind: "model", id: "other" })).toBe(40);
    expect(amount(tenantId, TODAY, { kind: "model", id: "other" }, "money")).toBe(10_000);
    expect(amount(tenantId, TODAY, { kind: "model", id: "fixed" })).toBe(0);
    // Also when its answer is broken off.
    await ask({ model: modelOf([text("yes", "other"), finish(30, 10, "other")]), most: 1 });
    expect(amount(tenantId, TODAY, { kind: "model", id: "other" }, "money")).toBe(60_000);
  });

  it("is not counted where nobody said a price; the tokens are", async () => {
    const { ask, amount } = open({ moneyPerDay: 0.000001 });
    expect([await ask(), await ask()]).toEqual(["finish", "finish"]);
    expect([amount(tenantId, TODAY, HOUSE), amount(tenantId, TODAY, HOUSE, "money")]).toEqual([80, 0]);
  });

  it("of nothing a day lets a token ask nothing", async () => {
    const { ask, addToken } = open({}, prices);
    addToken({ id: key, moneyPerDay: 0 });
    expect(await ask({ cameBy: { kind: "token", id: key } })).toBe("BUDGET_EXHAUSTED 10");
  });
});

describe("an answer", () => {
  it("that was stopped before it said what it took counts as a whole one", async () => {
    const { ask, amount } = open();
    expect(await ask({ most: 1 })).toBe("text");
    expect(amount(tenantId, TODAY, person(ann))).toBe(50);
    await ask({ model: modelOf([text("half"), fails("TURN_STOPPED")]) });
    await ask({ model: modelOf([fails("TURN_STOPPED")]) });
    await ask({ model: modelOf([text("half an answer")]) });
    expect(amount(tenantId, TODAY, person(ann))).toBe(200);
  });

  it.each(["MODEL_UNAVAILABLE", "MODEL_RATE_LIMITED", "MODEL_QUOTA_EXHAUSTED", "MODEL_KEY_REFUSED"] as const)(
    "that never began counts as none: %s",
    async (code) => {
      const { ask, rows } = open();
      expect(await ask({ model: modelOf([fails(code)]) })).toBe(code);
      expect(rows()).toEqual([]);
    },
  );

  it("that breaks off after its words counts as a whole one: it was heard", async () => {
    const { ask, amount } = open();
    await ask({ model: modelOf([text("all of it"), fails("MODEL_UNAVAILABLE")]) });
    await ask({ model: modelOf([fails("MODEL_ANSWER_INVALID")]) });
    expect(amount(tenantId, TODAY, person(ann))).toBe(100);
  });

  it.each([0, -5, Number.NaN, 0.5, Infinity])("that says it took %d is measured", async (said) => {
    const { ask, amount } = open();
    await ask({ model: modelOf([text("x".repeat(400)), finish(said, said)]) });
    expect(amount(tenantId, TODAY, person(ann))).toBe(100);
  });

  it("is finished when its count is kept, and not before", async () => {
    const { ask, slowDown, amount } = open();
    const order: string[] = [];
    slowDown(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`row ${String(amount(tenantId, TODAY, person(ann)))}`);
    });
    order.push(await ask());
    // The rows are read, before the model is asked and when it is known which one answered, then written; then the answer is whole.
    expect(order).toEqual(["row 0", "row 0", "row 0", "finish"]);
    expect(amount(tenantId, TODAY, person(ann))).toBe(40);
  });

  it("that cannot be counted is none, and nothing is asked while nobody knows what was used", async () => {
    const { ask, breakDown } = open();
    breakDown("writes");
    expect(await ask()).toBe("DATABASE_UNAVAILABLE");
    const other = open();
    let asked = 0;
    other.breakDown("reads");
    const model: ModelPort = {
      ...answers,
      async *stream() {
        asked += 1;
        yield finish(1, 1);
      },
    };
    expect(await other.ask({ model })).toBe("DATABASE_UNAVAILABLE");
    expect(await other.ask({ model, cameBy: { kind: "token", id: key } })).toBe("DATABASE_UNAVAILABLE");
    expect(asked).toBe(0);
    other.breakDown(null);
    expect(await other.ask({ model })).toBe("finish");
  });
});

describe("an answer that a crash broke off", () => {
  /** Ends the process, as far as a budget can tell, when the first words were handed on. */
  const crash = async (world: ReturnType<typeof open>): Promise<void> => {
    const model: ModelPort = {
      ...answers,
      async *stream() {
        yield text("words");
        await new Promise(() => undefined);
      },
    };
    await world.first({ model });
    world.restart();
  };

  it("counts as a whole one at the next start, and once", async () => {
    const world = open({ tokensPerDay: 100 });
    await crash(world);
    await crash(world);
    expect(world.amount(tenantId, TODAY, person(ann))).toBe(0);
    expect(await world.usage.recover()).toEqual(ok(2));
    expect(await world.usage.recover()).toEqual(ok(0));
    expect(world.amount(tenantId, TODAY, person(ann))).toBe(100);
    expect(await world.ask()).toBe("BUDGET_EXHAUSTED 10");
  });

  it("is not one that ended in any way", async () => {
    const world = open();
    await world.ask();
    await world.ask({ most: 1 });
    await world.ask({ model: modelOf([fails("MODEL_UNAVAILABLE")]) });
    await world.ask({ model: modelOf([fails("TURN_STOPPED")]) });
    expect(world.underWay()).toBe(0);
  });

  it("never begins where it could not be kept", async () => {
    const world = open();
    world.breakDown("begins");
    expect(await world.ask()).toBe("DATABASE_UNAVAILABLE");
  });

  it("unplug: without what was kept before it began, whoever crashes the process for ever pays for nothing", async () => {
    const world = open({ tokensPerDay: 100 });
    for (let times = 0; times < 20; times += 1) await crash(world);
    expect(await world.ask()).toBe("finish");
    await world.usage.recover();
    world.restart();
    expect(await world.ask()).toBe("BUDGET_EXHAUSTED 10");
  });
});

describe("a day of budgets", () => {
  it("goes on after a restart where it was", async () => {
    const { ask, restart } = open({ tokensPerDay: 80 });
    await ask();
    restart();
    expect(await ask()).toBe("finish");
    restart();
    expect(await ask()).toBe("BUDGET_EXHAUSTED 10");
  });

  it("asks the database once for each of those it holds, and never to admit them again", async () => {
    const { ask, asked } = open();
    for (let times = 0; times < 5; times += 1) await ask();
    expect(asked.reads).toBe(2); // who asks, and the model that answered
    expect(asked.writes).toBe(5);
  });

  it("ends at midnight UTC to the millisecond", async () => {
    const { ask, pass, amount } = open({ tokensPerDay: 40 });
    await ask();
    pass(9_999);
    expect(await ask()).toBe("BUDGET_EXHAUSTED 1");
    pass(1);
    expect(await ask()).toBe("finish");
    expect([amount(tenantId, TODAY, person(ann)), amount(tenantId, "2026-01-02", person(ann))]).toEqual([40, 40]);
  });

  it("counts an answer that goes over midnight for the day on which it ended", async () => {
    const world = open();
    const model: ModelPort = {
      ...answers,
      async *stream() {
        yield text("now");
        world.pass(10_000);
        yield finish(30, 10);
      },
    };
    await world.ask({ model });
    expect(world.amount(tenantId, "2026-01-02", person(ann))).toBe(40);
  });

  it("does not begin anew when the clock goes back over midnight", async () => {
    const { ask, pass } = open({ tokensPerDay: 40 });
    pass(10_000);
    await ask();
    pass(-10_000);
    expect(await ask()).toBe("BUDGET_EXHAUSTED 86410");
    pass(-3_600_000);
    expect(await ask()).toContain("BUDGET_EXHAUSTED");
  });

  it("comes back when a clock that was years ahead is set right, with all that was used of it", async () => {
    const { ask, pass } = open({ tokensPerDay: 40 });
    await ask();
    const years = 5 * 365 * 86_400_000;
    pass(years);
    expect(await ask()).toBe("finish");
    pass(-years);
    expect(await ask()).toBe("BUDGET_EXHAUSTED 10");
  });
});

describe("sums of budgets", () => {
  const asking = fc.record({
    who: fc.constantFrom(ann, bob),
    agent: fc.constantFrom(fox, owl),
    tokens: fc.tuple(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 1_000 })),
    by: fc.constantFrom(undefined, { kind: "token", id: key } as const, { kind: "token", id: made } as const),
    end: fc.constantFrom("finish", "walk away", "fail", "restart", "tomorrow"),
  });

  it("agree with another way of adding up, never go down, and no one is let in who used up what they may", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(asking, { maxLength: 25 }), fc.nat(4_000), async (all, tokensPerDay) => {
        const limit = tokensPerDay + 1;
        const world = open({ tokensPerDay: limit }, { fixed: { input: 1, output: 2.5 } });
        world.addToken({ id: key, tokensPerDay: 3_000 });
        world.addToken({ id: made }, { id: key, tokensPerDay: 3_000 });
        let day = 1;
        const sums = new Map<string, number>();
        const add = (what: string, amount: number) => void sums.set(what, (sums.get(what) ?? 0) + amount);
        const sum = (what: string) => sums.get(`${String(day)} ${what}`) ?? 0;
        let before = new Map<string, number>();
        for (const { who, agent, tokens, by, end } of all) {
          if (end === "restart") world.restart();
          if (end === "tomorrow") {
            world.pass(86_400_000);
            day += 1;
          }
          const full = sum(`person ${who}`) >= limit || (by !== undefined && sum(`token ${key}`) >= 3_000);
          const events = end === "fail" ? [fails("MODEL_UNAVAILABLE")] : [text("yes"), finish(...tokens)];
          const heard = await world.ask({
            person: who,
            agent,
            cameBy: by,
            model: modelOf(events),
            most: end === "walk away" ? 1 : Infinity,
          });
          expect(heard.startsWith("BUDGET_EXHAUSTED")).toBe(full);
          if (!full && end !== "fail") {
            const [input, output] = end === "walk away" ? [0, 50] : tokens;
            const subjects = ["house", `person ${who}`, `agent ${agent.id}`, "model fixed"];
            if (by !== undefined) subjects.push(...new Set([`token ${by.id}`, `token ${key}`]));
            for (const subject of subjects) add(`${String(day)} ${subject}`, input + output);
            add(`${String(day)} house money`, Math.ceil(input + output * 2.5));
          }
          const now = new Map(
            world.rows().map((row) => [JSON.stringify([row.day, row.subject, row.unit]), row.amount]),
          );
          for (const [row, amount] of before) expect(now.get(row) ?? 0).toBeGreaterThanOrEqual(amount);
          before = now;
        }
        for (const row of world.rows()) {
          const of = row.subject.kind === "house" ? "house" : `${row.subject.kind} ${row.subject.id}`;
          const name = `${String(Number(row.day.slice(-2)))} ${of}${row.unit === "money" ? " money" : ""}`;
          if (row.unit === "tokens" || of === "house") expect([name, row.amount]).toEqual([name, sums.get(name)]);
        }
        expect(world.rows().filter(({ unit }) => unit === "tokens")).toHaveLength(
          [...sums.keys()].filter((name) => !name.endsWith("money")).length,
        );
      }),
      { numRuns: 60 },
    );
  });

  it("hold parallel turns: a model that goes round for ever passes the limit by one answer of each of them", async () => {
    const lanes = 8;
    const limit = 1_000;
    const world = open({ tokensPerDay: limit });
    world.slowDown(() => new Promise((resolve) => setImmediate(resolve)));
    const lane = async (): Promise<number> => {
      let delivered = 0;
      for (let round = 0; round < 500; round += 1) {
        if ((await world.ask()) !== "finish") return delivered;
        delivered += 40;
      }
      return delivered;
    };
    const delivered = (await Promise.all(Array.from({ length: lanes }, lane))).reduce((sum, one) => sum + one, 0);
    expect(delivered).toBeLessThan(limit + lanes * 40);
    expect(delivered).toBeGreaterThanOrEqual(limit);
    expect(world.amount(tenantId, TODAY, person(ann))).toBe(delivered);
  });
});

describe("unplug the count of model tokens", () => {
  const spentIn = async (limits: Partial<ModelBudgetLimits>): Promise<number> => {
    const { ask } = open(limits, { fixed: { input: 1, output: 1 } });
    let spent = 0;
    for (let round = 0; round < 100; round += 1) if ((await ask()) === "finish") spent += 40;
    return spent;
  };
  it("a turn that goes round for ever uses what it likes", async () => {
    expect(await spentIn({ tokensPerDay: 200 })).toBe(200);
    expect(await spentIn({ tokensPerDay: Infinity })).toBe(4_000);
    expect(await spentIn({ moneyPerDay: 0.0002 })).toBe(200);
    expect(await spentIn({ moneyPerDay: 0 })).toBe(4_000);
  });

  it("rows that are forgotten at a restart give everybody the day anew", async () => {
    const kept = open({ tokensPerDay: 40 });
    await kept.ask();
    kept.restart();
    expect(await kept.ask()).toBe("BUDGET_EXHAUSTED 10");
    const forgotten = open({ tokensPerDay: 40 });
    await forgotten.ask();
    expect(await open({ tokensPerDay: 40 }).ask()).toBe("finish");
  });
});
