import { CALL_STATES, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ApprovalState, CallRecord, EffectClass } from "@moltbot/contracts";
import type { Guard } from "@moltbot/core/guard";
import { describe, expect, it } from "vitest";
import { hiddenByCrash } from "./hidden-by-crash.ts";
import { AGENT, OWNER, approval, callRecord, fakeHouse, manifest, toolCall } from "./operations/testing/fake-house.ts";

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
    settle: async (_scope, _call, to) => {
      settled.push(to);
      return ok(undefined);
    },
  };
  const hidden = await hiddenByCrash(world.house, { ...world.house.guardOf(AGENT), ...guard }, scope, call);
  if (!hidden.ok) throw new Error(hidden.error.code);
  return {
    goesOn: hidden.value === null,
    status: hidden.value?.kind === "result" ? hidden.value.part.status : null,
    settled,
  };
};

const GOES_ON = { goesOn: true, status: null, settled: [] };
const UNKNOWN = { goesOn: false, status: "unknown" };

describe("a call that is taken up after a crash", () => {
  it.each([null, "asked", "refused"] as const)("goes to the guard when it never ran (%s)", async (state) => {
    expect(await after(state, "commit")).toEqual(GOES_ON);
  });

  it.each(["write", "send", "execute", "commit", "no such tool"] as const)(
    "whose outcome is hidden ends as unknown and is recorded so (%s)",
    async (effect) => {
      expect(await after("admitted", effect)).toEqual({ ...UNKNOWN, settled: ["unknown"] });
    },
  );

  it.each(["read", "fetch"] as const)("that only looks is considered once more (%s)", async (effect) => {
    expect(await after("admitted", effect)).toEqual(GOES_ON);
  });

  it("that a repetition cannot change is considered once more, unless an approval was spent on it", async () => {
    expect(await after("admitted", "commit", { repeatable: true })).toEqual(GOES_ON);
    expect(await after("admitted", "commit", { repeatable: true, approved: "consumed" })).toEqual({
      ...UNKNOWN,
      settled: ["unknown"],
    });
    expect(await after("admitted", "read", { approved: "consumed" })).toEqual({ ...UNKNOWN, settled: ["unknown"] });
  });

  it.each(["done", "failed", "unknown"] as const)("that was settled never runs a second time (%s)", async (state) => {
    for (const effect of ["read", "fetch", "write", "send", "execute", "commit"] as const) {
      expect(await after(state, effect, { repeatable: true })).toEqual({ ...UNKNOWN, settled: [] });
    }
  });

  it("has a row of this table for every state of the ledger", () => {
    expect(CALL_STATES.toSorted()).toEqual(["admitted", "asked", "done", "failed", "refused", "unknown"]);
  });

  it("stops the turn when the unknown outcome cannot be recorded", async () => {
    const call = toolCall(1, "some.tool");
    const world = fakeHouse({
      catalog: [manifest("some.tool", "commit")],
      guard: { settle: async () => ({ ok: false, error: moltbotError("AUDIT_UNWRITABLE") }) },
    });
    world.calls.set(call.id, callRecord(call, "admitted"));
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
