import { describe, expect, it } from "vitest";
import { AgentId, CapabilityWish, done } from "@moltbot/contracts";
import type { Store } from "@moltbot/contracts";
import { createGuard } from "./guard.ts";
import { AGENT, buildHouse, callOf, OWNER, SCOPE } from "./testing/house.ts";
import { idText } from "./testing/ports.ts";

const wish = (change: object = {}) =>
  CapabilityWish.parse({
    holder: AGENT,
    tool: "mail.send",
    constraints: [{ kind: "equals", argument: "to", value: "bob@example.org" }],
    expires: 7,
    reason: "Bob gets the weekly report",
    ...change,
  });
const MAIL = { to: "bob@example.org", text: "hi" };

describe("a grant that an owner spells out", () => {
  it("holds for what it names, until it expires", async () => {
    const house = buildHouse();
    const granted = await house.guard.grant(OWNER, wish());
    expect(granted).toMatchObject({
      value: { tool: "mail.send", holder: AGENT, rights: ["use"], parent: null, reason: "Bob gets the weekly report" },
    });
    expect(house.eventNames()).toEqual(["capability:granted"]);
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("ran");
    expect(await house.attempt(callOf("mail.send", { ...MAIL, to: "eve@evil.test" }))).toBe("asked");
    house.clock.advance(7 * 86_400_000);
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("asked");
  });

  it.each([
    ["a tool that does not exist", OWNER, wish({ tool: "shell.format" }), "TOOL_UNKNOWN"],
    [
      "an argument the tool does not take",
      OWNER,
      wish({ constraints: [{ kind: "equals", argument: "cc", value: "x" }] }),
      "CAPABILITY_INVALID",
    ],
    ["an agent that is not there", OWNER, wish({ holder: AgentId.parse(idText(0x999)) }), "NOT_FOUND"],
    ["an agent that grants to itself", { ...OWNER, kind: "agent" as const }, wish(), "ROLE_INSUFFICIENT"],
    ["a viewer", { ...OWNER, role: "viewer" as const }, wish(), "ROLE_INSUFFICIENT"],
  ])("is refused for %s", async (_, by, asked, code) => {
    const house = buildHouse();
    expect(await house.guard.grant(by, asked)).toMatchObject({ error: { code } });
    expect(house.rows.capabilities.size).toBe(0);
  });

  it("is a member's own too, for the agents they may use", async () => {
    const house = buildHouse();
    const granted = await house.guard.grant({ ...OWNER, role: "member" }, wish());
    expect(granted).toMatchObject({ ok: true, value: { issuedBy: OWNER.id } });
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("ran");
  });

  it("is not made without a record, nor while everything is stopped", async () => {
    const house = buildHouse();
    house.audit.fault = "refuses";
    expect(await house.guard.grant(OWNER, wish())).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    house.audit.fault = "none";
    await house.guard.stop(OWNER, { surface: "web", reason: null });
    expect(await house.guard.grant(OWNER, wish())).toMatchObject({ error: { code: "EVERYTHING_STOPPED" } });
    expect(house.rows.capabilities.size).toBe(0);
  });

  it("is made for no tool that went away while it was being recorded: another of its name would find it", async () => {
    const house = buildHouse();
    const { manifests } = house.tools;
    house.audit.during = ({ event }) => {
      if (event === "capability:granted") house.tools.manifests = manifests.filter(({ name }) => name !== "mail.send");
    };
    expect(await house.guard.grant(OWNER, wish())).toMatchObject({ error: { code: "TOOL_UNKNOWN" } });
    expect(house.rows.capabilities.size).toBe(0);
    expect(house.eventNames()).toEqual(["capability:granted", "capability:grant-void"]);
  });

  it("is born dead for nobody: a stop that comes while it is being recorded voids it, and the log says so", async () => {
    const house = buildHouse();
    house.audit.during = ({ event }) =>
      event === "capability:granted" && void house.guard.stop(OWNER, { surface: "web", reason: null });
    expect(await house.guard.grant(OWNER, wish())).toMatchObject({ error: { code: "EVERYTHING_STOPPED" } });
    expect(house.rows.capabilities.size).toBe(0);
    expect(house.eventNames()).toContain("capability:grant-void");
  });

  it("counts its uses in the transaction that admits, also when calls come at once", async () => {
    const house = buildHouse();
    await house.guard.grant(
      OWNER,
      wish({ constraints: [...wish().constraints, { kind: "count", limit: 3 }], expires: "never" }),
    );
    const happened = await Promise.all(Array.from({ length: 12 }, () => house.attempt(callOf("mail.send", MAIL))));
    expect(happened.filter((word) => word === "ran")).toHaveLength(3);
    expect(house.world).toHaveLength(3);
    expect(house.rows.uses.size).toBe(3);
  });

  it("unplug: without the count in the transaction, it is used without end", async () => {
    const house = buildHouse();
    await house.guard.grant(OWNER, wish({ constraints: [...wish().constraints, { kind: "count", limit: 1 }] }));
    const atomically: Store["atomically"] = (work) =>
      house.store.atomically((repositories) => {
        const addUse = () => Promise.resolve(done); // nothing is written down
        return work({ ...repositories, capabilities: { ...repositories.capabilities, addUse } });
      });
    const forgetful = createGuard({ ...house.ports, store: { ...house.store, atomically } });
    for (let at = 0; at < 3; at += 1) {
      const call = callOf("mail.send", MAIL);
      const verdict = await forgetful.consider(SCOPE, call, []);
      if (!verdict.ok || verdict.value.kind !== "allow") throw new Error("it was not allowed");
      const permit = await forgetful.admit(SCOPE, call, verdict.value, []);
      if (permit.ok) await house.tools.run(permit.value, call, SCOPE, AbortSignal.any([]));
    }
    expect(house.world).toHaveLength(3);
  });
});
