import { err, moltbotError, ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import {
  approval,
  at,
  callRecord,
  fakeHouse,
  idOf,
  manifest,
  model,
  toolCall,
  turn,
  until,
} from "./operations/testing/fake-house.ts";
import { TurnId } from "@moltbot/contracts";
import { startTurnWorkers } from "./turn-workers.ts";

/** A gate that models wait at until it opens, or their turn is aborted; it counts who stands there. */
const gate = () => {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const inside = new Set<AbortSignal>();
  let most = 0;
  return {
    open: () => open(),
    most: () => most,
    inside: () => inside.size,
    wait: async (signal: AbortSignal): Promise<void> => {
      inside.add(signal);
      most = Math.max(most, inside.size);
      await Promise.race([opened, new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }))]);
      inside.delete(signal);
    },
  };
};

const ended = (world: ReturnType<typeof fakeHouse>): number =>
  [...world.turns.values()].filter(({ end }) => end !== null).length;

describe("the workers", () => {
  it("run what is queued to a recorded end and say so", async () => {
    const world = fakeHouse({ turns: [turn(10), turn(11)] });
    const workers = startTurnWorkers(world.house, () => 4);
    workers.wake();
    await until(() => ended(world) === 2);
    expect(world.messages.map(({ role, parts }) => [role, parts[0]])).toEqual(
      Array.from({ length: 2 }, () => ["assistant", { type: "text", text: "good day" }]),
    );
    await until(() => world.events.filter(({ name }) => name === "agent:stopped").length === 2);
    expect(world.recorded.map(({ event }) => event)).toEqual(["turn:ended", "turn:ended"]);
    await workers.close(0);
  });

  it("run at most so many at once, and one per conversation", async () => {
    const door = gate();
    const world = fakeHouse({ turns: Array.from({ length: 9 }, (_, n) => turn(10 + n)), model: model(door.wait) });
    const workers = startTurnWorkers(world.house, () => 3);
    workers.wake();
    workers.wake();
    await until(() => door.inside() === 3);
    expect(workers.running()).toBe(3);
    door.open();
    await until(() => ended(world) === 9);
    expect(door.most()).toBe(3);
    await workers.close(0);
  });

  it("stop a running turn, and know which ones they run", async () => {
    const door = gate();
    const world = fakeHouse({ turns: [turn(10)], model: model(door.wait) });
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => door.inside() === 1);
    expect(workers.stop(idOf(TurnId, 99))).toBe(false);
    expect(workers.stop(idOf(TurnId, 10))).toBe(true);
    await until(() => ended(world) === 1);
    expect(world.turnOf(10)?.end).toMatchObject({ state: "stopped", code: "TURN_STOPPED" });
    await workers.close(0);
  });

  it("end a turn that takes too long, with the limit in words", async () => {
    const door = gate();
    const world = fakeHouse({ turns: [turn(10)], model: model(door.wait), seconds: 0.02 });
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => ended(world) === 1);
    expect(world.turnOf(10)?.end).toMatchObject({ state: "failed", code: "TIME_LIMIT" });
    await workers.close(0);
  });

  it("do not try a turn for ever that ended the program each time", async () => {
    const world = fakeHouse({ turns: [turn(10, { attempts: 4 })] });
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => ended(world) === 1);
    expect(world.turnOf(10)?.end).toMatchObject({ state: "unknown", code: "TOOL_OUTCOME_UNKNOWN" });
    expect(world.messages).toMatchObject([{ role: "notice", state: "unknown" }]);
    await workers.close(0);
  });

  it("take the third attempt as any other", async () => {
    const world = fakeHouse({ turns: [turn(10, { attempts: 3 })] });
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => ended(world) === 1);
    expect(world.turnOf(10)?.end).toMatchObject({ state: "done" });
    await workers.close(0);
  });

  it("end a turn with a notice when something fails that the program does not know", async () => {
    const world = fakeHouse({ turns: [turn(10)], model: model(() => Promise.reject(new Error("innards"))) });
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => ended(world) === 1);
    expect(world.turnOf(10)?.end).toMatchObject({ state: "failed", code: "INTERNAL" });
    expect(world.messages).toHaveLength(1);
    expect(JSON.stringify(world.messages)).not.toContain("innards");
    await workers.close(0);
  });

  it.each(["error", "throws"] as const)("go on after a claim that failed (%s)", async (how) => {
    const world = fakeHouse({ turns: [turn(10)] });
    world.failClaims(how);
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => world.logged.includes("no turn can be claimed"));
    world.failClaims("none");
    await until(() => {
      workers.wake();
      return ended(world) === 1;
    });
    await workers.close(0);
  });

  it("keep a turn whose end cannot be recorded, and finish it when it can", async () => {
    const world = fakeHouse({ turns: [turn(10)] });
    world.failAudit(true);
    const workers = startTurnWorkers(world.house, () => 1);
    world.bindWake(() => workers.wake());
    workers.wake();
    await until(() => world.turnOf(10)?.state === "waiting");
    expect(world.turnOf(10)).toMatchObject({ end: null, waitingFor: [] });
    expect(world.messages).toEqual([]);
    world.failAudit(false);
    await new Promise((resolve) => setTimeout(resolve, 2_050));
    await until(() => ended(world) === 1);
    await workers.close(0);
  });
});

describe("closing the workers", () => {
  it("lets running turns finish and takes nothing new", async () => {
    const door = gate();
    const world = fakeHouse({ turns: [turn(10)], model: model(door.wait) });
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => door.inside() === 1);
    const closing = workers.close(5_000);
    world.addTurn(turn(11));
    workers.wake();
    door.open();
    await closing;
    expect(world.turnOf(10)?.end).toMatchObject({ state: "done" });
    expect(world.turnOf(11)).toMatchObject({ state: "queued" });
    expect(workers.running()).toBe(0);
  });

  it("aborts what does not finish, without an end: the next start takes it up", async () => {
    const door = gate();
    const world = fakeHouse({ turns: [turn(10)], model: model(door.wait) });
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake();
    await until(() => door.inside() === 1);
    await workers.close(10);
    expect(world.turnOf(10)).toMatchObject({ state: "waiting", waitingFor: [], end: null });
    expect(world.messages).toEqual([]);
  });

  it("starts no turn that was being claimed when it began", async () => {
    const world = fakeHouse({ turns: [turn(10)] });
    const workers = startTurnWorkers(world.house, () => 1);
    workers.wake(); // the claim is under way
    await workers.close(1_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.messages).toEqual([]);
    expect(world.turnOf(10)?.end).toBeNull();
  });
});

describe("a turn that waits for a person", () => {
  const asking = () => {
    const world = fakeHouse({
      turns: [turn(10)],
      model: model(undefined, "clock.now"),
      guard: {
        consider: async (_scope, call) => {
          const answered = world.approvals.find((one) => one.callId === call.id && one.state === "denied");
          return answered === undefined
            ? ok({
                kind: "ask",
                rule: "r",
                digest: approval(50, call).digest,
                question: approval(50, call).question,
                nearest: null,
              })
            : ok({ kind: "deny", rule: "r", error: moltbotError("APPROVAL_DENIED"), nearest: null });
        },
        ask: async (_scope, call) => {
          const asked = world.approvals[0] ?? approval(50, call);
          if (world.approvals.length === 0) world.approvals.push(asked);
          return ok(asked);
        },
        refuse: async () => ok(undefined),
      },
    });
    return world;
  };

  it("is parked with its question, wakes on the answer and ends", async () => {
    const world = asking();
    const workers = startTurnWorkers(world.house, () => 1);
    world.bindWake(() => workers.wake());
    workers.wake();
    await until(() => world.turnOf(10)?.state === "waiting");
    expect(world.turnOf(10)?.waitingFor).toEqual([world.approvals[0]?.id]);
    expect(world.events.map(({ name }) => name)).toContain("approval:requested");
    const [asked] = world.approvals;
    if (asked === undefined) throw new Error("a question was asked");
    world.approvals.splice(0, 1, { ...asked, state: "denied" });
    await world.house.store.turns.resume(
      { tenantId: turn(10).tenantId, principalId: turn(10).ownerId, reach: "own" },
      idOf(TurnId, 10),
    );
    workers.wake();
    await until(() => ended(world) === 1);
    expect(world.messages.map(({ role }) => role)).toEqual(["assistant", "tool", "assistant"]);
    await workers.close(0);
  });

  it("does not sleep for ever when the answer came before it lay down", async () => {
    const world = asking();
    world.whenParking(() => {
      const [asked] = world.approvals;
      if (asked !== undefined) world.approvals.splice(0, 1, { ...asked, state: "denied" });
    });
    const workers = startTurnWorkers(world.house, () => 1);
    world.bindWake(() => workers.wake());
    workers.wake();
    await until(() => ended(world) === 1);
    expect(world.turnOf(10)?.end).toMatchObject({ state: "done" });
    expect(world.messages.map(({ role }) => role)).toEqual(["assistant", "tool", "assistant"]);
    await workers.close(0);
  });
});

describe("what the fakes of these tests promise", () => {
  it("is that a lost lease is refused and an unknown function fails loudly", async () => {
    const world = fakeHouse({ turns: [turn(10)], catalog: [manifest("a.b", "read")] });
    const lease = await world.house.store.turns.claim(at(0), at(1));
    if (!lease.ok || lease.value === null) throw new Error("a turn was queued");
    expect(
      await world.house.store.turns.finish(
        { ...lease.value, fence: 9 },
        { state: "done", messageId: null, code: null },
      ),
    ).toEqual(err(moltbotError("QUEUE_LEASE_LOST")));
    await expect(world.house.audit.verify()).rejects.toThrow(/not part of this test/);
    expect(callRecord(toolCall(1), "done").state).toBe("done");
  });
});
