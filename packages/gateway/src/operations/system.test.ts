import { join } from "node:path";
import { CallId, Digest, JobId, OutboxId, PrincipalId, ROLES, instantOf, millisecondsOf } from "@moltbot/contracts";
import type { Instant, OperationOutput, Principal, Role } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { anEffect } from "../work/testing/work-house.ts";
import { must, peopleHouses } from "./testing/people-house.ts";
import type { PeopleHouse } from "./testing/people-house.ts";

const houses = peopleHouses();
afterEach(houses.close);

describe("the status", () => {
  const as = async (house: PeopleHouse, role: Role): Promise<OperationOutput<"system.status">> =>
    must(await house.operations["system.status"](house.context({ principal: { ...house.owner, role } }), {}));

  it("says to whoever keeps the house where it lies and how much is on record, and to nobody else", async () => {
    const house = await houses.start();
    for (const role of ROLES) {
      const status = await as(house, role);
      const keeps = role === "owner" || role === "admin";
      expect([status.home, status.auditRecords !== null], role).toEqual([
        keeps ? join(house.root, "home") : null,
        keeps,
      ]);
      // Neither by name nor in any words: no place of this machine.
      expect(JSON.stringify(status).includes(house.root), role).toBe(keeps);
      expect(status.sealedBy, role).toContain("key file");
    }
  });

  it("unplug: as whoever keeps the house is told, a member would learn the machine's folders", async () => {
    const house = await houses.start();
    const leaks = async (role: Role): Promise<boolean> => JSON.stringify(await as(house, role)).includes(house.root);
    expect([await leaks("member"), await leaks("admin")]).toEqual([false, true]);
  });
});

describe("what did not end as it should", () => {
  const DAYS = 86_400_000;
  /** A job that gave up, an effect and a call whose outcomes a crash hid; all of the owner. */
  const leave = async ({ house, scope, agent, begin, turn }: PeopleHouse, at: Instant): Promise<void> => {
    const { store, ids, clock } = house;
    const now = clock.now();
    const wish = { id: ids.next(JobId), kind: "test:work", payload: {}, runAt: now, mostAttempts: 1, key: null };
    must(await store.jobs.enqueue(scope, wish));
    const [lease] = must(await store.jobs.claim(["test:work"], now, now, 1));
    if (lease === undefined) throw new Error("nothing was due");
    must(await store.jobs.fail(lease, "HOST_UNREACHABLE", null));
    const id = ids.next(OutboxId);
    const { tenantId, principalId: ownerId } = scope;
    must(await store.outbox.put(scope, anEffect(now, { id, tenantId, ownerId })));
    must(await store.outbox.take(now, 1));
    must(await store.outbox.settle(id, "unknown", null, at));
    const { id: turnId, conversationId } = await turn(await begin());
    const call = { callId: ids.next(CallId), turnId, conversationId, agentId: agent.id, tool: "bank.pay" };
    const callDigest = Digest.parse("0".repeat(64));
    must(await store.calls.put(scope, { ...call, callDigest, state: "unknown", updatedAt: at }));
  };
  const work = async (house: PeopleHouse): Promise<string> => {
    const checks = must(await house.operations["system.doctor"](house.context(), {}));
    const found = checks.find(({ name }) => name === "work");
    return `${found?.state ?? ""}: ${found?.says ?? ""}`;
  };

  it("is counted for whom it concerns, and the doctor says how much there is of it", async () => {
    const house = await houses.start();
    const status = async (principal = house.owner) =>
      must(await house.operations["system.status"](house.context({ principal }), {}));
    expect(await status()).toMatchObject({
      deadJobs: 0,
      unknownEffects: 0,
      sandbox: { ready: true, problem: null },
    });
    expect(await work(house)).toBe("ok: Nothing gave up, and every outcome is known.");
    await leave(house, house.house.clock.now());
    expect(await status()).toMatchObject({ deadJobs: 1, unknownEffects: 2 });
    expect(await work(house)).toBe(
      "warning: 1 piece of work gave up; a crash hid what became of 2 effects in the last 30 days.",
    );
    const other: Principal = { ...house.owner, id: house.house.ids.next(PrincipalId), role: "member" };
    expect(await status(other)).toMatchObject({ deadJobs: 0, unknownEffects: 0 });
  });

  it("is history after a month, but what gave up waits until it is taken up again", async () => {
    const house = await houses.start();
    await leave(house, instantOf(millisecondsOf(house.house.clock.now()) - 31 * DAYS));
    expect(await work(house)).toBe("warning: 1 piece of work gave up.");
  });
});
