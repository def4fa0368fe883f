import { describe, expect, it } from "vitest";
import { STARTING_GRANT } from "@moltbot/contracts";
import type { Permit, ToolCall } from "@moltbot/contracts";
import { AGENT, buildHouse, callOf, capabilityOf, OWNER, SCOPE, STRANGER } from "../testing/house.ts";
import type { House } from "../testing/house.ts";

const MAIL = { to: "bob@example.org", text: "hi" };
const WISH = { surface: "command", reason: "something is wrong" } as const;

const stopped = async (house: House) => {
  const done = await house.guard.stop(OWNER, WISH);
  if (!done.ok) throw new Error(done.error.message);
  return done.value;
};

const permitFor = async (house: House, call: ToolCall): Promise<Permit> => {
  const verdict = await house.verdictOf(call);
  if (verdict.kind !== "allow") throw new Error(`not allowed: ${verdict.rule}`);
  const permit = await house.guard.admit(SCOPE, call, verdict, []);
  if (!permit.ok) throw new Error(permit.error.message);
  return permit.value;
};

const grantMail = (house: House) =>
  house.grant(
    capabilityOf("mail.send", [{ kind: "equals", argument: "to", value: MAIL.to }]),
    capabilityOf("memory.search", [], { reason: STARTING_GRANT }),
  );

describe("a stop", () => {
  it("ends grants, questions and permits, raises the epoch, and says so", async () => {
    const house = buildHouse();
    grantMail(house);
    const asked = await house.parked(callOf("order.place", { to: "bob", amount: 5 }));
    const call = callOf("mail.send", MAIL);
    const permit = await permitFor(house, call);
    expect(await stopped(house)).toMatchObject({
      stop: { by: OWNER.id, epoch: 2, surface: "command", reason: "something is wrong", resumedAt: null },
      questionsCancelled: 1,
      capabilitiesEnded: 2,
    });
    expect(house.permits.redeem(permit, call)).toMatchObject({ error: { code: "PERMIT_STALE" } });
    expect(house.rows.approvals.get(asked.id)?.state).toBe("cancelled");
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("EVERYTHING_STOPPED");
    expect(await house.attempt(callOf("memory.search", { query: "a" }))).toBe("EVERYTHING_STOPPED");
    expect(house.world).toHaveLength(0);
    expect(house.eventNames()).toContain("system:stopped");
  });

  it("that comes between a verdict and its permit wins", async () => {
    const house = buildHouse();
    grantMail(house);
    const call = callOf("mail.send", MAIL);
    const verdict = await house.verdictOf(call);
    await stopped(house);
    if (verdict.kind !== "allow") throw new Error("it was not allowed");
    expect(await house.guard.admit(SCOPE, call, verdict, [])).toMatchObject({ error: { code: "EVERYTHING_STOPPED" } });
    expect(house.rows.calls.get(call.id)?.state).toBe("refused");
    expect(house.world).toHaveLength(0);
  });

  it("that comes while the intent is being written wins over the permit", async () => {
    const house = buildHouse();
    grantMail(house);
    const call = callOf("mail.send", MAIL);
    house.audit.during = ({ event }) => event === "tool:intended" && void house.guard.stop(OWNER, WISH);
    const verdict = await house.verdictOf(call);
    if (verdict.kind !== "allow") throw new Error("it was not allowed");
    const permit = await house.guard.admit(SCOPE, call, verdict, []);
    if (!permit.ok) throw new Error(permit.error.message);
    expect(house.permits.redeem(permit.value, call)).toMatchObject({ error: { code: "PERMIT_STALE" } });
  });

  it("works when nothing can be recorded", async () => {
    const house = buildHouse();
    grantMail(house);
    house.audit.fault = "throws";
    expect((await house.guard.stop(OWNER, WISH)).ok).toBe(true);
    house.audit.fault = "none";
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("EVERYTHING_STOPPED");
  });

  it("holds in memory when the database does not answer", async () => {
    const house = buildHouse();
    grantMail(house);
    const call = callOf("mail.send", MAIL);
    const permit = await permitFor(house, call);
    house.store.failAt(1, "throws");
    expect((await house.guard.stop(OWNER, WISH)).ok).toBe(false);
    expect(house.permits.redeem(permit, call)).toMatchObject({ error: { code: "PERMIT_STALE" } });
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("EVERYTHING_STOPPED");
  });

  it("twice is once", async () => {
    const house = buildHouse();
    const first = await stopped(house);
    expect(await stopped(house)).toEqual({ stop: first.stop, questionsCancelled: 0, capabilitiesEnded: 0 });
    expect(house.rows.epoch).toBe(2);
    expect(house.rows.stops.size).toBe(1);
  });

  it.each([
    ["an agent", { ...OWNER, kind: "agent" }],
    ["a member", { ...OWNER, role: "member" }],
    ["a viewer", { ...OWNER, role: "viewer" }],
  ] as const)("is not for %s", async (_, by) => {
    const house = buildHouse();
    expect(await house.guard.stop(by, WISH)).toMatchObject({ error: { code: "ROLE_INSUFFICIENT" } });
    expect(await house.guard.resume(by, "all")).toMatchObject({ error: { code: "ROLE_INSUFFICIENT" } });
    expect(house.permits.halted()).toBe(false);
  });
});

describe("an admin", () => {
  it("stops everything, and does not go on: that is the owner's", async () => {
    const house = buildHouse();
    const admin = { ...OWNER, role: "admin" as const };
    expect((await house.guard.stop(admin, WISH)).ok).toBe(true);
    expect(await house.guard.resume(admin, "all")).toMatchObject({ error: { code: "ROLE_INSUFFICIENT" } });
    expect(house.permits.halted()).toBe(true);
  });
});

describe("a resume", () => {
  it("brings back the grants an agent starts with, under the new epoch, and reports the rest", async () => {
    const house = buildHouse();
    grantMail(house);
    await stopped(house);
    const resumed = await house.guard.resume(OWNER, "starting");
    expect(resumed).toMatchObject({
      value: {
        stop: { resumedBy: OWNER.id },
        capabilitiesRestored: [{ tool: "memory.search", epoch: 2, holder: AGENT }],
        capabilitiesEnded: [{ tool: "mail.send", epoch: 1 }],
      },
    });
    expect(await house.attempt(callOf("memory.search", { query: "a" }))).toBe("ran");
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("asked");
  });

  it("brings back all or none when that is wished", async () => {
    for (const [grants, mail, search] of [
      ["all", "ran", "ran"],
      ["none", "asked", "asked"],
    ] as const) {
      const house = buildHouse();
      grantMail(house);
      await stopped(house);
      await house.guard.resume(OWNER, grants);
      expect(await house.attempt(callOf("mail.send", MAIL))).toBe(mail);
      expect(await house.attempt(callOf("memory.search", { query: "a" }))).toBe(search);
    }
  });

  it("brings back nothing that did not hold: revoked, expired, for one task, handed on, or counted in all", async () => {
    const house = buildHouse();
    const [to] = [{ kind: "equals", argument: "to", value: MAIL.to } as const];
    house.grant(
      capabilityOf("mail.send", [to], { revokedAt: house.clock.now() }),
      capabilityOf("mail.send", [to], { expiresAt: house.clock.now() }),
      capabilityOf("mail.send", [to], { reach: { kind: "task", turnId: callOf("mail.send", MAIL).turnId } }),
      capabilityOf("mail.send", [to], { parent: capabilityOf("mail.send", []).id }),
      capabilityOf("mail.send", [to, { kind: "count", limit: 3 }]),
      capabilityOf("mail.send", [to, { kind: "rate", limit: 1, seconds: 86_400 }]),
      capabilityOf("mail.send", [to], { epoch: 0 }),
    );
    await stopped(house);
    const resumed = await house.guard.resume(OWNER, "all");
    expect(resumed.ok && resumed.value.capabilitiesRestored).toEqual([]);
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("asked");
  });

  it("does not happen without a record", async () => {
    const house = buildHouse();
    grantMail(house);
    await stopped(house);
    house.audit.fault = "refuses";
    expect(await house.guard.resume(OWNER, "all")).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    house.audit.fault = "none";
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("EVERYTHING_STOPPED");
  });

  it("without a stop says so, and releases what stopped in memory alone", async () => {
    const house = buildHouse();
    house.permits.halt();
    expect(await house.guard.resume(OWNER, "all")).toMatchObject({ error: { code: "NOT_STOPPED" } });
    expect(house.permits.halted()).toBe(false);
  });

  it("leaves a permit of before dead", async () => {
    const house = buildHouse();
    grantMail(house);
    const call = callOf("mail.send", MAIL);
    const permit = await permitFor(house, call);
    await stopped(house);
    await house.guard.resume(OWNER, "all");
    expect(house.permits.redeem(permit, call)).toMatchObject({ error: { code: "PERMIT_STALE" } });
  });
});

describe("a stop and a resume at the same time", () => {
  it("a stop that comes while the resume is being recorded wins", async () => {
    const house = buildHouse();
    grantMail(house);
    await stopped(house);
    house.audit.during = ({ event }) => event === "system:resumed" && void house.guard.stop(OWNER, WISH);
    expect(await house.guard.resume(OWNER, "all")).toMatchObject({ error: { code: "EVERYTHING_STOPPED" } });
    house.audit.during = null;
    expect(house.permits.halted()).toBe(true);
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("EVERYTHING_STOPPED");
    expect((await house.guard.resume(OWNER, "all")).ok).toBe(true);
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("ran");
  });

  it("whatever the order, memory is never released under a stop that is in force", async () => {
    for (let round = 0; round < 60; round += 1) {
      const house = buildHouse();
      grantMail(house);
      await stopped(house);
      const resuming = house.guard.resume(OWNER, "all");
      for (let turns = 0; turns < round; turns += 1) await Promise.resolve();
      const second = await house.guard.stop(OWNER, WISH);
      const resumed = await resuming;
      if (!second.ok) throw new Error("a stop always works");
      const inForce = [...house.rows.stops.values()].some(({ resumedAt }) => resumedAt === null);
      // The stop came last, or it came in the middle and won: then nothing runs until the owner resumes once more.
      expect(house.permits.halted()).toBe(true);
      expect(await house.attempt(callOf("mail.send", MAIL))).toBe("EVERYTHING_STOPPED");
      expect(resumed.ok || resumed.error.code === "EVERYTHING_STOPPED").toBe(true);
      expect(inForce || !resumed.ok).toBe(true);
    }
  });

  it("unplug: a release that does not count halts undoes the later stop", async () => {
    const house = buildHouse();
    grantMail(house);
    await stopped(house);
    const known = house.permits.halts();
    house.permits.halt();
    expect(house.permits.release(known)).toBe(false);
    expect(house.permits.release(house.permits.halts())).toBe(true); // as if nobody had counted
    expect(house.permits.halted()).toBe(false);
  });
});

describe("what a resume brings back", () => {
  it("is on the record, each with the grant it restores, before it holds", async () => {
    const house = buildHouse();
    grantMail(house);
    const old = [...house.rows.capabilities.keys()];
    await stopped(house);
    const resumed = await house.guard.resume(OWNER, "all");
    if (!resumed.ok) throw new Error(resumed.error.message);
    const granted = house.audit.events.filter(({ event }) => event === "capability:granted");
    expect(granted.map(({ fields }) => fields["restores"])).toEqual(old);
    expect(granted.map(({ fields }) => fields["capabilityId"])).toEqual(
      resumed.value.capabilitiesRestored.map(({ id }) => id),
    );
  });
});

describe("a stop that reached memory alone", () => {
  it("is on the record, and so is its end", async () => {
    const house = buildHouse();
    house.store.failAt(1, "throws");
    expect(await house.guard.stop(OWNER, WISH)).toMatchObject({ error: { code: "DATABASE_UNAVAILABLE" } });
    expect(await house.guard.resume(OWNER, "all")).toMatchObject({ error: { code: "NOT_STOPPED" } });
    expect(house.eventNames()).toEqual(["system:stopped", "system:resumed"]);
    expect(house.permits.halted()).toBe(false);
  });
});

describe("unplug: the halt in memory", () => {
  it("lets a permit run while the database is still being asked", async () => {
    const house = buildHouse();
    grantMail(house);
    const call = callOf("mail.send", MAIL);
    const permit = await permitFor(house, call);
    house.permits.halt();
    house.permits.release(house.permits.halts()); // the control, taken out
    expect(house.permits.redeem(permit, call).ok).toBe(true);
  });
});

describe("another owner of the same house", () => {
  it("may stop it too: a stop is for the whole tenant", async () => {
    const house = buildHouse();
    grantMail(house);
    expect((await house.guard.stop(STRANGER, WISH)).ok).toBe(true);
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("EVERYTHING_STOPPED");
  });
});
