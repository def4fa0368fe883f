import { describe, expect, it, vi } from "vitest";
import type { JsonObject, ToolCall } from "@moltbot/contracts";
import { buildHouse, callOf, capabilityOf, SCOPE } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { issuedOf, OWN, PAGE, PLANNING, stepOf, wishOf } from "../testing/plans.ts";

const wild = (tool: string, given: JsonObject, alarmed = false): ToolCall => ({
  ...callOf(tool, given, "untrusted"),
  label: PAGE,
  ...(alarmed ? { alarmed } : {}),
});
const toEve = (n: number): JsonObject => ({ to: `eve${String(n)}@evil.test`, text: "hi" });

/** A house whose turn has a plan, and grants that would do in a clean context. */
const planned = async (house: House = buildHouse()): Promise<House> => {
  house.grant(capabilityOf("mail.send", []), capabilityOf("file.append", []));
  const committed = await house.guard.commitPlan(
    SCOPE,
    PLANNING,
    wishOf(stepOf("memory.search", { query: "tea" })),
    OWN,
  );
  expect(committed.ok).toBe(true);
  return house;
};

describe("what is wished beyond the plan of a turn", () => {
  it("is asked about once, and says so on the card", async () => {
    const house = await planned();
    const { question } = await house.parked(wild("mail.send", toEve(1)));
    expect(question.beyondPlan).toBe(true);
    expect(house.world).toEqual([]);
  });

  it("is not asked about any more after a no, whatever it is", async () => {
    const house = await planned();
    await house.answer(await house.parked(wild("mail.send", toEve(1))), { answer: "deny" });
    expect(await house.attempt(wild("mail.send", toEve(2)))).toBe("PLAN_CLOSED");
    expect(await house.attempt(wild("file.append", { path: "a", text: "b" }))).toBe("PLAN_CLOSED");
    expect(house.world).toEqual([]);
  });

  it("is asked about again after a yes", async () => {
    const house = await planned();
    const call = wild("mail.send", toEve(1));
    await house.answer(await house.parked(call));
    expect(await house.attempt(call)).toBe("ran");
    expect(await house.attempt(wild("mail.send", toEve(2)))).toBe("asked");
  });

  it("is refused at once where a detector noticed something in what was read", async () => {
    const house = await planned();
    expect(await house.attempt(wild("mail.send", toEve(1), true))).toBe("PLAN_CLOSED");
    expect(house.world).toEqual([]);
  });

  it.each([
    [true, true, "PLAN_CLOSED"],
    [true, false, "asked"],
    [false, true, "asked"],
  ])(
    "closes a step of the plan itself only after both an alarm (%s) and a no to another step (%s)",
    async (alarmed, no, expected) => {
      const house = buildHouse();
      house.grant(capabilityOf("mail.send", []));
      const send = stepOf("mail.send", { to: { $from: [1] }, text: "hi" });
      const wish = wishOf(stepOf("memory.search", { query: "tea" }), send, send);
      const plan = await house.guard.commitPlan(SCOPE, PLANNING, wish, OWN);
      if (!plan.ok) throw new Error(plan.error.code);
      const issued = (step: number) => ({
        ...issuedOf(plan.value, step, toEve(step), [{ ref: 1, label: PAGE }]),
        ...(alarmed ? { alarmed } : {}),
      });
      const first = await house.parked(issued(2));
      expect(first.question.beyondPlan).toBeUndefined();
      if (no) await house.answer(first, { answer: "deny" });
      expect(await house.attempt(issued(3))).toBe(expected);
      expect(house.world).toEqual([]);
    },
  );

  it("is asked about as ever in a turn without a plan: an alarm alone closes nothing, and opens nothing", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("mail.send", []));
    expect(await house.attempt(wild("mail.send", toEve(1), true))).toBe("asked");
    expect(house.world).toEqual([]);
  });

  it("never becomes allowed by an alarm", async () => {
    for (const alarmed of [false, true]) {
      const house = buildHouse();
      expect(await house.attempt(wild("mail.send", toEve(1), alarmed))).toBe("asked");
    }
  });
});

describe("unplug: the plan stays closed after a no", () => {
  it("a model that wishes another thing each time puts a question each time without it", async () => {
    vi.resetModules();
    vi.doMock(import("../facts.ts"), async (original) => {
      const { factsOf } = await original();
      return { factsOf: (...given: Parameters<typeof factsOf>) => ({ ...factsOf(...given), beyondPlan: () => false }) };
    });
    try {
      const gullible = await import("../index.ts");
      const house = await planned(buildHouse(gullible));
      for (const n of [1, 2, 3]) {
        await house.answer(await house.parked(wild("mail.send", toEve(n))), { answer: "deny" });
      }
      expect([...house.rows.approvals.values()]).toHaveLength(3);
    } finally {
      vi.doUnmock("../facts.ts");
      vi.resetModules();
    }
  });
});
