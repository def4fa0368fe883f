import { CALL_STATES, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ApprovalState, CallRecord, EffectClass } from "@moltbot/contracts";
import type { Guard } from "@moltbot/core/guard";
import { describe, expect, it } from "vitest";
import { hiddenByCrash } from "./hidden-by-crash.ts";
import {
  AGENT,
  OWNER,
  approval,
  callRecord,
  fakeHouse,
  manifest,
  model,
  toolCall,
  until,
} from "./operations/testing/fake-house.ts";
import { openRealHouse } from "./operations/testing/real-house.ts";

const scope: AccessScope = { tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "own" };

/** What happens to a call that the ledger knows in a state, and how the ledger was settled. */
const after = async (
  state: CallRecord["state"] | null,
  effect: EffectClass | "no such tool",
  wish: { readonly repeatable?: boolean; readonly approved?: ApprovalState } = {},
) => {
  const call = toolCall(1, "some.tool");
  const world = fakeHouse({
    catalog: effect === "no such tool" ? [] : [manifest("some.tool", effect, { repeatable: wish.repeatable ?? false })],
  });
  if (state !== null) world.calls.set(call.id, callRecord(call, state));
  if (wish.approved !== undefined) world.approvals.push(approval(1, call, wish.approved));
  const settled: string[] = [];
  const guard: Pick<Guard, "settle"> = {
    settle: async (_scope, _call, to, code) => {
      settled.push(code === null ? to : `${to} ${code}`);
      return ok(undefined);
    },
  };
  const hidden = await hiddenByCrash(world.house, { ...world.house.guardOf(AGENT), ...guard }, scope, call);
  if (!hidden.ok) throw new Error(hidden.error.code);
  const past = hidden.value;
  return {
    past: past.kind,
    status: past.kind === "over" && past.performed.kind === "result" ? past.performed.part.status : null,
    settled,
  };
};

const GOES_ON = { past: "none", status: null, settled: [] };
const AGAIN = { past: "again", status: null, settled: [] };
const UNKNOWN = { past: "over", status: "unknown" };
const SETTLED_UNKNOWN = "unknown TOOL_OUTCOME_UNKNOWN";

describe("a call that is taken up after a crash", () => {
  it.each([null, "asked", "refused"] as const)("goes to the guard when it never ran (%s)", async (state) => {
    expect(await after(state, "commit")).toEqual(GOES_ON);
  });

  it.each(["write", "send", "execute", "commit", "no such tool"] as const)(
    "whose outcome is hidden ends as unknown and is recorded so (%s)",
    async (effect) => {
      expect(await after("admitted", effect)).toEqual({ ...UNKNOWN, settled: [SETTLED_UNKNOWN] });
    },
  );

  it.each(["read", "fetch"] as const)("that only looks is considered once more (%s)", async (effect) => {
    expect(await after("admitted", effect)).toEqual(AGAIN);
  });

  it("that a repetition cannot change is considered once more, unless an approval was spent on it", async () => {
    expect(await after("admitted", "commit", { repeatable: true })).toEqual(AGAIN);
    expect(await after("admitted", "commit", { repeatable: true, approved: "consumed" })).toEqual({
      ...UNKNOWN,
      settled: [SETTLED_UNKNOWN],
    });
    expect(await after("admitted", "read", { approved: "consumed" })).toEqual({
      ...UNKNOWN,
      settled: [SETTLED_UNKNOWN],
    });
  });

  it.each([
    ["done", "done"],
    ["failed", "failed"],
    ["unknown", SETTLED_UNKNOWN],
  ] as const)(
    "that was settled never runs a second time, and its outcome is recorded again (%s)",
    async (state, as) => {
      for (const effect of ["read", "fetch", "write", "send", "execute", "commit"] as const) {
        expect(await after(state, effect, { repeatable: true })).toEqual({ ...UNKNOWN, settled: [as] });
      }
    },
  );

  it("has a row of this table for every state of the ledger", () => {
    expect(CALL_STATES.toSorted()).toEqual(["admitted", "asked", "done", "failed", "refused", "unknown"]);
  });

  it.each(["admitted", "done"] as const)("stops the turn when its outcome cannot be recorded (%s)", async (state) => {
    const call = toolCall(1, "some.tool");
    const world = fakeHouse({
      catalog: [manifest("some.tool", "commit")],
      guard: { settle: async () => ({ ok: false, error: moltbotError("AUDIT_UNWRITABLE") }) },
    });
    world.calls.set(call.id, callRecord(call, state));
    const guard = world.house.guardOf(AGENT);
    expect(await hiddenByCrash(world.house, guard, scope, call)).toMatchObject({
      ok: false,
      error: { code: "AUDIT_UNWRITABLE" },
    });
  });

  it("unplug: without the ledger's word a payment whose outcome is hidden would go to the guard again", async () => {
    expect(await after("admitted", "commit")).toMatchObject(UNKNOWN);
    expect(await after(null, "commit")).toEqual(GOES_ON);
  });
});

describe("a call that ran and whose outcome could not be recorded", () => {
  it("is not repeated, and its outcome is recorded when that is possible again", async () => {
    const fails = { audit: false, database: false };
    let ran = 0;
    const house = await openRealHouse({
      catalog: [manifest("note.write", "write")],
      model: model(undefined, "note.write"),
      fails,
      run: async (call) => {
        ran += 1;
        fails.audit = true;
        return ok({ text: "did it", summary: "did it", label: call.label });
      },
    });
    const turnId = await house.begin();
    await until(async () => (await house.turn(turnId)).state === "waiting");
    fails.audit = false;
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await until(async () => (await house.turn(turnId)).end !== null);
    const records = await house.operations["audit.list"](house.context(), { limit: 100 });
    await house.close();
    expect(ran).toBe(1);
    expect(records.ok && records.value.filter(({ event }) => event === "tool:settled")).toMatchObject([
      { fields: { tool: "note.write", state: "done" } },
    ]);
  }, 15_000);
});
