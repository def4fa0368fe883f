import { NO_POLICY } from "@moltbot/core/guard";
import type { PolicyOverlay } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { manifest, model, until } from "./testing/fake-house.ts";
import { openRealHouse } from "./testing/real-house.ts";
import type { RealWish } from "./testing/real-house.ts";

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;

const CATALOG = [manifest("note.write", "write"), manifest("pay.now", "commit")];
const NO_NOTES = '@id("no-notes") forbid(principal, action, resource == Tool::"note.write");';
const open: RealHouse[] = [];

/** A house whose agent calls one tool in every turn; `ran` counts what really ran. */
const start = async (tool: string, wish: Partial<RealWish> = {}) => {
  const ran: string[] = [];
  const house = await openRealHouse({
    catalog: CATALOG,
    model: model(undefined, tool),
    run: async (call) => {
      ran.push(call.tool);
      return { ok: true, value: { text: "did it", summary: "did it", label: call.label } };
    },
    ...wish,
  });
  open.push(house);
  const turn = async () => {
    const id = await house.begin();
    await until(async () => ["done", "failed", "waiting"].includes((await house.turn(id)).state));
    return house.turn(id);
  };
  return { house, ran, turn };
};
afterEach(async () => {
  for (const house of open.splice(0)) await house.close();
});

describe("the operator's policy", () => {
  it("wins over a grant, and says which policy forbids", async () => {
    const { house, ran, turn } = await start("note.write");
    await turn();
    expect(ran).toEqual(["note.write"]);
    const set = await house.operations["policy.set"](house.context(), { text: NO_NOTES });
    expect(set).toMatchObject({ ok: true, value: { text: NO_NOTES, problems: [] } });
    await turn();
    expect(ran).toEqual(["note.write"]);
    const results = house.heard.flatMap((event) => (event.name === "tool:executed" ? [event.payload] : []));
    expect(results.map(({ status }) => status)).toEqual(["ok", "refused"]);
    const refused = results[1];
    if (refused === undefined) throw new Error("it was refused");
    expect(await house.operations["decisions.explain"](house.context(), { id: refused.callId })).toMatchObject({
      ok: true,
      value: [{ verdict: "deny", code: "POLICY_FORBIDS", forbiddenBy: ["no-notes"] }],
    });
  });

  it("wins over an approval that was given before it", async () => {
    const { house, ran, turn } = await start("pay.now");
    const waiting = await turn();
    const [question] = waiting.waitingFor;
    if (question === undefined) throw new Error("it asks");
    const set = { text: '@id("no-pay") forbid(principal, action == Action::"commit", resource);' };
    expect(await house.operations["policy.set"](house.context(), set)).toMatchObject({ ok: true });
    await house.operations["approvals.answer"](house.context(), {
      approvalId: question,
      answer: "allow",
      scope: "once",
    });
    await until(async () => (await house.turn(waiting.id)).end !== null);
    expect(ran).toEqual([]);
  });

  it("unplug: with an overlay that forbids nothing, the same call runs", async () => {
    const { ran, turn } = await start("note.write", { policy: NO_NOTES, overlay: NO_POLICY });
    await turn();
    expect(ran).toEqual(["note.write"]);
  });

  it("that lies in the home and is not valid lets nothing run until it is mended", async () => {
    const { house, ran, turn } = await start("note.write", { policy: "forbid(" });
    await turn();
    expect(ran).toEqual([]);
    const checks = await house.operations["system.doctor"](house.context(), {});
    expect(checks.ok && checks.value.find(({ name }) => name === "policy")).toMatchObject({ state: "fault" });
    expect(await house.operations["policy.get"](house.context(), {})).toMatchObject({
      ok: true,
      value: { text: "forbid(", version: "failed", problems: [{ line: 1 }] },
    });
    await house.operations["policy.set"](house.context(), { text: "" });
    await turn();
    expect(ran).toEqual(["note.write"]);
  });

  it("that throws forbids", async () => {
    const overlay: PolicyOverlay = {
      version: "v",
      forbids: () => {
        throw new Error("innards");
      },
    };
    const { ran, turn } = await start("note.write", { overlay });
    await turn();
    expect(ran).toEqual([]);
  });

  it("is not changed by a text that is not valid, nor when the change cannot be recorded", async () => {
    const fails = { audit: false, database: false };
    const { house } = await start("note.write", { policy: NO_NOTES, fails });
    const before = await house.operations["policy.get"](house.context(), {});
    expect(await house.operations["policy.set"](house.context(), { text: "\nforbid(" })).toMatchObject({
      ok: false,
      error: { code: "POLICY_INVALID", context: { line: 2 } },
    });
    fails.audit = true;
    expect(await house.operations["policy.set"](house.context(), { text: "" })).toMatchObject({
      ok: false,
      error: { code: "AUDIT_UNWRITABLE" },
    });
    expect(await house.operations["policy.get"](house.context(), {})).toEqual(before);
  });

  it("can be tried on the recorded past before it counts", async () => {
    const { house, turn } = await start("note.write");
    await turn();
    const tried = { grant: [], revoke: [] };
    expect(await house.operations["policy.simulate"](house.context(), { ...tried, policy: NO_NOTES })).toMatchObject({
      ok: true,
      value: { replayed: 1, same: 0, changes: { "allow → deny": 1 } },
    });
    expect(await house.operations["policy.simulate"](house.context(), tried)).toMatchObject({
      ok: true,
      value: { replayed: 1, same: 1 },
    });
    expect(await house.operations["policy.simulate"](house.context(), { ...tried, policy: "forbid" })).toMatchObject({
      ok: false,
      error: { code: "POLICY_INVALID" },
    });
    expect(house.policy.overlay().version).toBe("none");
  });

  it("in force is the one a change of grants is tried under when no other is given", async () => {
    const { house, turn } = await start("note.write");
    await turn();
    await house.operations["policy.set"](house.context(), { text: NO_NOTES });
    expect(await house.operations["policy.simulate"](house.context(), { grant: [], revoke: [] })).toMatchObject({
      ok: true,
      value: { replayed: 1, same: 0, changes: { "allow → deny": 1 } },
    });
  });
});
