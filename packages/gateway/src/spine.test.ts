import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, EffectClass, MoltbotError, Permit, Result, ToolOutcome, Verdict } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { AGENT, OWNER, approval, callRecord, fakeHouse, manifest, toolCall } from "./operations/testing/fake-house.ts";
import { performCall } from "./spine.ts";

const scope: AccessScope = { tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "own" };
const call = toolCall(10, "some.tool");
const digest = callRecord(call, "asked").callDigest;
const ALLOW: Verdict = { kind: "allow", rule: "r", digest, because: { kind: "approval", approval: approval(1, call) } };
const DENY: Verdict = {
  kind: "deny",
  rule: "r",
  error: moltbotError("CAPABILITY_MISSING", { tool: "some.tool", grant: "x" }),
  nearest: null,
};
const ASK: Verdict = { kind: "ask", rule: "r", digest, question: approval(1, call).question, nearest: null };
const outcome: ToolOutcome = { text: "did it", summary: "did it", label: call.label };

/** Performs one call in a house whose guard and tool do as told; gives the result and the order in which things happened. */
const perform = async (wish: {
  readonly verdict: Verdict;
  readonly admits?: boolean | MoltbotError;
  readonly refuses?: Result<void>;
  readonly settles?: Result<void>;
  readonly runs?: Result<ToolOutcome>;
  /** Another one's turn comes first. */
  readonly hold?: boolean;
  /** The ledger says so, of a call of this effect. */
  readonly admitted?: EffectClass;
}) => {
  const order: string[] = [];
  const catalog = [manifest("some.tool", wish.admitted ?? "commit")];
  const world = fakeHouse({
    catalog,
    guard: {
      consider: async () => {
        order.push("decide");
        return ok(wish.verdict);
      },
      admit: async () => {
        order.push("record intent");
        if (wish.admits === false) return err(moltbotError("AUDIT_UNWRITABLE"));
        if (typeof wish.admits === "object") return err(wish.admits);
        return ok({} as Permit); // a permit's worth is its identity
      },
      ask: async () => {
        order.push("ask");
        return ok(approval(1, call));
      },
      refuse: async () => {
        order.push("record refusal");
        return wish.refuses ?? ok(undefined);
      },
      settle: async (_scope, _call, state, code) => {
        order.push(`record ${state}${code === null ? "" : ` ${code}`}`);
        return wish.settles ?? ok(undefined);
      },
    },
  });
  if (wish.admitted !== undefined) world.calls.set(call.id, callRecord(call, "admitted"));
  const tools = {
    ...world.house.tools,
    catalog: () => catalog,
    run: async () => {
      order.push("run");
      return wish.runs ?? ok(outcome);
    },
  };
  const house = { ...world.house, tools };
  const performed = await performCall(house, world.house.guardOf(AGENT), scope, call, {
    stated: [],
    hold: wish.hold ?? false,
    signal: new AbortController().signal,
  });
  return { performed, order, events: world.events.map(({ name }) => name) };
};

describe("performing one call", () => {
  it("decides, records, runs, records", async () => {
    const { performed, order } = await perform({ verdict: ALLOW });
    expect(order).toEqual(["decide", "record intent", "run", "record done"]);
    expect(performed).toMatchObject({ ok: true, value: { kind: "result", part: { status: "ok", text: "did it" } } });
  });

  it("that is refused never runs, and the refusal is recorded", async () => {
    const { performed, order } = await perform({ verdict: DENY });
    expect(order).toEqual(["decide", "record refusal"]);
    expect(performed).toMatchObject({ ok: true, value: { part: { status: "refused", code: "CAPABILITY_MISSING" } } });
  });

  it("whose refusal cannot be recorded stops the turn", async () => {
    const { performed } = await perform({ verdict: DENY, refuses: err(moltbotError("AUDIT_UNWRITABLE")) });
    expect(performed).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
  });

  it("that needs an answer never runs, and tells whoever watches", async () => {
    const { performed, order, events } = await perform({ verdict: ASK });
    expect(order).toEqual(["decide", "ask"]);
    expect(performed).toMatchObject({ ok: true, value: { kind: "waiting" } });
    expect(events).toEqual(["approval:requested"]);
  });

  it("that would be allowed is held when others come first: nothing is recorded, admitted or run", async () => {
    const { performed, order, events } = await perform({ verdict: ALLOW, hold: true });
    expect(order).toEqual(["decide"]);
    expect(performed).toEqual(ok({ kind: "held" }));
    expect(events).toEqual([]);
  });

  it("that needs an answer is asked about at once, and one that is refused refused, also while others come first", async () => {
    expect((await perform({ verdict: ASK, hold: true })).order).toEqual(["decide", "ask"]);
    expect((await perform({ verdict: DENY, hold: true })).order).toEqual(["decide", "record refusal"]);
  });

  it("whose intent cannot be recorded never runs", async () => {
    const { performed, order } = await perform({ verdict: ALLOW, admits: false });
    expect(order).toEqual(["decide", "record intent"]);
    expect(performed).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
  });

  it("unplug: with an admission that does not insist on the record, the same call runs", async () => {
    expect((await perform({ verdict: ALLOW, admits: true })).order).toContain("run");
  });

  it("that failed is recorded with its code and told to the model", async () => {
    const { performed, order } = await perform({
      verdict: ALLOW,
      runs: err(moltbotError("TOOL_TIMEOUT", { tool: "some.tool", limit: 1 })),
    });
    expect(order.at(-1)).toBe("record failed TOOL_TIMEOUT");
    expect(performed).toMatchObject({ ok: true, value: { part: { status: "failed", code: "TOOL_TIMEOUT" } } });
  });

  it("whose outcome cannot be recorded stops the turn; a later run finds it unknown and does not repeat it", async () => {
    expect((await perform({ verdict: ALLOW, settles: err(moltbotError("AUDIT_UNWRITABLE")) })).performed).toMatchObject(
      { ok: false, error: { code: "AUDIT_UNWRITABLE" } },
    );
    const { performed, order } = await perform({ verdict: ALLOW, admitted: "commit" });
    expect(order).toEqual(["record unknown TOOL_OUTCOME_UNKNOWN"]);
    expect(performed).toMatchObject({ ok: true, value: { part: { status: "unknown" } } });
  });
});

describe("a call that a crash interrupted and that may run again", () => {
  it("runs once more when it is still allowed", async () => {
    const { performed, order } = await perform({ verdict: ALLOW, admitted: "read" });
    expect(order).toEqual(["decide", "record intent", "run", "record done"]);
    expect(performed).toMatchObject({ ok: true, value: { part: { status: "ok" } } });
  });

  it.each([
    ["refused", { verdict: DENY }],
    ["asked about", { verdict: ASK }],
    ["not admitted", { verdict: ALLOW, admits: moltbotError("PERMIT_STALE") }],
  ] as const)("ends as unknown when it is now %s: it may have run", async (_, wish) => {
    const { performed, order, events } = await perform({ ...wish, admitted: "read" });
    expect(order.filter((step) => step !== "decide" && step !== "record intent")).toEqual([
      "record unknown TOOL_OUTCOME_UNKNOWN",
    ]);
    expect(performed).toMatchObject({
      ok: true,
      value: { kind: "result", part: { status: "unknown", code: "TOOL_OUTCOME_UNKNOWN" } },
    });
    expect(events).toEqual([]);
  });

  it("stops the turn when its second intent cannot be recorded", async () => {
    const { performed, order } = await perform({ verdict: ALLOW, admits: false, admitted: "fetch" });
    expect(order).toEqual(["decide", "record intent"]);
    expect(performed).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
  });
});
