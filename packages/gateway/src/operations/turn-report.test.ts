import { TurnId } from "@moltbot/contracts";
import type { AccessScope, Message } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { OWNER, approval, at, fakeHouse, idOf, toolCall, turn } from "./testing/fake-house.ts";
import { reportOf, settledReport } from "./turn-report.ts";

const scope: AccessScope = { tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "own" };
const id = idOf(TurnId, 10);
const never = new AbortController().signal;

const typed = (): Message => ({
  id: turn(10).userMessageId,
  conversationId: turn(10).conversationId,
  parentId: null,
  role: "user",
  author: OWNER.id,
  turnId: id,
  parts: [{ type: "text", text: "hi" }],
  label: { integrity: "authority", readers: "public", sources: [] },
  state: "complete",
  model: null,
  createdAt: at(0),
});
const worldWith = (wish: Parameters<typeof turn>[1]) => {
  const world = fakeHouse({ turns: [turn(10, wish)] });
  world.messages.push(typed());
  return world;
};

describe("the report of a turn", () => {
  it("shows the person's message, and the questions that are still open while it waits", async () => {
    const world = worldWith({ state: "waiting", waitingFor: [approval(1, toolCall(10)).id] });
    world.approvals.push(approval(1, toolCall(10)), approval(2, toolCall(10), "denied"));
    expect(await reportOf(world.house, scope, turn(10, { state: "waiting" }))).toMatchObject({
      ok: true,
      value: {
        state: "waiting",
        reply: null,
        message: { parts: [{ text: "hi" }] },
        approvals: [{ id: approval(1, toolCall(10)).id }],
      },
    });
  });

  it("comes when the turn settles", async () => {
    const world = worldWith({ state: "running" });
    const report = settledReport(world.house, scope, id, never);
    await new Promise((resolve) => setTimeout(resolve, 5));
    world.addTurn(turn(10, { state: "done", end: { state: "done", messageId: null, code: null } }));
    world.house.watch.settled(id);
    expect(await report).toMatchObject({ ok: true, value: { state: "done" } });
  });

  it("waits on when the turn was woken without being settled, and through a park for a retry", async () => {
    const world = worldWith({ state: "running" });
    const report = settledReport(world.house, scope, id, never);
    world.house.watch.settled(id);
    world.addTurn(turn(10, { state: "waiting", waitingFor: [] }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    world.house.watch.settled(id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    world.addTurn(turn(10, { state: "failed", end: { state: "failed", messageId: null, code: "X" } }));
    world.house.watch.settled(id);
    expect(await report).toMatchObject({ ok: true, value: { state: "failed" } });
  });

  it("comes as it stands when the caller goes away", async () => {
    const world = worldWith({ state: "running" });
    const caller = new AbortController();
    const report = settledReport(world.house, scope, id, caller.signal);
    caller.abort();
    expect(await report).toMatchObject({ ok: true, value: { state: "running" } });
  });

  it("leaves nobody waiting for a turn that had ended already", async () => {
    const world = worldWith({ state: "done", end: { state: "done", messageId: null, code: null } });
    const waiting: AbortSignal[] = [];
    const { watch } = world.house;
    const house = {
      ...world.house,
      watch: {
        ...watch,
        wait: (turnId: TurnId, signal: AbortSignal) => {
          waiting.push(signal);
          return watch.wait(turnId, signal);
        },
      },
    };
    await settledReport(house, scope, id, never);
    expect(waiting.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it("of a turn that is not there is not found", async () => {
    expect(await settledReport(worldWith({}).house, scope, idOf(TurnId, 99), never)).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND" },
    });
  });
});
