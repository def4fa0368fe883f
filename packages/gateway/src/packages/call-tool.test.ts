import { CallId, ConversationId, PermitId, PlanId, TurnId, label, ok } from "@moltbot/contracts";
import type { Permit, ToolCall } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { manifest } from "../operations/testing/fake-house.ts";
import { must, openRealHouse } from "../operations/testing/real-house.ts";
import { callToolFor } from "./call-tool.ts";

const READ = manifest("note.read", "read");
const SEND = manifest("note.send", "send");
const OTHER = { ...manifest("other.read", "read"), plugin: { name: "other", hosts: [] } };
const PLUGIN = { name: "parrot", label: label("untrusted", "public", [{ kind: "tool", ref: "parrot.peek" }]) };

let house: Awaited<ReturnType<typeof openRealHouse>>;
let ran: ToolCall[];
let within: ToolCall;
beforeEach(async () => {
  ran = [];
  house = await openRealHouse({
    catalog: [READ, SEND, OTHER],
    run: async (call) => {
      ran.push(call);
      return ok({ text: "it is noon", summary: "read", label: call.label });
    },
  });
  const turn = await house.turn(await house.begin());
  within = {
    id: house.house.ids.next(CallId),
    turnId: TurnId.parse(turn.id),
    conversationId: ConversationId.parse(turn.conversationId),
    agentId: house.agent.id,
    authority: house.owner.id,
    agentChain: [house.agent.id],
    tool: "parrot.peek",
    arguments: {},
    label: label("authority", [house.owner.id], [{ kind: "message", ref: turn.userMessageId }]),
    planned: { planId: house.house.ids.next(PlanId), step: 0, from: [] },
  };
});
afterEach(() => house.close());

const signal = new AbortController().signal;
const recorded = async (): Promise<readonly string[]> =>
  must(await house.memory.audit.list(100)).map(({ event }) => event);

describe("a tool of the house that a plugin calls", () => {
  it("runs where the agent may do so unasked, as a call of its own, chosen by nobody in the house", async () => {
    const given = must(await callToolFor(house.house)(house.scope, within, PLUGIN, "note.read", {}, signal));
    expect(given.text).toBe("it is noon");
    const [call] = ran;
    expect(call).toMatchObject({ tool: "note.read", agentChain: [house.agent.id], authority: house.owner.id });
    expect(call?.id).not.toBe(within.id);
    expect(call?.label.integrity).toBe("untrusted");
    expect(call?.label.readers).toEqual([house.owner.id]);
    expect(call?.label.sources).toContainEqual({ kind: "tool", ref: "parrot.peek" });
    expect(call?.planned).toBeUndefined();
    expect(await recorded()).toEqual(expect.arrayContaining(["tool:settled"]));
  });

  it("is refused where a person would be asked, and nobody is asked", async () => {
    const sent = await callToolFor(house.house)(house.scope, within, PLUGIN, "note.send", {}, signal);
    expect(sent.ok ? "ok" : sent.error.code).toBe("CAPABILITY_MISSING");
    expect(ran).toEqual([]);
    expect(must(await house.memory.database.approvals.list(house.scope, "all", 10))).toEqual([]);
    expect(await recorded()).toContain("tool:refused");
  });

  it("is none of another plugin, nor one that there is not", async () => {
    const call = callToolFor(house.house);
    const other = await call(house.scope, within, PLUGIN, "other.read", {}, signal);
    expect(other.ok ? "ok" : other.error.code).toBe("PLUGIN_MAY_NOT");
    const nothing = await call(house.scope, within, PLUGIN, "no.tool", {}, signal);
    expect(nothing.ok ? "ok" : nothing.error.code).toBe("TOOL_UNKNOWN");
    expect(ran).toEqual([]);
  });

  it("is not run for a person who may not use the agent", async () => {
    const stranger = { ...house.scope, principalId: house.house.ids.next({ parse: (text) => text as never }) }; // nobody's id
    const refused = await callToolFor(house.house)(stranger, within, PLUGIN, "note.read", {}, signal);
    expect(refused.ok).toBe(false);
    expect(ran).toEqual([]);
  });

  it("unplugged: without the guard a plugin sends what nobody agreed to", async () => {
    const permit = { id: house.house.ids.next(PermitId) } as Permit; // stands for a permit that nobody minted
    const unguarded = callToolFor({
      ...house.house,
      guardOf: () => ({
        ...house.guard,
        consider: async () => ok({ kind: "allow", rule: "none", digest: "" as never, because: {} as never }), // no decision at all
        admit: async () => ok(permit),
        settle: async () => ok(undefined),
      }),
      tools: {
        ...house.house.tools,
        run: async (_permit, call) => {
          ran.push(call);
          return ok({ text: "sent", summary: "sent", label: call.label });
        },
      },
    });
    must(await unguarded(house.scope, within, PLUGIN, "note.send", {}, signal));
    expect(ran.map(({ tool }) => tool)).toEqual(["note.send"]);
  });
});
