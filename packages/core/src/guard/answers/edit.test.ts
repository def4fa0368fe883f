import { describe, expect, it } from "vitest";
import { moltbotError } from "@moltbot/contracts";
import type { Approval, JsonObject, ToolCall } from "@moltbot/contracts";
import { callDigest } from "../digest.ts";
import { buildHouse, callOf, capabilityOf, manifestOf, SCOPE } from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { nodeCrypto, START } from "../testing/ports.ts";

const MAIL = { to: "bob@example.org", text: "hi" };
const CHANGED = { to: "ann@example.org", text: "hi" };

const rowOf = (house: House, { id }: Approval): Approval => {
  const row = house.rows.approvals.get(id);
  if (row === undefined) throw new Error("the question is gone");
  return row;
};

/** The effect as the world saw it, without the guard between: what a caller does that leaves out the edit. */
const attemptAsAsked = async (house: House, call: ToolCall): Promise<string> => {
  const verdict = await house.guard.consider(SCOPE, call, []);
  if (!verdict.ok || verdict.value.kind !== "allow") return verdict.ok ? verdict.value.kind : verdict.error.code;
  const permit = await house.guard.admit(SCOPE, call, verdict.value, []);
  if (!permit.ok) return permit.error.code;
  const ran = await house.tools.run(permit.value, call, SCOPE, AbortSignal.any([]));
  return ran.ok ? "ran" : ran.error.code;
};

/** Still open, nothing granted, nothing done, and the answer as asked still counts. */
const expectOpen = async (house: House, call: ToolCall, approval: Approval): Promise<void> => {
  expect(rowOf(house, approval)).toEqual(approval);
  expect(house.rows.capabilities.size).toBe(0);
  expect(house.rows.calls.get(call.id)?.callDigest).toBe(callDigest(nodeCrypto, call));
  expect(house.world).toHaveLength(0);
  expect((await house.answer(approval)).ok).toBe(true);
  expect(await house.attempt(call)).toBe("ran");
};

describe("a call that a person changes before allowing it", () => {
  it("runs as changed, once, and is shown and recorded as changed", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    const answered = await house.answer(approval, { arguments: CHANGED, reason: "wrong Bob" });
    expect(answered).toMatchObject({ ok: true, value: { state: "allowed", edited: CHANGED, reason: "wrong Bob" } });
    const { question, digest } = rowOf(house, approval);
    expect(digest).not.toBe(approval.digest);
    expect(question.arguments).toEqual([
      { name: "to", value: "ann@example.org", critical: true, origin: "stated" },
      { name: "text", value: "hi", critical: false, origin: "model" },
    ]);
    expect(question.grant).toEqual([{ kind: "equals", argument: "to", value: "ann@example.org" }]);
    expect(question).toMatchObject({ why: approval.question.why, rule: approval.question.rule, proposal: null });
    const edited = { ...call, arguments: CHANGED };
    expect(house.rows.calls.get(call.id)).toMatchObject({ state: "asked", callDigest: callDigest(nodeCrypto, edited) });
    const told = house.audit.events.find(({ event }) => event === "approval:answered");
    expect(told).toMatchObject({
      fields: { edited: true },
      details: { arguments: JSON.stringify(MAIL, ["text", "to"]), edited: JSON.stringify(CHANGED, ["text", "to"]) },
    });
    expect(JSON.stringify(told?.fields)).not.toContain("example.org");

    expect(await house.attempt(call)).toBe("ran");
    expect(house.world).toEqual([{ tool: "mail.send", arguments: CHANGED }]);
    expect(await house.attempt(call)).toBe("PERMIT_SPENT");
    expect(house.world).toHaveLength(1);
  });

  it("says again what would happen, with the tool's own sentence", async () => {
    const house = buildHouse();
    house.tools.describing = ({ arguments: { to } }) => `Writes to ${JSON.stringify(to)}.`;
    const approval = await house.parked(callOf("mail.send", MAIL));
    await house.answer(approval, { arguments: CHANGED });
    expect(rowOf(house, approval).question.consequence).toBe('Writes to "ann@example.org".');
  });

  it("keeps its words when the tool has none", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    house.tools.describing = () => {
      throw new Error("no words");
    };
    house.tools.preview = () => Promise.reject(new Error("no preview"));
    await house.answer(approval, { arguments: CHANGED });
    expect(rowOf(house, approval).question).toMatchObject({ consequence: "Use mail.send.", preview: null });
  });

  it("does not let the call run as it was asked", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    await house.answer(approval, { arguments: CHANGED });
    expect(await attemptAsAsked(house, call)).toBe("ask");
    expect(await attemptAsAsked(house, { ...call, arguments: { ...CHANGED, text: "hi!" } })).toBe("ask");
    expect(house.world).toHaveLength(0);
    // Asking about the call as it was withdraws the changed answer, so that only one of them can ever run.
    await house.parked(call);
    expect(rowOf(house, approval).state).toBe("superseded");
    expect(await house.attempt(call)).toBe("asked");
    expect(house.world).toHaveLength(0);
  });

  it("is no change when nothing is changed", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    expect(await house.answer(approval, { arguments: { text: "hi", to: "bob@example.org" } })).toMatchObject({
      value: { edited: null, digest: approval.digest },
    });
    expect(await house.attempt(call)).toBe("ran");
  });

  it("may leave out an argument", async () => {
    const house = buildHouse();
    const call = callOf("reminder.create", { text: "stretch", minutes: 5, list: "work" });
    const approval = await house.parked(call);
    await house.answer(approval, { arguments: { text: "stretch", minutes: 5 } });
    expect(await house.attempt(call)).toBe("ran");
    expect(house.world).toEqual([{ tool: "reminder.create", arguments: { text: "stretch", minutes: 5 } }]);
  });

  it.each<readonly [string, JsonObject, string]>([
    ["an argument of the wrong type", { to: 5, text: "hi" }, "to"],
    ["an argument that is missing", { to: "ann@example.org" }, "text"],
    ["an argument that the tool does not know", { ...CHANGED, bcc: "eve@evil.test" }, "arguments"],
    ["a key that is a prototype's", JSON.parse(`{"to":"a","text":"b","__proto__":{"to":"eve"}}`) as JsonObject, "?"], // JSON is a JsonObject
    ["a constructor key", { ...CHANGED, constructor: { prototype: {} } }, "arguments"],
    ["a text that is not valid Unicode", { to: "\ud800", text: "hi" }, "arguments"],
    ["a recipient with a hidden character", { to: "ann@example.org\u202E", text: "hi" }, "to"],
    ["a recipient with a zero-width space", { to: "ann@exam\u200Bple.org", text: "hi" }, "to"],
    ["a recipient too long to be shown", { to: "a".repeat(5_000), text: "hi" }, "to"],
  ])("is refused with %s, and the question stays open", async (_, changed, path) => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    const refused = await house.answer(approval, { arguments: changed });
    expect(refused).toMatchObject({ ok: false, error: { code: "APPROVAL_EDIT_INVALID" } });
    if (path !== "?") expect(refused).toMatchObject({ error: { context: { path } } });
    expect(JSON.stringify(refused)).not.toContain("eve");
    await expectOpen(house, call, approval);
  });

  it.each<readonly [string, string, JsonObject, JsonObject, string]>([
    [
      "an address that may never be reached",
      "web.fetch",
      { url: "https://example.org/a" },
      { url: "http://127.0.0.1/" },
      "APPROVAL_EDIT_INVALID",
    ],
    ["an address that is none", "web.fetch", { url: "https://example.org/a" }, { url: "no" }, "APPROVAL_EDIT_INVALID"],
    [
      "a path outside",
      "file.append",
      { path: "a/b.txt", text: "x" },
      { path: "../b.txt", text: "x" },
      "APPROVAL_EDIT_INVALID",
    ],
  ])("is refused with %s", async (_, tool, asked, changed, code) => {
    const house = buildHouse();
    const call = callOf(tool, asked);
    const approval = await house.parked(call);
    expect(await house.answer(approval, { arguments: changed })).toMatchObject({ error: { code } });
    await expectOpen(house, call, approval);
  });

  it("hides nothing in any argument of a tool that names none as critical", async () => {
    const house = buildHouse();
    const call = callOf("post.plain", MAIL);
    const approval = await house.parked(call);
    expect(await house.answer(approval, { arguments: { ...CHANGED, text: "hi\u202E" } })).toMatchObject({
      error: { code: "APPROVAL_EDIT_INVALID", context: { path: "text" } },
    });
    await expectOpen(house, call, approval);
  });

  it("is refused where the operator's policy forbids what it became", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    house.dials.policy = {
      version: "none",
      forbids: ({ call: { arguments: given } }) => (given["to"] === "ann@example.org" ? ["no-ann"] : []),
    };
    expect(await house.answer(approval, { arguments: CHANGED })).toMatchObject({ error: { code: "POLICY_FORBIDS" } });
    await expectOpen(house, call, approval);
  });

  it("is refused when the budget is used up", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    const { settings } = house.dials;
    house.dials.settings = { ...settings, callsPerTurn: 0 };
    expect(await house.answer(approval, { arguments: CHANGED })).toMatchObject({ error: { code: "BUDGET_EXHAUSTED" } });
    house.dials.settings = settings;
    await expectOpen(house, call, approval);
  });

  it("is refused when the tool is gone, changed, or the policy is another: the card is no longer true", async () => {
    const drifts: readonly ((house: House) => void)[] = [
      (house) => {
        house.tools.manifests = [];
      },
      (house) => {
        house.tools.manifests = house.tools.manifests.map((one) => ({ ...one, version: 2 }));
      },
      (house) => {
        house.dials.policy = { version: "another", forbids: () => [] };
      },
      (house) => {
        house.rows.epoch += 1;
      },
    ];
    for (const drift of drifts) {
      const house = buildHouse();
      const approval = await house.parked(callOf("mail.send", MAIL));
      drift(house);
      expect(await house.answer(approval, { arguments: CHANGED })).toMatchObject({
        error: { code: "APPROVAL_EDIT_INVALID", context: { path: "arguments" } },
      });
      expect(rowOf(house, approval)).toEqual(approval);
    }
  });

  it("is refused when another question about the same call was denied or allowed", async () => {
    for (const [state, code] of [
      ["denied", "APPROVAL_DENIED"],
      ["allowed", "APPROVAL_ALREADY_ANSWERED"],
    ] as const) {
      const house = buildHouse();
      const call = callOf("mail.send", MAIL);
      const approval = await house.parked(call);
      const other = await house.parked({ ...call, arguments: CHANGED });
      house.rows.approvals.set(other.id, {
        ...other,
        state,
        answeredBy: approval.answeredBy ?? call.authority,
        answeredAt: START,
      });
      house.rows.approvals.set(approval.id, approval);
      expect(await house.answer(approval, { arguments: CHANGED })).toMatchObject({ error: { code } });
      expect(rowOf(house, approval).state).toBe("pending");
    }
  });

  it("cannot be denied and changed at once", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    expect(await house.answer(approval, { answer: "deny", arguments: CHANGED })).toMatchObject({
      error: { code: "APPROVAL_EDIT_INVALID" },
    });
    await expectOpen(house, call, approval);
  });

  it("changes all or nothing: when the ledger does not take it, the answer does not count", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    const entry = house.rows.calls.get(call.id);
    if (entry === undefined) throw new Error("not in the ledger");
    house.rows.calls.set(call.id, { ...entry, state: "admitted" });
    expect(await house.answer(approval, { arguments: CHANGED })).toMatchObject({ error: { code: "CONFLICT" } });
    expect(rowOf(house, approval)).toEqual(approval);
    expect(house.eventNames()).toContain("approval:answer-void");
  });
});

describe("a card that could not show everything", () => {
  const HIDDEN = { to: "bob@example.org", text: "hi\u202E there" };

  it("can be changed into what the person sees", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", HIDDEN);
    const approval = await house.parked(call);
    expect((await house.answer(approval, { arguments: { ...HIDDEN, text: "hi there" } })).ok).toBe(true);
    expect(await house.attempt(call)).toBe("ran");
    expect(house.world).toEqual([{ tool: "mail.send", arguments: { ...HIDDEN, text: "hi there" } }]);
  });

  it("is not sent back as its own picture", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", { ...HIDDEN, text: `${"a".repeat(5_000)}` });
    const approval = await house.parked(call);
    const shown = approval.question.arguments.find(({ name }) => name === "text")?.value ?? "";
    expect(await house.answer(approval, { arguments: { to: "ann@example.org", text: shown } })).toMatchObject({
      error: { code: "APPROVAL_EDIT_INVALID", context: { path: "text" } },
    });
    await expectOpen(house, call, approval);
  });

  it("cannot be changed when its decision is not on record: then nobody knows what it was", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", HIDDEN));
    house.rows.decisions.clear();
    expect(await house.answer(approval, { arguments: MAIL })).toMatchObject({
      error: { code: "APPROVAL_EDIT_INVALID", context: { path: "arguments" } },
    });
  });

  it("is not believed when the recorded decision is another call's", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", HIDDEN));
    for (const [id, record] of house.rows.decisions) {
      const call = { ...record.input.call, arguments: MAIL };
      house.rows.decisions.set(id, { ...record, input: { ...record.input, call } });
    }
    expect(await house.answer(approval, { arguments: CHANGED })).toMatchObject({
      error: { code: "APPROVAL_EDIT_INVALID", context: { path: "arguments" } },
    });
  });

  it("takes typed content with joiners, as emoji have, for this once; standing rights it does not take", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    const hearty = { ...CHANGED, text: "hi \u2764\uFE0F" };
    expect(await house.answer(approval, { arguments: hearty, scope: "always" })).toMatchObject({
      error: { code: "CAPABILITY_INVALID" },
    });
    expect((await house.answer(approval, { arguments: hearty })).ok).toBe(true);
    expect(rowOf(house, approval).question.scopes).toEqual(["once"]);
    expect(await house.attempt(call)).toBe("ran");
  });

  it("lets content that decides hold joiners where the tool says that it is content", async () => {
    const house = buildHouse();
    house.tools.manifests = [{ ...manifestOf("reminder.create"), roles: { text: "content" } }];
    const call = callOf("reminder.create", { text: "tea", minutes: 5 });
    const approval = await house.parked(call);
    expect((await house.answer(approval, { arguments: { text: "\u2615\uFE0F", minutes: 5 } })).ok).toBe(true);
    expect(await house.attempt(call)).toBe("ran");
  });
});

describe("a grant for a changed call", () => {
  it("fits the changed call, not the one that was asked", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    await house.answer(await house.parked(call), { arguments: CHANGED, scope: "always" });
    expect(await house.attempt(callOf("mail.send", CHANGED))).toBe("ran");
    expect(await house.attempt(callOf("mail.send", MAIL))).toBe("asked");
    expect(await house.attempt(call)).toBe("ran");
    expect(house.world.map(({ arguments: given }) => given)).toEqual([CHANGED, CHANGED]);
  });

  it("must fit the changed call also when its limits are edited", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    const bob = [{ kind: "equals", argument: "to", value: "bob@example.org" }] as const;
    expect(await house.answer(approval, { arguments: CHANGED, scope: "always", constraints: bob })).toMatchObject({
      error: { code: "CAPABILITY_INVALID" },
    });
    expect(house.rows.capabilities.size).toBe(0);
  });

  it("is judged as if nothing were granted yet, so that a grant for the changed call does not hide the question", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    house.grant(capabilityOf("mail.send", [{ kind: "equals", argument: "to", value: "ann@example.org" }]));
    expect((await house.answer(approval, { arguments: CHANGED })).ok).toBe(true);
    expect(await house.attempt(call)).toBe("ran");
    expect(house.world).toEqual([{ tool: "mail.send", arguments: CHANGED }]);
  });

  it.each(["once", "always"] as const)(
    "comes into force as a whole or not at all, whatever port fails (%s)",
    async (scope) => {
      const asked = scope === "once" ? { ...MAIL, text: "hi\u202E" } : MAIL;
      for (let operation = 1; ; operation += 1) {
        const house = buildHouse();
        const approval = await house.parked(callOf("mail.send", asked));
        const entry = house.rows.calls.get(approval.callId);
        house.store.failAt(operation, moltbotError("CONFLICT", { kind: "row" }));
        const answered = await house.answer(approval, { arguments: CHANGED, scope });
        if (answered.ok) {
          expect(operation).toBeGreaterThan(20);
          return;
        }
        expect(rowOf(house, approval)).toEqual(approval);
        expect(house.rows.calls.get(approval.callId)).toEqual(entry);
        expect(house.rows.capabilities.size).toBe(0);
      }
    },
  );
});
