import { ok } from "@moltbot/contracts";
import type {
  JsonValue,
  ModelPort,
  Principal,
  Proof,
  RequestContext,
  TurnReport,
  UsageReport,
} from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { agentOf, arrive, codeOf, must, peopleHouses } from "./testing/people-house.ts";
import type { PeopleHouse } from "./testing/people-house.ts";

const houses = peopleHouses();
afterEach(() => houses.close());

/** A vendor's model whose answers take 40 tokens; it says who answers, where it is told to. */
const answering = (by?: string): ModelPort => {
  const model = by === undefined ? {} : { model: by };
  return {
    describe: () => ({ name: "m", says: "a test's", demonstration: false, local: false, tools: true }),
    async *stream() {
      yield ok({ type: "text", text: "yes", ...model });
      yield ok({ type: "finish", reason: "stop", inputTokens: 30, outputTokens: 10, ...model });
    },
  };
};
const start = async (settings: Readonly<Record<string, JsonValue>> = {}, model = answering()): Promise<PeopleHouse> => {
  const house = await houses.start({ model });
  for (const [key, value] of Object.entries(settings)) must(await house.ports.settings.set(key, value));
  return house;
};
const PRICES = { m: { model: "big", price: { input: 3, output: "15" } } };

const send = async (house: PeopleHouse, context: RequestContext, agentId = house.agent.id): Promise<TurnReport> =>
  must(
    await house.operations["messages.send"](context, {
      agentId,
      content: "hello",
      blocks: [],
      conversationId: "new",
      wait: true,
    }),
  );
const replyOf = ({ state, reply }: TurnReport): string => {
  const [part] = reply?.parts ?? [];
  return `${state}: ${part?.type === "text" ? part.text : ""}`;
};
const show = async (house: PeopleHouse, context: RequestContext, of: "me" | "house" = "me", days = 7) =>
  must(await house.operations["usage.show"](context, { of, days }));
const amounts = ({ rows }: UsageReport): Readonly<Record<string, readonly [number, number | null]>> =>
  Object.fromEntries(
    rows.map(({ subject, unit, used, limit }) => [`${subject.kind} ${subject.id} ${unit}`, [used, limit]]),
  );

const withToken = async (house: PeopleHouse, by: Principal, wish: { tokensPerDay?: number; moneyPerDay?: number }) => {
  const created = must(
    await house.identity.createToken(by, {
      name: "script",
      role: "member",
      days: 1,
      scopes: null,
      integrity: "authority",
      ...wish,
    }),
  );
  const { principal, proof } = must(await house.identity.byToken(created.token, "10.0.0.1"));
  return { id: created.id, token: created.token, context: house.context({ principal, proof }) };
};

describe("what was used of budgets", () => {
  it("is shown to everybody as their own: themselves, their agents and tokens, with the limits that hold", async () => {
    const house = await start({
      "limits.tokensPerDay": 1_000,
      "limits.personMoneyPerDay": 2.5,
      "models.providers": PRICES,
    });
    const ada = await arrive(house, "Ada");
    const script = await withToken(house, ada.principal, { tokensPerDay: 500 });
    const agent = await agentOf(house, ada);
    await send(house, ada, agent.id);
    await send(house, script.context, agent.id);
    const report = await show(house, ada);
    expect(amounts(report)).toEqual({
      [`person ${ada.principal.id} tokens`]: [80, 1_000],
      [`person ${ada.principal.id} money`]: [480, 2_500_000],
      [`agent ${agent.id} tokens`]: [80, 50_000_000],
      [`agent ${agent.id} money`]: [480, null],
      [`token ${script.id} tokens`]: [40, 500],
      [`token ${script.id} money`]: [240, null],
    });
    expect(report).toMatchObject({ currency: "USD", unpriced: [] });
    const { day } = report.rows[0] ?? { day: "" };
    expect(report.renewsAt).toBe(new Date(Date.parse(day) + 86_400_000).toISOString());
  });

  it("is shown as nothing before anything was used, so that the limits are known", async () => {
    const house = await start({ "limits.moneyPerDay": 1 });
    expect(amounts(await show(house, house.context()))).toEqual({
      [`person ${house.owner.id} tokens`]: [0, 50_000_000],
      [`person ${house.owner.id} money`]: [0, null],
    });
    expect(amounts(await show(house, house.context(), "house"))).toEqual({
      [`house ${house.owner.tenantId} tokens`]: [0, null],
      [`house ${house.owner.tenantId} money`]: [0, 1_000_000],
    });
  });

  it("is shown as sums of everybody to who keeps the house alone, and nobody's tokens and agents with it", async () => {
    const house = await start({ "models.providers": { other: { model: "x", baseUrl: "https://x.example" } } });
    const [ada, bea, vic] = [
      await arrive(house, "Ada"),
      await arrive(house, "Bea", "admin"),
      await arrive(house, "Vic", "viewer"),
    ];
    const script = await withToken(house, house.owner, { tokensPerDay: 500 });
    await send(house, script.context);
    for (const context of [ada, vic])
      expect(codeOf(await house.operations["usage.show"](context, { of: "house", days: 7 }))).toBe("ROLE_INSUFFICIENT");
    for (const context of [bea, house.context()]) {
      const report = await show(house, context, "house");
      expect(amounts(report)).toEqual({
        [`house ${house.owner.tenantId} tokens`]: [40, null],
        [`house ${house.owner.tenantId} money`]: [0, null],
        [`person ${house.owner.id} tokens`]: [40, 50_000_000],
        "model m tokens": [40, null],
      });
      expect(report.unpriced).toEqual(["m"]);
    }
    expect(amounts(await show(house, ada))).toEqual({
      [`person ${ada.principal.id} tokens`]: [0, 50_000_000],
      [`person ${ada.principal.id} money`]: [0, null],
    });
  });

  it("is said of the model that answered, and so is the message", async () => {
    const house = await start({}, answering("other"));
    const { reply } = await send(house, house.context());
    expect(reply?.model).toEqual({ name: "other", demonstration: false });
    expect(Object.keys(amounts(await show(house, house.context(), "house")))).toContain("model other tokens");
  });
});

describe("a budget that is used up", () => {
  it("ends the turn and says which it is, for a token alone where it is the token's", async () => {
    const house = await start();
    const script = await withToken(house, house.owner, { tokensPerDay: 40 });
    expect(replyOf(await send(house, script.context))).toBe("done: yes");
    expect(replyOf(await send(house, script.context))).toContain("model tokens of one token today, at most 40");
    expect(replyOf(await send(house, house.context()))).toBe("done: yes");
  });

  it("is not begun anew by a token that a token makes", async () => {
    const house = await start({ "models.providers": PRICES });
    const script = await withToken(house, house.owner, { moneyPerDay: 0.00024 });
    expect(replyOf(await send(house, script.context))).toBe("done: yes");
    const made = must(
      await house.identity.createToken(
        script.context.principal,
        { name: "child", role: "member", days: 1, scopes: null, integrity: "authority" },
        script.context.proof as Proof, // a token's request has one
      ),
    );
    const { principal, proof } = must(await house.identity.byToken(made.token, "10.0.0.1"));
    const child = house.context({ principal, proof });
    expect(replyOf(await send(house, child))).toContain("money (USD) of one token today, at most 0.00024");
  });

  it("holds from the next answer on when the settings say less, and after that when they say more", async () => {
    const house = await start();
    await send(house, house.context());
    must(await house.ports.settings.set("limits.agentTokensPerDay", 40));
    expect(replyOf(await send(house, house.context()))).toContain("of one agent today, at most 40");
    must(await house.ports.settings.set("limits.agentTokensPerDay", 41));
    expect(replyOf(await send(house, house.context()))).toBe("done: yes");
  });
});
