import { describe, expect, it } from "vitest";
import type { ApprovalMeasures } from "@moltbot/contracts";
import { buildHouse, callOf, capabilityOf, OWNER } from "../testing/house.ts";
import type { House } from "../testing/house.ts";

const measured = async (house: House, days = 30): Promise<ApprovalMeasures> => {
  const measures = await house.guard.measures(OWNER, days);
  if (!measures.ok) throw new Error(measures.error.message);
  return measures.value;
};

const mail = (to: string) => callOf("mail.send", { to, text: "x" });

describe("how much the owner is asked", () => {
  it("is nothing, not zero, where nothing happened", async () => {
    expect(await measured(buildHouse())).toEqual({
      days: 30,
      calls: 0,
      questions: 0,
      questionsPer100Calls: null,
      answered: 0,
      secondsToAnswer: null,
      allowRate: null,
      byTool: [],
    });
  });

  it("counts calls once, questions, answers, and the time they took", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("memory.search", []));
    for (let i = 0; i < 3; i += 1) expect(await house.attempt(callOf("memory.search", { query: `${i}` }))).toBe("ran");
    const allowed = mail("ann@example.org");
    const approval = await house.parked(allowed);
    house.clock.advance(4_000);
    await house.answer(approval);
    await house.attempt(allowed);
    const denied = await house.parked(mail("eve@evil.test"));
    house.clock.advance(10_000);
    await house.answer(denied, { answer: "deny" });
    const changed = await house.parked(callOf("order.place", { to: "shop", amount: 5 }));
    house.clock.advance(60_000);
    await house.answer(changed, { arguments: { to: "shop", amount: 4 } });
    await house.attempt(mail("bob@example.org"));
    expect(await measured(house)).toEqual({
      days: 30,
      calls: 7,
      questions: 4,
      questionsPer100Calls: 57.1,
      answered: 3,
      secondsToAnswer: 10,
      allowRate: 2 / 3,
      byTool: [
        { tool: "mail.send", questions: 3, allowed: 1 },
        { tool: "order.place", questions: 1, allowed: 1 },
      ],
    });
  });

  it("takes the middle of an even number of answers", async () => {
    const house = buildHouse();
    for (const seconds of [1, 2, 10, 100]) {
      const approval = await house.parked(mail(`${seconds}@example.org`));
      house.clock.advance(seconds * 1_000);
      await house.answer(approval);
    }
    expect(await measured(house)).toMatchObject({ answered: 4, secondsToAnswer: 6, allowRate: 1 });
  });

  it("orders tools that ask equally often by name, and leaves out what is older", async () => {
    const house = buildHouse();
    await house.parked(mail("old@example.org"));
    house.clock.advance(8 * 86_400_000);
    await house.parked(callOf("order.place", { to: "shop", amount: 5 }));
    await house.parked(mail("ann@example.org"));
    expect((await measured(house, 7)).byTool.map(({ tool }) => tool)).toEqual(["mail.send", "order.place"]);
    expect(await measured(house, 7)).toMatchObject({ days: 7, calls: 2, questions: 2 });
    expect(await measured(house, 9)).toMatchObject({ calls: 3, questions: 3 });
  });

  it("hands on what fails", async () => {
    for (const operation of [1, 2]) {
      const house = buildHouse();
      house.store.failAt(operation, {
        name: "StorageError",
        code: "DATABASE_UNAVAILABLE",
        message: "",
        next: "",
        context: {},
        recoverable: true,
      });
      expect(await house.guard.measures(OWNER, 30)).toMatchObject({ error: { code: "DATABASE_UNAVAILABLE" } });
    }
  });
});
