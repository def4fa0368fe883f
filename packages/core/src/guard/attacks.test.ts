import { describe, expect, it } from "vitest";
import { err, moltbotError } from "@moltbot/contracts";
import { ATTACKS, COVERED } from "./testing/attacks.ts";
import { buildHouse, callOf, OWNER } from "./testing/house.ts";

describe("a hijacked model beside a good grant", () => {
  it("has more than five hundred attacks, each with its own name", () => {
    expect(new Set(ATTACKS.map(({ name }) => name)).size).toBe(ATTACKS.length);
    expect(ATTACKS.length).toBeGreaterThan(500);
  });

  it.each(COVERED)("$name: the grant itself works", async ({ tool, arguments: given, integrity, grants }) => {
    const house = buildHouse();
    house.grant(...grants);
    expect(await house.attempt(callOf(tool, given, integrity))).toBe("ran");
    expect(house.world).toHaveLength(1);
  });

  it.each(ATTACKS)("$name: the world is unchanged", async ({ tool, arguments: given, integrity, grants }) => {
    const house = buildHouse();
    house.grant(...grants);
    const before = house.rows.capabilities.size;
    const happened = await house.attempt(callOf(tool, given, integrity));
    expect(happened).not.toBe("ran");
    expect(house.world).toHaveLength(0);
    expect(house.rows.capabilities.size).toBe(before);
    expect([...house.rows.calls.values()].every(({ state }) => state === "asked" || state === "refused")).toBe(true);
    expect(house.eventNames().every((name) => name === "tool:refused" || name === "approval:requested")).toBe(true);
  });
});

describe("storms", () => {
  it("lets one of many answerers win, whatever they say, and records that one answer", async () => {
    for (let round = 0; round < 40; round += 1) {
      const house = buildHouse();
      const call = callOf("mail.send", { to: "bob@example.org", text: `${round}` });
      const approval = await house.parked(call);
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          house.answer(approval, {
            answer: (i + round) % 3 === 0 ? "deny" : "allow",
            scope: i % 2 === 0 ? "once" : "conversation",
          }),
        ),
      );
      const winners = answers.filter(({ ok: won }) => won);
      expect(winners).toHaveLength(1);
      expect(answers.filter((answer) => !answer.ok && answer.error.code === "APPROVAL_ALREADY_ANSWERED")).toHaveLength(
        7,
      );
      expect(house.eventNames().filter((name) => name === "approval:answered")).toHaveLength(1);
      expect(house.rows.capabilities.size).toBeLessThanOrEqual(1);
    }
  });

  it("lets one answer win across two gateways on one database, and the log names the void one", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", { to: "bob@example.org", text: "a" }));
    const { createGuard } = await import("./index.ts");
    const second = createGuard(house.ports);
    const given = { answer: "allow", scope: "conversation" } as const;
    const answers = await Promise.all([
      house.guard.answer(OWNER, approval.id, given, "session"),
      second.answer(OWNER, approval.id, given, "session"),
    ]);
    expect(answers.filter(({ ok: won }) => won)).toHaveLength(1);
    expect(house.rows.capabilities.size).toBe(1);
    expect(house.eventNames().filter((name) => name === "approval:answer-void")).toHaveLength(1);
  });

  it("runs a call once, however many resume it at the moment of the answer", async () => {
    for (let round = 0; round < 40; round += 1) {
      const house = buildHouse();
      const call = callOf("mail.send", { to: "bob@example.org", text: `${round}` });
      const approval = await house.parked(call);
      const happened = await Promise.all([
        house.answer(approval),
        ...Array.from({ length: 6 }, () => house.attempt(call)),
      ]);
      const again = await Promise.all(Array.from({ length: 4 }, () => house.attempt(call)));
      expect([...happened, ...again].filter((what) => what === "ran").length).toBeLessThanOrEqual(1);
      expect(house.world.length).toBe(house.rows.approvals.get(approval.id)?.state === "consumed" ? 1 : 0);
    }
  });

  it("never runs what expired or was cancelled while it was being admitted", async () => {
    for (let round = 0; round < 40; round += 1) {
      const house = buildHouse();
      const call = callOf("mail.send", { to: "bob@example.org", text: `${round}` });
      const approval = await house.parked(call);
      await house.answer(approval);
      const verdict = await house.verdictOf(call);
      if (verdict.kind !== "allow") throw new Error("it must allow");
      house.clock.advance(15 * 60_000);
      const [happened] = await Promise.all([house.attempt(call), house.guard.expire()]);
      expect(happened).not.toBe("ran");
      expect(house.world).toHaveLength(0);
    }
  });

  it("loses nothing when a move finds the state gone: consumed in another process, no permit here", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", { to: "bob@example.org", text: "x" });
    const approval = await house.parked(call);
    await house.answer(approval);
    const honest = { ...house.store };
    house.store.atomically = (work) =>
      honest.atomically((repositories) =>
        work({
          ...repositories,
          approvals: {
            ...repositories.approvals,
            move: () => Promise.resolve(err(moltbotError("APPROVAL_ALREADY_ANSWERED", { state: "consumed" }))),
          },
        }),
      );
    expect(await house.attempt(call)).toBe("APPROVAL_ALREADY_ANSWERED");
    expect(house.rows.calls.get(call.id)?.state).toBe("asked");
    expect(house.world).toHaveLength(0);
  });
});
