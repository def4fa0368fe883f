import { describe, expect, it } from "vitest";
import type { Approval, ToolCall } from "@moltbot/contracts";
import { buildHouse, callOf, OWNER } from "../testing/house.ts";
import type { House } from "../testing/house.ts";

const PAY = { to: "shop", amount: 5 };

const asking = async (tool = "bank.pay"): Promise<{ house: House; call: ToolCall; approval: Approval }> => {
  const house = buildHouse();
  house.dials.settings = { ...house.dials.settings, stepUp: true };
  const call = callOf(tool, PAY);
  return { house, call, approval: await house.parked(call) };
};

describe("an answer that needs a fresh proof", () => {
  it("counts with the proof, once", async () => {
    const { house, call, approval } = await asking();
    expect(approval.question.stepUp).toBe(true);
    expect((await house.answer(approval, { proof: "right" })).ok).toBe(true);
    expect(await house.attempt(call)).toBe("ran");
    expect(await house.attempt(call)).toBe("PERMIT_SPENT");
  });

  it.each([
    ["no proof", undefined, "session"],
    ["a wrong proof", "wrong", "session"],
    ["an empty proof", "", "token"],
    ["a proof over no known door", "wrong", "none"],
  ] as const)(
    "does not count with %s; the attempt is recorded without the proof, the question stays open",
    async (_, proof, surface) => {
      const { house, call, approval } = await asking();
      const given = proof === undefined ? {} : { proof };
      expect(await house.answer(approval, given, OWNER, surface)).toMatchObject({
        error: { code: "STEP_UP_REQUIRED" },
      });
      expect(house.rows.approvals.get(approval.id)).toEqual(approval);
      expect(house.audit.events.at(-1)).toMatchObject({
        event: "approval:step-up-failed",
        actor: OWNER.id,
        fields: { approvalId: approval.id, surface, code: "STEP_UP_REQUIRED" },
      });
      expect(JSON.stringify(house.audit.events)).not.toContain("wrong");
      expect(await house.attempt(call)).toBe("asked");
      expect(house.world).toHaveLength(0);
      expect((await house.answer(approval, { proof: "right" })).ok).toBe(true);
    },
  );

  it("needs none at the owner's own terminal", async () => {
    const { house, approval } = await asking();
    expect((await house.answer(approval, {}, OWNER, "local")).ok).toBe(true);
  });

  it("needs none to deny", async () => {
    const { house, approval } = await asking();
    expect(await house.answer(approval, { answer: "deny" })).toMatchObject({ value: { state: "denied" } });
  });

  it("needs one also when the call is changed, whatever it is changed into", async () => {
    const { house, call, approval } = await asking();
    const changed = { arguments: { to: "shop", amount: 4 } };
    expect(await house.answer(approval, changed)).toMatchObject({ error: { code: "STEP_UP_REQUIRED" } });
    expect(house.rows.approvals.get(approval.id)).toEqual(approval);
    // Turning the setting off does not take the need from a card that shows it.
    house.dials.settings = { ...house.dials.settings, stepUp: false };
    expect(await house.answer(approval, changed)).toMatchObject({ error: { code: "STEP_UP_REQUIRED" } });
    expect((await house.answer(approval, { ...changed, proof: "right" })).ok).toBe(true);
    expect(await house.attempt(call)).toBe("ran");
    expect(house.world).toEqual([{ tool: "bank.pay", arguments: { to: "shop", amount: 4 } }]);
  });

  it("does not spend a proof on an answer that fails for another reason", async () => {
    const { house, approval } = await asking();
    const spent: (string | undefined)[] = [];
    const ports = {
      ...house.ports,
      stepUp: (...[, , proof]: Parameters<typeof house.ports.stepUp>) => {
        spent.push(proof);
        return house.ports.stepUp(OWNER, "session", proof);
      },
    };
    const { answer } = await import("../answer.ts");
    const tried = { answer: "allow", scope: "once", proof: "right" } as const;
    expect((await answer(ports, OWNER, approval.id, { ...tried, arguments: { to: 5, amount: 5 } }, "session")).ok).toBe(
      false,
    );
    expect((await answer(ports, OWNER, approval.id, { ...tried, scope: "always" }, "session")).ok).toBe(false);
    expect(spent).toEqual([]);
    expect((await answer(ports, OWNER, approval.id, tried, "session")).ok).toBe(true);
    expect(spent).toEqual(["right"]);
  });

  it("is asked of nobody where the question does not need it", async () => {
    const { house, approval } = await asking("order.place");
    expect(approval.question.stepUp).toBe(false);
    expect((await house.answer(approval, { proof: "wrong" })).ok).toBe(true);
  });

  it("is needed for every answer that outlives its call, whatever the question", async () => {
    const { house } = await asking();
    const approval = await house.parked(callOf("web.fetch", { url: "https://example.org/" }));
    expect(approval.question.stepUp).toBe(false);
    for (const scope of ["task", "conversation", "always"] as const) {
      expect(await house.answer(approval, { scope })).toMatchObject({ error: { code: "STEP_UP_REQUIRED" } });
    }
    expect(house.rows.capabilities.size).toBe(0);
    expect((await house.answer(approval, { scope: "always", proof: "right" })).ok).toBe(true);
    expect(house.rows.capabilities.size).toBe(1);
  });

  it("is refused when the failed attempt cannot be recorded", async () => {
    const { house, approval } = await asking();
    house.audit.fault = "refuses";
    expect(await house.answer(approval, { proof: "wrong" })).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    expect(house.rows.approvals.get(approval.id)).toEqual(approval);
  });

  it("is refused when the proof cannot be checked", async () => {
    const { house, approval } = await asking();
    const { createGuard } = await import("../guard.ts");
    const guard = createGuard({ ...house.ports, stepUp: () => Promise.reject(new Error("no clock")) });
    const answered = await guard.answer(
      OWNER,
      approval.id,
      { answer: "allow", scope: "once", proof: "right" },
      "session",
    );
    expect(answered).toMatchObject({ error: { code: "INTERNAL" } });
    expect(house.rows.approvals.get(approval.id)).toEqual(approval);
  });
});
