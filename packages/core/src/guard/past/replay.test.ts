import { describe, expect, it } from "vitest";
import type { DecisionInput, DecisionRecord } from "@moltbot/contracts";
import { decide } from "../decide.ts";
import { inputOf } from "../testing/decisions.ts";
import { callOf, capabilityOf, manifestOf } from "../testing/house.ts";
import { after } from "../testing/ports.ts";
import { replay as replayRecord } from "./replay.ts";
import type { Change } from "./replay.ts";

/** A decision that `decide` itself gave, whichever: what counts is its input. */
const replay = (record: Pick<DecisionRecord, "input">, change: Change) =>
  replayRecord({ kind: "ask", rule: "send.no-capability", ...record }, change);

const AS_IT_WAS: Change = { grant: [], revoke: new Set(), forbidden: null };
const call = callOf("memory.search", { query: "tea" });
// A record holds facts, not the schema.
const { input: _schema, ...FACTS } = manifestOf("memory.search");
const held = capabilityOf("memory.search", []);
const input: DecisionInput = inputOf(call, { capabilities: [held], manifest: FACTS });

describe("replaying a decision", () => {
  it("says the same under the same conditions, also when it comes back from the record", () => {
    const { kind, rule } = decide(input);
    const stored = JSON.parse(JSON.stringify(input)) as DecisionInput; // as the database gives it back
    expect(replay({ input }, AS_IT_WAS)).toEqual({ kind, rule });
    expect(replay({ input: stored }, AS_IT_WAS)).toEqual({ kind, rule });
  });

  it("shows what a revoked capability would have kept back", () => {
    expect(replay({ input }, { ...AS_IT_WAS, revoke: new Set([held.id]) })).toEqual({
      kind: "ask",
      rule: "read.no-capability",
    });
  });

  it("shows what a capability granted later, under a later epoch, would have allowed", () => {
    const later = capabilityOf("memory.search", [], {
      issuedAt: after(900_000_000),
      expiresAt: after(990_000_000),
      epoch: 7,
    });
    const none = { ...input, capabilities: [] };
    expect(replay({ input: none }, { ...AS_IT_WAS, grant: [later] })).toEqual({
      kind: "allow",
      rule: "read.capability",
    });
    expect(replay({ input: none }, { ...AS_IT_WAS, grant: [capabilityOf("web.fetch", [])] }).kind).toBe("ask");
  });

  it("shows what another policy would have forbidden, and forbids where it cannot tell", () => {
    const forbidden = (seen: DecisionInput) => (seen.call.tool === "memory.search" ? ["no-search"] : []);
    expect(replay({ input }, { ...AS_IT_WAS, forbidden })).toEqual({ kind: "deny", rule: "policy.forbids" });
    const broken = () => {
      throw new Error("no such policy");
    };
    expect(replay({ input }, { ...AS_IT_WAS, forbidden: broken })).toEqual({ kind: "deny", rule: "policy.forbids" });
  });

  it("lifts what a policy forbade when another one does not", () => {
    const was = { ...input, policy: { version: "1", forbidden: ["no-search"] } };
    expect(replay({ input: was }, AS_IT_WAS).kind).toBe("deny");
    expect(replay({ input: was }, { ...AS_IT_WAS, forbidden: () => [] }).kind).toBe("allow");
  });

  it("changes nothing in the record", () => {
    const before = structuredClone(input);
    replay(
      { input },
      { grant: [capabilityOf("memory.search", [])], revoke: new Set([held.id]), forbidden: () => ["x"] },
    );
    expect(input).toEqual(before);
  });
});
