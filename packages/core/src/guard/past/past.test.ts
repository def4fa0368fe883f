import { describe, expect, it } from "vitest";
import { CapabilityWish } from "@moltbot/contracts";
import type { MoltbotError, PolicyOverlay } from "@moltbot/contracts";
import { AGENT, buildHouse, callOf, capabilityOf, OWNER, SCOPE } from "../testing/house.ts";
import type { House } from "../testing/house.ts";

const MAIL = { to: "bob@example.org", text: "hi" };
const TO_BOB = { kind: "equals", argument: "to", value: "bob@example.org" } as const;
const forbidsMail: PolicyOverlay = {
  version: "2",
  forbids: ({ manifest }) => (manifest.name === "mail.send" ? ["no-mail"] : []),
};

/** One call that ran, one that was asked about, one that was refused. */
const withPast = async (): Promise<{ house: House; grantId: ReturnType<typeof capabilityOf>["id"] }> => {
  const house = buildHouse();
  const grant = capabilityOf("mail.send", [TO_BOB]);
  house.grant(grant);
  await house.attempt(callOf("mail.send", MAIL));
  await house.attempt(callOf("mail.send", { ...MAIL, to: "carol@example.org" }));
  await house.attempt(callOf("no.such", {}));
  return { house, grantId: grant.id };
};
const unavailable: MoltbotError = {
  name: "StorageError",
  code: "DATABASE_UNAVAILABLE",
  message: "",
  next: "",
  context: {},
  recoverable: true,
};
const NOTHING = { overlay: null, grant: [], revoke: [], since: null };

describe("every decision", () => {
  it("is kept with what it looked at, once", async () => {
    const { house } = await withPast();
    expect([...house.rows.decisions.values()].map(({ kind, rule, code }) => [kind, rule, code])).toEqual([
      ["allow", "send.capability", null],
      ["ask", expect.any(String), null],
      ["deny", "tool.unknown", "TOOL_UNKNOWN"],
    ]);
  });
});

describe("why", () => {
  it("explains by the id of the call, of its question or of the decision", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL, "untrusted");
    const approval = await house.parked(call);
    const [decision] = house.rows.decisions.values();
    if (decision === undefined) throw new Error("no decision");
    for (const id of [call.id, approval.id, decision.id]) {
      expect(await house.guard.explain(OWNER, id)).toMatchObject({
        value: [{ callId: call.id, verdict: "ask", tool: "mail.send", context: { integrity: "untrusted" } }],
      });
    }
  });

  it("knows nothing of an id that is not there, and passes a fault on", async () => {
    const house = buildHouse();
    const { id } = callOf("mail.send", MAIL);
    expect(await house.guard.explain(OWNER, id)).toMatchObject({ error: { code: "NOT_FOUND" } });
    expect(await house.guard.explain(OWNER, "yesterday")).toMatchObject({ error: { code: "NOT_FOUND" } });
    house.store.failAt(2, "throws");
    expect(await house.guard.explain(OWNER, id)).toMatchObject({ error: { code: "INTERNAL" } });
  });
});

describe("simulate", () => {
  it("finds no difference without a change", async () => {
    const { house } = await withPast();
    expect(await house.guard.simulate(OWNER, NOTHING)).toMatchObject({
      value: { replayed: 3, same: 3, changes: {}, examples: [] },
    });
  });

  it("shows what a policy would have forbidden, and changes nothing", async () => {
    const { house } = await withPast();
    const rows = house.rows.decisions.size;
    expect(await house.guard.simulate(OWNER, { ...NOTHING, overlay: forbidsMail })).toMatchObject({
      value: {
        replayed: 3,
        same: 1,
        changes: { "allow → deny": 1, "ask → deny": 1 },
        examples: [{ was: "ask", would: "deny", rule: "policy.forbids", tool: "mail.send" }, { was: "allow" }],
      },
    });
    expect(house.rows.decisions.size).toBe(rows);
    expect(house.world).toHaveLength(1);
  });

  it("shows what a grant would have allowed and a revocation would have asked", async () => {
    const { house, grantId } = await withPast();
    const wish = CapabilityWish.parse({
      holder: AGENT,
      tool: "mail.send",
      constraints: [{ kind: "matches", argument: "to", pattern: "*@example.org" }],
      expires: "never",
      reason: "the whole company",
    });
    expect(await house.guard.simulate(OWNER, { ...NOTHING, grant: [wish] })).toMatchObject({
      value: { changes: { "ask → allow": 1 } },
    });
    expect(await house.guard.simulate(OWNER, { ...NOTHING, revoke: [grantId] })).toMatchObject({
      value: { changes: { "allow → ask": 1 } },
    });
    const unknown = { ...wish, tool: CapabilityWish.shape.tool.parse("no.such") };
    expect(await house.guard.simulate(OWNER, { ...NOTHING, grant: [unknown] })).toMatchObject({
      error: { code: "TOOL_UNKNOWN" },
    });
  });

  it("looks no further back than it is told", async () => {
    const { house } = await withPast();
    house.clock.advance(60_000);
    const since = house.clock.now();
    await house.attempt(callOf("mail.send", MAIL));
    expect(await house.guard.simulate(OWNER, { ...NOTHING, since })).toMatchObject({ value: { replayed: 1 } });
  });

  it("runs one at a time, and again when that one ended or failed", async () => {
    const { house } = await withPast();
    const busy = { ok: false, error: { code: "CONFLICT", context: { kind: "simulation" } } };
    const [first, second, elsewhere] = await Promise.all([
      house.guard.simulate(OWNER, NOTHING),
      house.guard.simulate(OWNER, NOTHING),
      buildHouse().guard.simulate(OWNER, NOTHING),
    ]);
    expect([first.ok, second, elsewhere.ok]).toMatchObject([true, busy, true]);
    for (const fault of ["throws", unavailable] as const) {
      house.store.failAt(2, fault);
      expect(await house.guard.simulate(OWNER, NOTHING)).toMatchObject({ ok: false });
      expect(await house.guard.simulate(OWNER, NOTHING)).toMatchObject({ value: { replayed: 3 } });
    }
  });

  it("keeps a refusal that was made around the decision: a repeated no, a flood of questions, a late revocation", async () => {
    const house = buildHouse();
    await house.answer(await house.parked(callOf("mail.send", MAIL)), { answer: "deny" });
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("APPROVAL_DENIED");
    for (let at = 0; at < 40; at += 1) await house.attempt(callOf("mail.send", { ...MAIL, text: String(at) }));
    const grant = capabilityOf("memory.search", []);
    house.grant(grant);
    const call = callOf("memory.search", { query: "a" });
    const verdict = await house.verdictOf(call);
    house.rows.capabilities.set(grant.id, { ...grant, revokedAt: house.clock.now() });
    if (verdict.kind !== "allow") throw new Error("it was not allowed");
    await house.guard.admit(SCOPE, call, verdict, []);
    const rules = new Set([...house.rows.decisions.values()].map(({ rule }) => rule));
    for (const rule of ["approval.denied-before", "budget.questions", "permit.stale"]) expect(rules).toContain(rule);
    expect(await house.guard.simulate(OWNER, NOTHING)).toMatchObject({ value: { changes: {}, examples: [] } });
    // With a grant there would have been no question to refuse.
    const wish = CapabilityWish.parse({ holder: AGENT, tool: "mail.send", expires: "never", reason: "all of it" });
    expect(await house.guard.simulate(OWNER, { ...NOTHING, grant: [wish] })).toMatchObject({
      value: { changes: { "ask → allow": 40, "deny → allow": 2 } },
    });
  });

  it("reads the past page by page, to its end", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("mail.send", [TO_BOB]));
    await house.attempt(callOf("mail.send", MAIL));
    const [first] = house.rows.decisions.values();
    if (first === undefined) throw new Error("no decision");
    for (let at = 0; at < 2_100; at += 1) {
      const id = `${first.id.slice(0, -6)}${(0xf00000 + at).toString(16)}` as typeof first.id; // the next ids in order
      house.rows.decisions.set(id, { ...first, id });
    }
    const report = await house.guard.simulate(OWNER, { ...NOTHING, overlay: forbidsMail });
    expect(report).toMatchObject({ value: { replayed: 2_101, changes: { "allow → deny": 2_101 } } });
    expect(report.ok && report.value.examples).toHaveLength(20);
  });
});
