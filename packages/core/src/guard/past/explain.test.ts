import { describe, expect, it } from "vitest";
import { DecisionId, Explanation, label } from "@moltbot/contracts";
import type { DecisionInput, DecisionRecord, Integrity, JsonObject } from "@moltbot/contracts";
import { decide } from "../decide.ts";
import { hostOf, inputOf, programOf, recipientOf } from "../testing/decisions.ts";
import { callOf, capabilityOf, OTHER_AGENT, OWNER } from "../testing/house.ts";
import { idText } from "../testing/ports.ts";
import { explain } from "./explain.ts";
import { BESIDE_DECIDE } from "../beside-decide.ts";
import { ruleWords } from "./rule-words.ts";
import { EFFECT_TABLE } from "../effect-table.ts";

const MAIL = { to: "bob@example.org", text: "hi\u202E" };

const CLONE = { argv: ["git", "clone", "https://a.test/b"], network: ["a.test"] };
const CLONING = programOf("git", "a.test:443");

const recordOf = (input: DecisionInput): DecisionRecord => {
  const verdict = decide(input);
  return {
    id: DecisionId.parse(idText(90)),
    callId: input.call.id,
    turnId: input.call.turnId,
    conversationId: input.call.conversationId,
    agentId: input.call.agentId,
    at: input.now,
    kind: verdict.kind,
    rule: verdict.rule,
    code: verdict.kind === "deny" ? verdict.error.code : null,
    input,
  };
};

describe("an explanation", () => {
  const call = {
    ...callOf("mail.send", MAIL),
    label: label("untrusted", [OWNER.id], [{ kind: "host", ref: "news.test" }]),
  };
  const input = inputOf(call, {
    resources: [recipientOf("bob@example.org")],
    stated: ["Send it to bob@example.org"],
    capabilities: [
      capabilityOf("mail.send", []),
      capabilityOf("mail.send", [], { holder: OTHER_AGENT, reason: "for the other one" }),
      capabilityOf("memory.search", []),
    ],
    policy: { version: "1", forbidden: [] },
  });

  it("says what was decided, by which rule, about what, and what each grant lacked", () => {
    const explained = explain(recordOf(input));
    expect(Explanation.parse(explained)).toEqual(explained);
    expect(explained).toMatchObject({ verdict: "ask", rule: "send.untrusted-content", effect: "send", code: null });
    expect(explained.says).toContain("what only others may know");
    expect(explained.arguments).toEqual([
      { name: "to", value: "bob@example.org", critical: true, origin: "stated" },
      { name: "text", value: "hi⟨U+202E⟩", critical: false, origin: "untrusted" },
    ]);
    expect(explained.capabilities.map(({ keptFrom }) => keptFrom)).toEqual([
      "it covers the call, but it leaves text open that could tell the recipient what was read",
      "another agent holds it",
    ]);
    expect(explained.context.sources).toEqual([{ kind: "host", ref: "news.test" }]);
    expect(explained.nearest?.constraints).toHaveLength(2);
  });

  it("says of a grant that covers the call but does not suffice what it lacks", () => {
    const lack = (
      tool: string,
      given: JsonObject,
      change: Partial<DecisionInput>,
      integrity: Integrity = "untrusted",
    ) => {
      const judged = inputOf(callOf(tool, given, integrity), { capabilities: [capabilityOf(tool, [])], ...change });
      const { verdict, capabilities } = explain(recordOf(judged));
      expect(verdict).not.toBe("allow");
      return capabilities[0]?.keptFrom?.replace("it covers the call, but ", "");
    };
    const fetching = [{ url: "https://example.org/a" }, { resources: [hostOf("example.org:443", [])] }] as const;
    const onHost = capabilityOf("web.fetch", [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }]);
    const lacks = [
      lack("web.fetch", ...fetching, "authority"),
      lack("web.fetch", ...fetching),
      lack("web.fetch", fetching[0], { ...fetching[1], capabilities: [onHost] }),
      lack("mail.send", MAIL, { resources: [recipientOf(MAIL.to)] }),
      lack("order.place", { to: "a", amount: 5 }, {}, "authority"),
      lack("order.place", { to: "a", amount: 5 }, {}),
      lack("bank.pay", { to: "a", amount: 5 }, {}),
      lack("note.burn", { path: "a" }, {}, "authority"),
      lack("note.mark", { path: "a" }, {}),
      lack("exec.run", CLONE, { resources: CLONING }, "authority"),
      lack("exec.run", CLONE, { resources: CLONING }),
    ];
    expect(lacks).toEqual([
      "it does not name the host",
      "it does not name the host, and content from outside was in view",
      "it leaves the address open, which could carry what was read to a host that may not know it",
      "it leaves a detail open that your own words do not fix either",
      "it leaves a detail open",
      "it leaves a detail open, and content from outside was in view",
      "this is asked each time, whatever is granted",
      "what cannot be undone is asked each time",
      "what cannot be undone is asked each time while content from outside is in view",
      "it does not name every host that the program may reach",
      "programs with network are asked for each time while content from outside is in view",
    ]);
  });

  it("says nothing against a grant that by itself would have allowed the call", () => {
    const stopped = inputOf(callOf("memory.search", { query: "a" }), {
      capabilities: [capabilityOf("memory.search", [])],
      stopped: true,
    });
    const explained = explain(recordOf(stopped));
    expect(explained).toMatchObject({ verdict: "deny", capabilities: [{ keptFrom: null }] });
  });

  it("of an allowed call names no nearest grant", () => {
    const allowed = inputOf(callOf("memory.search", { query: "a" }), {
      capabilities: [capabilityOf("memory.search", [])],
    });
    expect(explain(recordOf(allowed))).toMatchObject({
      verdict: "allow",
      says: "A capability covers it.",
      nearest: null,
    });
  });

  it("of a forbidden call names what forbade it, and the error", () => {
    const explained = explain(recordOf({ ...input, policy: { version: "1", forbidden: ["no-mail"] } }));
    expect(explained).toMatchObject({
      verdict: "deny",
      code: "POLICY_FORBIDS",
      forbiddenBy: ["no-mail"],
      nearest: null,
    });
  });

  it("of an unknown tool still shows its arguments", () => {
    const { manifest: _, ...unknown } = inputOf(call);
    const explained = explain(recordOf({ ...unknown, manifest: undefined }));
    expect(explained).toMatchObject({ effect: null, rule: "tool.unknown", code: "TOOL_UNKNOWN", capabilities: [] });
    expect(explained.arguments.map(({ origin }) => origin)).toEqual(["untrusted", "untrusted"]);
    const clean = recordOf({
      ...unknown,
      manifest: undefined,
      call: { ...call, label: label("authority", [OWNER.id]) },
    });
    expect(explain(clean).arguments[0]?.origin).toBe("model");
  });

  it("keeps to the recorded rule where the rules would say something else now", () => {
    const record = { ...recordOf(input), kind: "deny", rule: "old.rule", code: "INTERNAL" } as const;
    expect(explain(record)).toMatchObject({ verdict: "deny", rule: "old.rule", says: "By the rule old.rule." });
    const would = {
      ...input,
      capabilities: [capabilityOf("mail.send", [], { release: [{ source: "any", to: "public" }] })],
    };
    expect(explain({ ...record, input: would }).nearest).toBeNull();
  });

  it("names the answers to this call alone", () => {
    const approval = {
      id: "a" as never,
      conversationId: call.conversationId,
      turnId: call.turnId,
      callId: call.id,
      agentId: call.agentId,
      digest: input.digest,
      state: "denied",
      createdAt: input.now,
      expiresAt: input.now,
      answeredBy: OWNER.id,
      answeredAt: input.now,
    } as const;
    const other = { ...approval, callId: callOf("mail.send", MAIL).id };
    expect(explain(recordOf({ ...input, approvals: [approval, other] })).approvals).toEqual([
      { id: "a", state: "denied" },
    ]);
  });

  it("has words for every rule of the table", () => {
    for (const rows of Object.values(EFFECT_TABLE)) {
      for (const { requirements, conditions = [] } of [rows.clean, rows.untrusted]) {
        for (const { rule } of [...conditions, ...requirements]) {
          expect(ruleWords(rule)).not.toContain("By the rule");
        }
      }
    }
    for (const rule of ["execute.no-sandbox", "execute.no-program"])
      expect(ruleWords(rule)).not.toContain("By the rule");
    for (const rule of BESIDE_DECIDE.keys()) expect(ruleWords(rule)).not.toContain("By the rule");
    expect(ruleWords("policy.forbids")).toBe("The operator's policy forbids it.");
    expect(ruleWords("read.capability")).toBe("A capability covers it.");
    expect(ruleWords("toString")).toBe("By the rule toString.");
  });
});
