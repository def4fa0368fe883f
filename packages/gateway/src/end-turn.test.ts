import { ok } from "@moltbot/contracts";
import type { Approval, ApprovalState, DomainEvent, Repositories } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { announceClosed, closeQuestions } from "./end-turn.ts";
import { SYSTEM, approval, fakeHouse, toolCall, turn } from "./operations/testing/fake-house.ts";

/** Only what closing reaches; a call of anything else is a TypeError. */
const repositoriesOver = (approvals: Approval[]): Repositories =>
  ({
    approvals: {
      ofTurn: async () => ok([...approvals]),
      move: async (_scope: unknown, id: string, from: ApprovalState, to: ApprovalState) => {
        const at = approvals.findIndex((one) => one.id === id && one.state === from);
        const moved: Approval = { ...approval(1, toolCall(10)), ...approvals[at], state: to };
        approvals.splice(at, 1, moved);
        return ok(moved);
      },
    },
  }) as unknown as Repositories; // a fake of the two functions that are called

describe("closing the questions of a turn that ends", () => {
  it("cancels what is open or allowed and unused, and leaves every answer as it stands", async () => {
    const states = ["pending", "allowed", "denied", "consumed", "expired", "superseded"] as const;
    const approvals = states.map((state, n) => approval(50 + n, toolCall(10), state));
    const closed = await closeQuestions(repositoriesOver(approvals), SYSTEM, turn(10).id);
    expect(closed.ok && closed.value.map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
    expect(approvals.map(({ state }) => state)).toEqual([
      "cancelled",
      "cancelled",
      "denied",
      "consumed",
      "expired",
      "superseded",
    ]);
  });

  it("tells the owner alone which ones are closed", () => {
    const { house } = fakeHouse({ turns: [] });
    const heard: DomainEvent[] = [];
    house.events.subscribe((event) => heard.push(event));
    announceClosed(house, SYSTEM, [approval(50, toolCall(10), "cancelled")]);
    expect(heard).toMatchObject([
      {
        name: "approval:answered",
        audience: [SYSTEM.principalId],
        payload: { approvalId: approval(50, toolCall(10)).id, state: "cancelled" },
      },
    ]);
  });
});
