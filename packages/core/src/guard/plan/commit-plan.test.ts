import { describe, expect, it } from "vitest";
import { Handle, label, moltbotError } from "@moltbot/contracts";
import type { JsonValue, PlanWish } from "@moltbot/contracts";
import { buildHouse, OWNER, SCOPE } from "../testing/house.ts";
import { OWN, PLANNING, stepOf, wishOf } from "../testing/plans.ts";
import { after, START } from "../testing/ports.ts";

const HANDLE = Handle.parse("h0123456789ab");
const SEARCH = stepOf("memory.search", { query: "zoé" });
const WISH = wishOf(SEARCH, stepOf("mail.send", { to: "bob@example.org", text: { $from: [1, HANDLE] } }, [1]));

const commit = (wish: PlanWish, house = buildHouse(), view = OWN) =>
  house.guard.commitPlan(SCOPE, PLANNING, wish, view);
const codeOf = async (wish: PlanWish): Promise<string> => {
  const plan = await commit(wish);
  return plan.ok ? "committed" : `${plan.error.code} ${JSON.stringify(plan.error.context)}`;
};
const nested = (depth: number): JsonValue => (depth === 0 ? "x" : [nested(depth - 1)]);

describe("committing a plan", () => {
  it("keeps it whole, with the label of the view and an end", async () => {
    const house = buildHouse();
    const plan = await commit(WISH, house);
    expect(plan).toMatchObject({
      ok: true,
      value: { ...WISH, turnId: PLANNING.id, label: OWN, committedAt: START, expiresAt: after(1_440 * 60_000) },
    });
    expect([...house.rows.plans.values()]).toEqual(plan.ok ? [plan.value] : []);
  });

  it("records ids, tools and how many steps in the clear, and nothing of what they say", async () => {
    const house = buildHouse();
    await commit(WISH, house);
    const [event] = house.audit.events;
    expect(event).toMatchObject({
      event: "plan:committed",
      fields: { turnId: PLANNING.id, steps: 2, tools: "memory.search, mail.send" },
      subject: `conversation:${PLANNING.conversationId}`,
    });
    expect(JSON.stringify(event?.fields)).not.toContain("zoé");
    expect(JSON.stringify(event?.details)).toContain("zoé");
  });

  it.each(["untrusted", "participant"] as const)("is too late once something %s is in view", async (integrity) => {
    const house = buildHouse();
    expect(await commit(WISH, house, label(integrity, [OWNER.id]))).toMatchObject({ error: { code: "PLAN_TOO_LATE" } });
    expect(house.rows.plans.size + house.audit.events.length).toBe(0);
  });

  it("is not kept where it cannot be recorded", async () => {
    const house = buildHouse();
    house.audit.fault = "refuses";
    expect(await commit(WISH, house)).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    expect(house.rows.plans.size).toBe(0);
  });

  it.each([1, 2, 3])("says so when the store fails at its operation %i", async (operation) => {
    const house = buildHouse();
    house.store.failAt(operation, moltbotError("DATABASE_UNAVAILABLE", { problem: "full" }));
    expect(await commit(WISH, house)).toMatchObject({ error: { code: "DATABASE_UNAVAILABLE" } });
  });

  it("is refused while everything is stopped", async () => {
    const house = buildHouse();
    await house.guard.stop(OWNER, { surface: "web", reason: null });
    expect(await commit(WISH, house)).toMatchObject({ error: { code: "EVERYTHING_STOPPED" } });
  });

  it("is refused when a turn has twenty already", async () => {
    const house = buildHouse();
    for (let i = 0; i < 20; i += 1) expect((await commit(WISH, house)).ok).toBe(true);
    expect(await commit(WISH, house)).toMatchObject({ error: { code: "BUDGET_EXHAUSTED" } });
  });

  it("is a copy: who changes the wish afterwards changes nothing", async () => {
    const house = buildHouse();
    const given = { to: "bob@example.org", text: "hi" };
    const committing = commit(wishOf(stepOf("mail.send", given)), house);
    given.to = "eve@evil.test";
    const plan = await committing;
    expect(plan.ok && plan.value.steps[0]?.arguments).toEqual({ to: "bob@example.org", text: "hi" });
  });

  it.each([
    ["an unknown tool", wishOf(stepOf("mail.sned", {})), "no tool has that name"],
    ["a reference to itself", wishOf(stepOf("memory.search", { query: { $from: [1] } })), "does not come before"],
    ["a reference ahead", wishOf(stepOf("memory.search", { query: { $from: [2] } }), SEARCH), "does not come before"],
    ["an order ahead", wishOf(stepOf("memory.search", { query: "x" }, [2]), SEARCH), "does not come before"],
    [
      "a reference that cannot be read",
      wishOf(SEARCH, stepOf("mail.send", { to: { $from: [] }, text: "x" })),
      "cannot be read",
    ],
    [
      "a reference with more in it",
      wishOf(SEARCH, stepOf("mail.send", { to: { $from: [1], x: 1 }, text: "x" })),
      "cannot be read",
    ],
    [
      "a value too deep",
      wishOf(stepOf("reminder.create", { text: "x", minutes: 1, more: nested(40) })),
      "cannot be read",
    ],
    ["a reference for all arguments", wishOf(SEARCH, stepOf("mail.send", { $from: [1] })), "never for all arguments"],
    ["a literal that does not fit", wishOf(stepOf("mail.send", { to: 5, text: "x" })), "to: a value of type string"],
    [
      "a literal beside a reference that does not fit",
      wishOf(SEARCH, stepOf("mail.send", { to: 5, text: { $from: [1] } })),
      "do not fit",
    ],
    [
      "an argument beside a reference",
      wishOf(SEARCH, stepOf("mail.send", { to: "a", text: { $from: [1] }, cc: "b" })),
      "do not fit",
    ],
    [
      "an argument missing beside a reference",
      wishOf(SEARCH, stepOf("mail.send", { text: { $from: [1] } })),
      "do not fit",
    ],
    ["a text that is no Unicode", wishOf(stepOf("memory.search", { query: "\ud800" })), "not valid Unicode"],
    [
      "a document",
      wishOf(...Array.from({ length: 30 }, () => stepOf("memory.search", { query: "x".repeat(9_000) }))),
      "at most 200000",
    ],
  ])("refuses %s", async (_, wish, problem) => {
    const code = await codeOf(wish);
    expect(code).toContain("PLAN_INVALID");
    expect(code).toContain(problem);
  });

  it.each([
    [
      "deep inside",
      wishOf(SEARCH, stepOf("reminder.create", { text: "x", minutes: 1, more: { a: [{ $from: [1] }] } })),
    ],
    [
      "in the place of a number",
      wishOf(SEARCH, stepOf("reminder.create", { text: "x", minutes: { $from: [1], ask: "?", as: "number" } })),
    ],
    ["to a handle", wishOf(stepOf("memory.search", { query: { $from: [HANDLE] } }))],
  ])("takes a reference %s", async (_, wish) => {
    expect(await codeOf(wish)).toBe("committed");
  });
});
