import { describe, expect, it } from "vitest";
import { err, label, moltbotError, ok } from "@moltbot/contracts";
import type { Constraint, Principal, ResolvedResource, ToolCall } from "@moltbot/contracts";
import { approvalDigest } from "./digest.ts";
import {
  AGENT,
  buildHouse,
  callOf,
  capabilityOf,
  CONVERSATION,
  manifestOf,
  OTHER_AGENT,
  OTHER_CONVERSATION,
  OTHER_TURN,
  OWNER,
  SCOPE,
  STRANGER,
  TURN,
} from "./testing/house.ts";
import { after, nodeCrypto } from "./testing/ports.ts";

const MAIL = { to: "bob@example.org", text: "hi" };
const FAULT = moltbotError("DATABASE_UNAVAILABLE", { problem: "test" });
const allowOf = async (house: ReturnType<typeof buildHouse>, call: ToolCall) => {
  const verdict = await house.verdictOf(call);
  if (verdict.kind !== "allow") throw new Error(`it does not allow: ${verdict.rule}`);
  return verdict;
};

describe("the way of a call", () => {
  it("runs with a capability: ledger, intent, permit, effect, outcome", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("memory.search", []));
    const call = callOf("memory.search", { query: "tea" });
    expect(await house.attempt(call)).toBe("ran");
    expect(house.rows.calls.get(call.id)?.state).toBe("admitted");
    expect((await house.guard.settle(SCOPE, call, "done", null)).ok).toBe(true);
    expect(house.rows.calls.get(call.id)?.state).toBe("done");
    expect(house.eventNames()).toEqual(["tool:intended", "tool:settled"]);
    expect(house.world).toHaveLength(1);
  });

  it("asks, is allowed once, runs once, and never again", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    expect(house.world).toHaveLength(0);
    expect((await house.answer(approval)).ok).toBe(true);
    expect(await house.attempt(call)).toBe("ran");
    expect(house.rows.approvals.get(approval.id)?.state).toBe("consumed");
    expect(await house.attempt(call)).toBe("PERMIT_SPENT");
    expect(house.eventNames()).toEqual(["approval:requested", "approval:answered", "tool:intended", "tool:refused"]);
    expect(house.rows.calls.get(call.id)?.state).toBe("admitted");
    expect(house.world).toEqual([{ tool: "mail.send", arguments: MAIL }]);
  });

  it("records intent, refusal and answer without content in the clear", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", { to: "canary@example.org", text: "canary text" }));
    await house.answer(approval, { answer: "deny", reason: "canary reason" });
    await house.attempt(callOf("canary.tool of the model", {}));
    const clear = JSON.stringify(house.audit.events.map(({ fields, event, actor }) => ({ fields, event, actor })));
    expect(clear).not.toContain("canary");
    expect(clear).not.toContain(approval.digest);
    expect(JSON.stringify(house.audit.events)).toContain("canary reason");
    for (const { details, subject } of house.audit.events) {
      if (details !== undefined) expect(subject).toBe(`conversation:${CONVERSATION}`);
    }
  });

  it("asks with the tool's own sentence, what leaves, and the origin of every argument", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("web.fetch", [{ kind: "equals", argument: "url", value: "https://example.org/a" }]));
    const fetched = await house.verdictOf(callOf("web.fetch", { url: "https://example.org/a" }));
    expect(fetched).toMatchObject({
      question: {
        consequence: "Uses web.fetch with “”.",
        leaves: "The request as shown, to example.org:443.",
        arguments: [{ origin: "granted", critical: true }],
        undo: "none",
      },
    });
    const given = { to: "bob@example.org", text: "from the page" };
    const sent = await house.verdictOf(callOf("mail.send", given, "untrusted"), ["write to bob@example.org"]);
    expect(sent).toMatchObject({
      question: {
        leaves: "Everything that the arguments hold.",
        arguments: [
          { name: "to", origin: "stated", critical: true },
          { name: "text", origin: "untrusted", critical: false },
        ],
      },
    });
    const chosen = await house.verdictOf(callOf("reminder.create", { text: "x y", minutes: 3 }));
    expect(chosen).toMatchObject({
      question: {
        leaves: null,
        arguments: [{ origin: "model" }, { origin: "model" }],
        scopes: ["once", "task", "conversation", "always"],
      },
    });
  });

  it("makes hidden and moving characters visible, caps what is long, and then allows only once", async () => {
    const house = buildHouse();
    const hidden = `pay\u202Egnp\u200B\u{E0041}\n${"x".repeat(9_000)}END`;
    const verdict = await house.verdictOf(callOf("mail.send", { to: "a\u2066b", text: hidden }));
    if (verdict.kind !== "ask") throw new Error("it must ask");
    const shown = JSON.stringify(verdict.question);
    expect(shown).toContain("⟨U+202E⟩gnp⟨U+200B⟩⟨U+E0041⟩");
    expect(shown).toContain("a⟨U+2066⟩b");
    expect(shown).toContain("characters not shown");
    expect(shown).toContain("END");
    expect(shown).not.toMatch(/[\u202E\u200B\u2066]/);
    expect(verdict.question.consequence.length).toBeLessThan(400);
    expect(verdict.question.scopes).toEqual(["once"]);
  });

  it("shows nested values and stops at a depth", async () => {
    const house = buildHouse();
    const more = JSON.parse(`${`{"a\\u202e":[`.repeat(20)}1${"]}".repeat(20)}`) as ToolCall["arguments"];
    const verdict = await house.verdictOf(
      callOf("reminder.create", { text: "x", minutes: 1, more: [more, null, true] }),
    );
    expect(JSON.stringify(verdict)).toContain("[deeper than can be shown]");
    expect(JSON.stringify(verdict)).toContain("a⟨U+202E⟩");
  });

  it("falls back to the tool's title when the tool cannot describe the call", async () => {
    const house = buildHouse();
    house.tools.describing = () => {
      throw new Error("no words");
    };
    expect(await house.verdictOf(callOf("mail.send", MAIL))).toMatchObject({
      question: { consequence: "Use mail.send." },
    });
  });
});

describe("what fails, refuses", () => {
  it.each(["refuses", "throws"] as const)("mints nothing when the audit %s", async (fault) => {
    const house = buildHouse();
    house.grant(capabilityOf("memory.search", []));
    const call = callOf("memory.search", { query: "tea" });
    house.audit.fault = fault;
    expect(await house.attempt(call)).toBe("AUDIT_UNWRITABLE");
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("AUDIT_UNWRITABLE");
    expect(house.rows.calls.get(call.id)?.state).toBe("asked");
    expect(house.rows.approvals.size).toBe(0);
    expect(house.world).toHaveLength(0);
    // Nothing ran, so it may when records can be written again.
    house.audit.fault = "none";
    expect(await house.attempt(call)).toBe("ran");
    expect(house.world).toHaveLength(1);
  });

  it("has no effect in force when the audit fails at an answer", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    house.audit.fault = "refuses";
    expect(await house.answer(approval, { scope: "always" })).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    expect(house.rows.approvals.get(approval.id)?.state).toBe("pending");
    expect(house.rows.capabilities.size).toBe(0);
    house.audit.fault = "none";
    house.audit.during = ({ event }) => {
      if (event === "capability:granted") house.audit.fault = "throws";
    };
    expect(await house.answer(approval, { scope: "always" })).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    expect(house.rows.approvals.get(approval.id)?.state).toBe("pending");
    expect(house.rows.capabilities.size).toBe(0);
  });

  it.each(["error", "throws"] as const)("does nothing when the database fails anywhere (%s)", async (how) => {
    const failure = how === "throws" ? how : FAULT;
    const steps: Readonly<Record<string, (house: ReturnType<typeof buildHouse>) => Promise<unknown>>> = {
      consider: (house) => house.guard.consider(SCOPE, callOf("memory.search", { query: "a" }), []),
      capability: (house) => house.attempt(callOf("memory.search", { query: "a" })),
      ask: (house) => house.attempt(callOf("mail.send", MAIL)),
      refuse: (house) => house.attempt(callOf("no.such", {})),
      settle: (house) => house.guard.settle(SCOPE, callOf("memory.search", { query: "a" }), "done", null),
      expire: (house) => house.guard.expire(),
    };
    for (const [name, step] of Object.entries(steps)) {
      for (let at = 1; at < 14; at += 1) {
        const house = buildHouse();
        house.grant(capabilityOf("memory.search", []));
        house.store.failAt(at, failure);
        await step(house);
        if (house.store.operations() < at) break;
        expect(house.world, `${name} at ${at}`).toHaveLength(0);
        expect(house.rows.approvals.size, `${name} at ${at}`).toBe(0);
      }
    }
  });

  it.each(["error", "throws"] as const)("neither answers nor grants nor consumes by halves (%s)", async (how) => {
    for (let at = 1; at < 16; at += 1) {
      const house = buildHouse();
      const call = callOf("mail.send", MAIL);
      const approval = await house.parked(call);
      const started = house.store.operations();
      house.store.failAt(at, how === "throws" ? how : FAULT);
      const answered = await house.answer(approval, { scope: "conversation" });
      const failed = house.store.operations() - started >= at;
      expect(answered.ok).toBe(!failed);
      expect(house.rows.approvals.get(approval.id)?.state).toBe(failed ? "pending" : "allowed");
      expect(house.rows.capabilities.size).toBe(failed ? 0 : 1);
    }
    for (let at = 1; at < 16; at += 1) {
      const house = buildHouse();
      const call = callOf("mail.send", MAIL);
      const approval = await house.parked(call);
      await house.answer(approval);
      const started = house.store.operations();
      house.store.failAt(at, how === "throws" ? how : FAULT);
      const happened = await house.attempt(call);
      const failed = house.store.operations() - started >= at;
      expect(happened === "ran").toBe(!failed);
      expect(house.rows.approvals.get(approval.id)?.state).toBe(failed ? "allowed" : "consumed");
      expect(house.world).toHaveLength(failed ? 0 : 1);
    }
  });

  it("hands the limits of the grant on with the permit, and none with an approval", async () => {
    const house = buildHouse();
    const limits: readonly Constraint[] = [
      { kind: "host-in", argument: "url", hosts: ["example.org:443"] },
      { kind: "path-prefix", argument: "url", prefixes: ["/v1"] },
    ];
    house.grant(capabilityOf("web.fetch", limits));
    const call = callOf("web.fetch", { url: "https://example.org/v1/a" });
    const permit = await house.guard.admit(SCOPE, call, await allowOf(house, call), []);
    expect(permit.ok && house.permits.redeem(permit.value, call)).toMatchObject({
      ok: true,
      value: { bounds: limits, resources: [{ argument: "url", kind: "host", value: "example.org:443" }] },
    });
    expect(await house.attempt(callOf("web.fetch", { url: "https://example.org/v10" }))).not.toBe("ran");
  });

  it("refuses what cannot be resolved, with the reason, and when a port throws", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("web.fetch", [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }]));
    expect(await house.attempt(callOf("web.fetch", { url: "not a url" }))).toBe("URL_INVALID");
    const call = callOf("web.fetch", { url: "https://example.org/" });
    const allow = await allowOf(house, call);
    house.tools.resolving = () => err(moltbotError("HOST_UNRESOLVED", { host: "x" }));
    expect(await house.guard.admit(SCOPE, call, allow, [])).toMatchObject({ error: { code: "HOST_UNRESOLVED" } });
    house.tools.resolving = () => {
      throw new Error("resolver");
    };
    expect(await house.guard.admit(SCOPE, call, allow, [])).toMatchObject({ error: { code: "INTERNAL" } });
    expect(await house.guard.consider(SCOPE, call, [])).toMatchObject({ error: { code: "INTERNAL" } });
    expect(house.world).toHaveLength(0);
  });

  it("refuses a call without canonical form at every step", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("memory.search", []));
    const call = callOf("memory.search", { query: "\ud800" });
    expect(await house.attempt(call)).toBe("TOOL_ARGUMENTS_INVALID");
    expect(house.rows.calls.get(call.id)?.state).toBe("refused");
    const allow = await allowOf(house, callOf("memory.search", { query: "a" }));
    expect(await house.guard.admit(SCOPE, call, allow, [])).toMatchObject({ error: { code: "PERMIT_INVALID" } });
    const ask = await house.verdictOf(callOf("mail.send", MAIL));
    if (ask.kind !== "ask") throw new Error("it must ask");
    expect(await house.guard.ask(SCOPE, call, ask)).toMatchObject({ error: { code: "PERMIT_INVALID" } });
    const circle: Record<string, unknown> = {};
    circle["query"] = circle;
    expect(await house.attempt(callOf("memory.search", circle as ToolCall["arguments"]))).toBe(
      "TOOL_ARGUMENTS_INVALID",
    );
    expect(house.world).toHaveLength(0);
  });

  it("settles only what was admitted, and the same end twice", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("memory.search", []));
    const call = callOf("memory.search", { query: "tea" });
    expect(await house.guard.settle(SCOPE, call, "done", null)).toMatchObject({ error: { code: "CONFLICT" } });
    await house.attempt(call);
    expect((await house.guard.settle(SCOPE, call, "unknown", "TOOL_OUTCOME_UNKNOWN")).ok).toBe(true);
    expect((await house.guard.settle(SCOPE, call, "unknown", "TOOL_OUTCOME_UNKNOWN")).ok).toBe(true);
    expect(await house.guard.settle(SCOPE, call, "done", null)).toMatchObject({ error: { code: "CONFLICT" } });
  });
});

describe("admit", () => {
  it("takes no verdict's word: an invented allow gets the refusal the call deserves", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    const invented = {
      kind: "allow",
      rule: "approved",
      digest: approval.digest,
      because: { kind: "approval", approval: { ...approval, state: "allowed" } },
    } as const;
    expect(await house.guard.admit(SCOPE, call, invented, [])).toMatchObject({ error: { code: "PERMIT_STALE" } });
    const unknown = callOf("no.such", {});
    expect(await house.guard.admit(SCOPE, unknown, invented, [])).toMatchObject({ error: { code: "TOOL_UNKNOWN" } });
    expect(house.eventNames()).toEqual(["approval:requested", "tool:refused", "tool:refused"]);
    expect(house.world).toHaveLength(0);
  });

  it.each<readonly [string, (house: ReturnType<typeof buildHouse>) => void]>([
    ["the capability is revoked", (house) => house.rows.capabilities.clear()],
    ["the epoch rises", (house) => void (house.rows.epoch = 2)],
    ["the capability expires", (house) => house.clock.advance(3_600_000)],
    [
      "the tool's version rises",
      (house) => void (house.tools.manifests = [{ ...manifestOf("memory.search"), version: 2 }]),
    ],
  ])("does not admit when %s after the decision", async (_, change) => {
    const house = buildHouse();
    house.grant(capabilityOf("memory.search", []));
    const call = callOf("memory.search", { query: "tea" });
    const allow = await allowOf(house, call);
    change(house);
    expect(await house.guard.admit(SCOPE, call, allow, [])).toMatchObject({ error: { code: "PERMIT_STALE" } });
    expect(house.rows.calls.get(call.id)?.state).toBe("refused");
    expect(house.eventNames()).toEqual(["tool:refused"]);
    expect(house.world).toHaveLength(0);
  });

  it("repeats a call without a known end only where a second run changes nothing, and only the same call", async () => {
    const house = buildHouse();
    house.grant(
      capabilityOf("memory.search", []),
      capabilityOf("reminder.create", [
        { kind: "equals", argument: "text", value: "x" },
        { kind: "at-most", argument: "minutes", limit: 9 },
        { kind: "equals", argument: "list", value: null },
      ]),
    );
    const search = callOf("memory.search", { query: "tea" });
    const reminder = callOf("reminder.create", { text: "x", minutes: 1 });
    expect([await house.attempt(search), await house.attempt(reminder)]).toEqual(["ran", "ran"]);
    expect([await house.attempt(search), await house.attempt(reminder)]).toEqual(["TOOL_OUTCOME_UNKNOWN", "ran"]);
    expect(await house.attempt({ ...reminder, arguments: { text: "x", minutes: 2 } })).toBe("TOOL_OUTCOME_UNKNOWN");
    await house.guard.settle(SCOPE, reminder, "done", null);
    expect(await house.attempt(reminder)).toBe("PERMIT_SPENT");
  });

  it("judges its own copy: arguments changed while it waits get no permit", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("mail.send", [{ kind: "equals", argument: "to", value: "bob@example.org" }]));
    const given = { ...MAIL };
    const call = callOf("mail.send", given);
    house.audit.during = () => void (given.to = "eve@evil.test");
    expect(await house.attempt(call)).toBe("PERMIT_INVALID");
    expect(house.world).toHaveLength(0);
  });

  it("withdraws the open question once a capability allows the call", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    house.grant(capabilityOf("mail.send", [{ kind: "equals", argument: "to", value: "bob@example.org" }]));
    expect(await house.attempt(call)).toBe("ran");
    expect(await house.answer(approval)).toMatchObject({ error: { code: "APPROVAL_ALREADY_ANSWERED" } });
    expect(house.world).toHaveLength(1);
  });

  it("gives a permit that dies when the epoch rises before it is redeemed", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("memory.search", []));
    house.audit.during = ({ event }) => event === "tool:intended" && house.permits.raiseEpoch(2);
    expect(await house.attempt(callOf("memory.search", { query: "tea" }))).toBe("PERMIT_STALE");
    expect(house.world).toHaveLength(0);
  });
});

describe("a question", () => {
  it("is asked once for the same call and replaced when the call drifted", async () => {
    const house = buildHouse();
    const call = callOf("web.fetch", { url: "https://example.org/a" });
    const first = await house.parked(call);
    expect((await house.parked(call)).id).toBe(first.id);
    house.tools.resolving = () => ok([{ argument: "url", kind: "host", value: "moved.test:443", refusal: null }]);
    const second = await house.parked(call);
    expect(second.id).not.toBe(first.id);
    expect(house.rows.approvals.get(first.id)?.state).toBe("superseded");
    expect(await house.answer(first)).toMatchObject({ error: { code: "APPROVAL_ALREADY_ANSWERED" } });
    expect(house.eventNames()).toEqual(["approval:requested", "approval:requested"]);
  });

  it("is parked once however many ask at once", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const parked = await Promise.all(Array.from({ length: 10 }, () => house.parked(call)));
    expect(new Set(parked.map(({ id }) => id)).size).toBe(1);
    expect(house.rows.approvals.size).toBe(1);
  });

  it("is not asked about a call that was admitted", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const verdict = await house.verdictOf(call);
    if (verdict.kind !== "ask") throw new Error("it must ask");
    await house.answer(await house.parked(call));
    await house.attempt(call);
    expect(await house.guard.ask(SCOPE, call, verdict)).toMatchObject({ error: { code: "PERMIT_SPENT" } });
  });

  it("expires, wakes its turn once, and silence denies", async () => {
    const house = buildHouse();
    const [first, second] = [callOf("mail.send", MAIL), callOf("mail.send", { ...MAIL, text: "2" })];
    const approval = await house.parked(first);
    await house.answer(await house.parked(second));
    house.clock.advance(15 * 60_000 - 1);
    expect(await house.guard.expire()).toEqual(ok([]));
    house.clock.advance(1);
    expect(await house.answer(approval)).toMatchObject({ error: { code: "APPROVAL_EXPIRED" } });
    house.audit.fault = "refuses";
    expect(await house.guard.expire()).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    house.audit.fault = "none";
    expect(await house.guard.expire()).toEqual(ok([TURN]));
    expect(await house.guard.expire()).toEqual(ok([]));
    expect(house.eventNames().filter((name) => name === "approval:expired")).toHaveLength(2);
    expect(await house.answer(approval)).toMatchObject({ error: { code: "APPROVAL_EXPIRED" } });
    expect(await house.attempt(first)).toBe("APPROVAL_EXPIRED");
    expect(await house.attempt(second)).toBe("asked");
    expect(house.world).toHaveLength(0);
  });
});

describe("an answer", () => {
  it.each<readonly [string, Principal, string]>([
    ["an agent", { ...OWNER, kind: "agent" }, "APPROVAL_NOT_ANSWERABLE"],
    ["a server", { ...OWNER, kind: "server" }, "APPROVAL_NOT_ANSWERABLE"],
    ["a plugin", { ...OWNER, kind: "plugin" }, "APPROVAL_NOT_ANSWERABLE"],
    ["a workflow", { ...OWNER, kind: "workflow" }, "APPROVAL_NOT_ANSWERABLE"],
    ["a viewer", { ...OWNER, role: "viewer" }, "APPROVAL_NOT_ANSWERABLE"],
    ["the owner of something else", STRANGER, "APPROVAL_NOT_ANSWERABLE"],
  ])("by %s does not count", async (_, by, code) => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    expect(await house.answer(approval, {}, by)).toMatchObject({ error: { code } });
    expect(await house.attempt(call)).toBe("asked");
    expect(house.rows.approvals.get(approval.id)?.state).toBe("pending");
    expect(house.world).toHaveLength(0);
  });

  it("by another in the audience does not count, and without its turn nobody's does", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    const conversation = house.rows.conversations.get(CONVERSATION);
    const turn = house.rows.turns.get(TURN);
    if (conversation === undefined || turn === undefined) throw new Error("no conversation");
    house.rows.conversations.set(CONVERSATION, { ...conversation, audience: [OWNER.id, STRANGER.id] });
    expect(await house.answer(approval, {}, STRANGER)).toMatchObject({ error: { code: "APPROVAL_NOT_ANSWERABLE" } });
    house.rows.turns.clear();
    expect(await house.answer(approval)).toMatchObject({ error: { code: "APPROVAL_NOT_ANSWERABLE" } });
    house.rows.turns.set(TURN, turn);
    expect((await house.answer(approval)).ok).toBe(true);
  });

  it("of deny reaches the call with the person's words", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    expect(await house.answer(approval, { answer: "deny", scope: "always", reason: "no" })).toMatchObject({
      value: { state: "denied", reason: "no" },
    });
    expect(house.rows.capabilities.size).toBe(0);
    expect(await house.attempt(call)).toBe("APPROVAL_DENIED");
    expect(await house.answer(approval)).toMatchObject({
      error: { code: "APPROVAL_ALREADY_ANSWERED", context: { state: "denied" } },
    });
  });

  it("from a doubted clock does not count", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    house.clock.set(after(-400_000));
    expect(await house.answer(approval)).toMatchObject({ error: { code: "APPROVAL_EXPIRED" } });
  });

  it("that expires while it is recorded does not count, and the log says so", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    house.audit.during = ({ event }) => event === "approval:answered" && house.clock.advance(15 * 60_000);
    expect(await house.answer(approval, { scope: "always" })).toMatchObject({ error: { code: "APPROVAL_EXPIRED" } });
    expect(house.eventNames()).toContain("approval:answer-void");
    expect(house.rows.capabilities.size).toBe(0);
  });

  it.each([
    ["task", { kind: "task", turnId: TURN }],
    ["conversation", { kind: "conversation", conversationId: CONVERSATION }],
    ["always", { kind: "always" }],
  ] as const)("for %s grants exactly this recipient for 90 days, and nothing else", async (scope, reach) => {
    const house = buildHouse();
    await house.answer(await house.parked(callOf("mail.send", MAIL)), { scope });
    expect([...house.rows.capabilities.values()]).toMatchObject([
      {
        tool: "mail.send",
        holder: AGENT,
        permissions: ["mail.send:use"],
        rights: ["use"],
        reach,
        epoch: 1,
        issuedBy: OWNER.id,
        constraints: [{ kind: "equals", argument: "to", value: "bob@example.org" }],
        expiresAt: after(90 * 24 * 3_600_000),
        parent: null,
        revokedAt: null,
      },
    ]);
    expect(house.eventNames()).toContain("capability:granted");
    expect(await house.attempt(callOf("mail.send", { ...MAIL, text: "again" }))).toBe("ran");
    // What an untrusted context knows is not Bob's to know: the grant names him, not what he may be told.
    expect(await house.attempt(callOf("mail.send", { ...MAIL, text: "again" }, "untrusted"))).toBe("asked");
    expect(await house.attempt(callOf("mail.send", { ...MAIL, to: "eve@evil.test" }))).toBe("asked");
    const elsewhere = { ...callOf("mail.send", MAIL), conversationId: OTHER_CONVERSATION, turnId: OTHER_TURN };
    expect(await house.attempt(elsewhere)).toBe(scope === "always" ? "ran" : "asked");
    house.clock.advance(90 * 24 * 3_600_000);
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("asked");
  });

  it("for a fetch grants the host and its port, not the page", async () => {
    const house = buildHouse();
    await house.answer(await house.parked(callOf("web.fetch", { url: "https://example.org/a" })), { scope: "always" });
    expect([...house.rows.capabilities.values()]).toMatchObject([
      { constraints: [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }] },
    ]);
    expect(await house.attempt(callOf("web.fetch", { url: "https://example.org/b" }))).toBe("ran");
    // With untrusted content in view the address could carry what was read.
    expect(await house.attempt(callOf("web.fetch", { url: "https://example.org/b" }, "untrusted"))).toBe("asked");
    expect(await house.attempt(callOf("web.fetch", { url: "https://example.org:8443/b" }))).toBe("asked");
  });

  it("for a scope the card does not offer is refused", async () => {
    const house = buildHouse();
    const paying = await house.parked(callOf("bank.pay", { to: "bob", amount: 1 }));
    const fetching = await house.parked(callOf("web.fetch", { url: "https://example.org/" }, "untrusted"));
    const hiding = await house.parked(callOf("mail.send", { ...MAIL, text: "a\u200Bb" }));
    for (const approval of [paying, fetching, hiding]) {
      expect(await house.answer(approval, { scope: "always" })).toMatchObject({
        error: { code: "CAPABILITY_INVALID" },
      });
      expect(house.rows.approvals.get(approval.id)?.state).toBe("pending");
      expect((await house.answer(approval)).ok).toBe(true);
    }
    expect(house.rows.capabilities.size).toBe(0);
  });

  it.each<readonly [string, (house: ReturnType<typeof buildHouse>) => void]>([
    ["the tool is gone", (house) => void (house.tools.manifests = [])],
    ["the tool's version rose", (house) => void (house.tools.manifests = [{ ...manifestOf("web.fetch"), version: 2 }])],
    [
      "the host moved",
      (house) =>
        void (house.tools.resolving = () =>
          ok([{ argument: "url", kind: "host", value: "moved.test:443", refusal: null }])),
    ],
    ["the host cannot be resolved", (house) => void (house.tools.resolving = () => err(FAULT))],
    ["the epoch rose", (house) => void (house.rows.epoch = 2)],
    [
      "the schema changed",
      (house) =>
        void (house.tools.manifests = [{ ...manifestOf("memory.search"), name: manifestOf("web.fetch").name }]),
    ],
    ["the turn is gone", (house) => house.rows.turns.clear()],
    [
      "the card was tampered with",
      (house) => {
        for (const [id, approval] of house.rows.approvals) {
          const [argument] = approval.question.arguments;
          if (argument === undefined) continue;
          const question = { ...approval.question, arguments: [{ ...argument, value: "https://evil.test/" }] };
          house.rows.approvals.set(id, { ...approval, question });
        }
      },
    ],
  ])("grants nothing lasting when %s since the question", async (_, change) => {
    const house = buildHouse();
    const approval = await house.parked(callOf("web.fetch", { url: "https://example.org/" }));
    change(house);
    expect((await house.answer(approval, { scope: "conversation" })).ok).toBe(false);
    expect(house.rows.capabilities.size).toBe(0);
    expect(house.rows.approvals.get(approval.id)?.state).toBe("pending");
  });
});

describe("drift asks again", () => {
  const call = callOf("web.fetch", { url: "https://example.org/" });
  const resource: ResolvedResource = { argument: "url", kind: "host", value: "example.org:443", refusal: null };
  const bind = (
    change: Partial<ToolCall> = {},
    manifest = manifestOf("web.fetch"),
    resources = [resource],
    epoch = 1,
    policy = "none",
  ) => approvalDigest(nodeCrypto, { ...call, ...change }, manifest, resources, epoch, policy);
  const fetch = manifestOf("web.fetch");

  it.each<readonly [string, () => string]>([
    ["call id", () => bind({ id: callOf("calc", {}).id })],
    ["turn", () => bind({ turnId: OTHER_TURN })],
    ["conversation", () => bind({ conversationId: OTHER_CONVERSATION })],
    ["agent", () => bind({ agentId: OTHER_AGENT })],
    ["agent chain", () => bind({ agentChain: [OTHER_AGENT, AGENT] })],
    ["authority", () => bind({ authority: STRANGER.id })],
    ["tool", () => bind({ tool: "web.post" })],
    ["argument", () => bind({ arguments: { url: "https://example.org/#" } })],
    ["integrity", () => bind({ label: callOf("calc", {}, "untrusted").label })],
    ["readers", () => bind({ label: label("authority", "public") })],
    ["sources", () => bind({ label: label("authority", [OWNER.id], [{ kind: "host", ref: "x" }]) })],
    ["tool version", () => bind({}, { ...fetch, version: 2 })],
    ["effect class", () => bind({}, { ...fetch, effect: "read" })],
    ["permissions", () => bind({}, { ...fetch, permissions: [] })],
    ["critical arguments", () => bind({}, { ...fetch, critical: [] })],
    ["undo", () => bind({}, { ...fetch, undo: "undoable" })],
    ["resolved host", () => bind({}, fetch, [{ ...resource, value: "example.org:80" }])],
    ["number of resources", () => bind({}, fetch, [resource, resource])],
    ["epoch", () => bind({}, fetch, [resource], 2)],
    ["policy", () => bind({}, fetch, [resource], 1, "another")],
    ["roles", () => bind({}, { ...fetch, roles: { url: "recipient" } })],
    ["what stands there", () => bind({}, fetch, [{ ...resource, identity: "1:2" }])],
    ["who reads there", () => bind({}, fetch, [{ ...resource, readers: "public" }])],
  ])("binds the %s", (_, drifted) => {
    expect(drifted()).not.toBe(bind());
  });

  it("does not depend on the order of resources or keys", () => {
    const other = { ...resource, value: "other.test:443" };
    expect(bind({}, fetch, [resource, other])).toBe(bind({}, fetch, [other, resource]));
    const turned = Object.fromEntries(Object.entries(call).toReversed()) as unknown as ToolCall; // the same call, written backwards
    expect(bind(turned)).toBe(bind());
  });

  it("stays a digest for what has no canonical form, and meets no other", () => {
    const bad = { ...resource, value: "\ud800" };
    expect(bind({}, fetch, [bad])).not.toBe(bind({}, fetch, [{ ...resource, value: "\ud801" }]));
    expect(bind({ tool: "\ud800" })).not.toBe(bind({ tool: "\ud801" }));
  });
});

describe("what happens between a verdict and its permit", () => {
  it("a revocation there is refused with a trace: ledger, decision and record name the rule", async () => {
    const house = buildHouse();
    const grant = capabilityOf("mail.send", [{ kind: "equals", argument: "to", value: MAIL.to }]);
    house.grant(grant);
    const call = callOf("mail.send", MAIL);
    const verdict = await house.verdictOf(call);
    if (verdict.kind !== "allow") throw new Error("it was not allowed");
    house.rows.capabilities.set(grant.id, { ...grant, revokedAt: house.clock.now() });
    expect(await house.guard.admit(SCOPE, call, verdict, [])).toMatchObject({ error: { code: "PERMIT_STALE" } });
    expect(house.rows.calls.get(call.id)?.state).toBe("refused");
    expect([...house.rows.decisions.values()]).toMatchObject([{ kind: "deny", rule: "permit.stale" }]);
    expect(house.audit.events).toMatchObject([{ event: "tool:refused", fields: { rule: "permit.stale" } }]);
  });

  it("an approved call whose intent cannot be recorded did not run and is asked about anew", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    await house.answer(await house.parked(call));
    const verdict = await house.verdictOf(call);
    if (verdict.kind !== "allow") throw new Error("it was not allowed");
    house.audit.fault = "refuses";
    expect(await house.guard.admit(SCOPE, call, verdict, [])).toMatchObject({ error: { code: "AUDIT_UNWRITABLE" } });
    house.audit.fault = "none";
    expect(house.world).toHaveLength(0);
    const again = await house.parked(call);
    await house.answer(again);
    expect(await house.attempt(call)).toBe("ran");
    expect(house.world).toHaveLength(1);
  });
});

describe("a call that a person changed", () => {
  it("stays changed when its answer drifts or expires: the next question is about the changed call, and that runs", async () => {
    for (const drift of ["epoch", "time"] as const) {
      const house = buildHouse();
      const call = callOf("mail.send", MAIL);
      const changed = { ...MAIL, text: "as the person wrote it" };
      await house.answer(await house.parked(call), { arguments: changed });
      if (drift === "epoch") house.rows.epoch += 1;
      else house.clock.advance(16 * 60_000);
      expect(await house.attempt(call)).toBe("asked");
      const open = [...house.rows.approvals.values()].find(({ state }) => state === "pending");
      if (open === undefined) throw new Error("nothing is asked");
      expect(open.question.arguments.find(({ name }) => name === "text")?.value).toBe("as the person wrote it");
      await house.answer(open);
      expect(await house.attempt(call)).toBe("ran");
      expect(house.world).toMatchObject([{ arguments: changed }]);
    }
  });
});

describe("a model that will not take no", () => {
  it("is refused the same call in the same turn without another question, but may ask for something else", async () => {
    const house = buildHouse();
    await house.answer(await house.parked(callOf("mail.send", MAIL)), { answer: "deny" });
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("APPROVAL_DENIED");
    expect(await house.attempt(callOf("mail.send", { text: MAIL.text, to: MAIL.to }))).toBe("APPROVAL_DENIED");
    expect(house.rows.approvals.size).toBe(1);
    expect(await house.attempt(callOf("mail.send", { ...MAIL, text: "something else" }))).toBe("asked");
    const later = { ...callOf("mail.send", MAIL), turnId: OTHER_TURN };
    expect(await house.attempt(later)).toBe("asked");
  });

  it("puts at most forty questions to a person in one turn", async () => {
    const house = buildHouse();
    const happened: string[] = [];
    for (let at = 0; at < 45; at += 1) {
      happened.push(await house.attempt(callOf("mail.send", { ...MAIL, text: `number ${String(at)}` })));
    }
    expect(happened.filter((word) => word === "asked")).toHaveLength(40);
    expect(happened.slice(40)).toEqual(Array.from({ length: 5 }, () => "BUDGET_EXHAUSTED"));
  });
});
