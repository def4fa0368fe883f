import { stripVTControlCharacters } from "node:util";
import { DecisionId, label } from "@moltbot/contracts";
import type { Explanation } from "@moltbot/contracts";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { agent, approval, delta, plan, report } from "../testing/samples.ts";
import { run } from "../testing/run.ts";
import type { Answer } from "../testing/fake-gateway.ts";
import { planText } from "./plan-text.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const linesOf = (one = plan()): readonly string[] => stripVTControlCharacters(planText(one)).split("\n");

describe("a plan, for people", () => {
  it("is a short numbered list that says where each value comes from", () => {
    expect(linesOf()).toEqual([
      "▸ Plan: invite Ada",
      "  1. mail.search  query “lunch”",
      "  2. mail.send    to [“ada@example.org”], body {text: “the place” from step 1}, count 2, after step 1",
    ]);
    expect(linesOf(plan({ goal: "", steps: [{ tool: "clock.now", arguments: {}, after: [] }] }))).toEqual([
      "▸ Plan",
      "  1. clock.now",
    ]);
  });

  it("names whole texts, several sources and what is kept aside", () => {
    const steps = [{ tool: "a.b", arguments: { x: { $from: [1, "h0123456789ab"] } }, after: [] }];
    expect(linesOf(plan({ steps }))[1]).toBe("  1. a.b  x all of step 1 and kept h0123456789ab");
  });

  it("has a line for each step and no more, whatever stands in it, and no line is long", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (one, two) => {
        const lines = linesOf(plan({ goal: one, steps: [{ tool: two, arguments: { [one]: two }, after: [] }] }));
        expect(lines).toHaveLength(2);
        expect(lines.join("")).not.toMatch(/[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u);
      }),
    );
    const long = linesOf(plan({ steps: [{ tool: "a.b", arguments: { x: "y".repeat(1_000) }, after: [] }] }));
    expect(long[1]?.length).toBeLessThan(160);
  });
});

describe("chat", () => {
  it("shows a plan as soon as it is committed, beside the reply and not in it", async () => {
    const committed = {
      ...delta(""),
      name: "plan:committed",
      payload: { ...plan(), plan: plan() },
    };
    const done = await run(["chat", "-m", "invite Ada"], {
      "GET /v2/agents": { json: [agent()] },
      [`POST /v2/agents/${agent().id}/messages`]: {
        events: [
          ["plan:committed", committed],
          ["message:delta", delta("done")],
          ["turn:report", report("done", { model: null })],
        ],
      },
    });
    expect(done.out).toBe("done\n");
    expect(done.err).toContain("  1. mail.search  query “lunch”");
  });
});

describe("why", () => {
  const { callId, turnId, conversationId, agentId, createdAt: at } = approval();
  const explanation: Explanation = {
    id: DecisionId.parse("01930000-0000-7000-8000-000000000050"),
    at,
    callId,
    turnId,
    conversationId,
    agentId,
    tool: "mail.send",
    effect: "send",
    verdict: "ask",
    rule: "send.untrusted",
    says: "It asks.",
    code: null,
    context: label("untrusted", "public"),
    arguments: [{ name: "to", value: "ada@example.org", critical: true, origin: "planned" }],
    capabilities: [],
    approvals: [],
    forbiddenBy: [],
    nearest: null,
  };
  const messages = `GET /v2/conversations/${conversationId}/messages?limit=500`;
  const answers: Readonly<Record<string, Answer>> = { [`GET /v2/decisions/${callId}`]: { json: [explanation] } };

  it("names the plan and the step that the call is", async () => {
    const call = {
      type: "call",
      callId,
      tool: "mail.send",
      arguments: {},
      planned: { planId: plan().id, step: 2, from: [] },
    };
    const json = [{ ...report("done", {}).reply, parts: [{ type: "plan", plan: plan() }, call] }];
    const done = await run(["why", callId], { ...answers, [messages]: { json } });
    expect(done.out).toMatch(new RegExp(`plan +step 2 of 2 of “invite Ada”, plan ${plan().id}`));
  });

  it("explains without it when the call is in no plan, or its conversation is gone", async () => {
    expect((await run(["why", callId], { ...answers, [messages]: { json: [] } })).out).not.toMatch(/^ *plan /m);
    expect(await run(["why", callId], answers)).toMatchObject({ exit: 0 });
    const asJson = await run(["why", callId, "--json"], answers);
    expect(asJson.asked).toHaveLength(1);
  });
});
