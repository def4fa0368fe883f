import { describe, expect, it } from "vitest";
import { AgentId, TenantId } from "@moltbot/contracts";
import type { Capability, CapabilityUsage, Constraint, ToolCall } from "@moltbot/contracts";
import { bounds, covers, fixes, keptFrom } from "./capability-match.ts";
import { decide } from "./decide.ts";
import { inputOf, recipientOf, say } from "./testing/decisions.ts";
import { AGENT, callOf, capabilityOf, manifestOf, OTHER_AGENT, OTHER_TURN } from "./testing/house.ts";
import { idText, START } from "./testing/ports.ts";

const [ROOT_AGENT, MIDDLE_AGENT] = [OTHER_AGENT, AgentId.parse(idText(70))];
const CHAIN = [ROOT_AGENT, MIDDLE_AGENT, AGENT];
const TO_BOB: Constraint = { kind: "equals", argument: "to", value: "bob@example.org" };
const SAYS_HI: Constraint = { kind: "equals", argument: "text", value: "hi" };
const MAIL = { to: "bob@example.org", text: "hi" };
const BOB = [recipientOf("bob@example.org")];

interface Links {
  readonly root?: Partial<Capability>;
  readonly middle?: Partial<Capability>;
  readonly leaf?: Partial<Capability>;
}

/** Three capabilities handed down: the first two may only delegate, the last may only use. */
const linksOf = ({ root = {}, middle = {}, leaf = {} }: Links = {}) => {
  const first = capabilityOf("mail.send", [], { holder: ROOT_AGENT, rights: ["delegate"], ...root });
  const second = capabilityOf("mail.send", [], {
    holder: MIDDLE_AGENT,
    rights: ["delegate"],
    parent: first.id,
    ...middle,
  });
  const third = capabilityOf("mail.send", [], { parent: second.id, ...leaf });
  return [first, second, third] as const;
};

const chained = (change: Partial<ToolCall> = {}, integrity: "authority" | "untrusted" = "authority"): ToolCall => ({
  ...callOf("mail.send", MAIL, integrity),
  agentChain: CHAIN,
  ...change,
});

const verdict = (
  capabilities: readonly Capability[],
  call: ToolCall = chained(),
  usage: readonly CapabilityUsage[] = [],
) => say(decide(inputOf(call, { capabilities, usage, resources: BOB })));

describe("handed-on authority", () => {
  const ALLOWED = "allow send.capability";
  const ASKED = "ask send.no-capability";

  it("covers a call that came down exactly that chain", () => {
    expect(verdict(linksOf())).toBe(ALLOWED);
    expect(verdict(linksOf().toReversed())).toBe(ALLOWED);
  });

  it.each<readonly [string, Links]>([
    ["a root that may not be handed on", { root: { rights: ["use"] } }],
    ["a middle that may not be handed on", { middle: { rights: ["use"] } }],
    ["an end that may not be used", { leaf: { rights: ["delegate"] } }],
    ["a root of another agent", { root: { holder: AgentId.parse(idText(71)) } }],
    ["a middle of another agent", { middle: { holder: ROOT_AGENT } }],
    ["a root for another tool", { root: { tool: manifestOf("memory.search").name } }],
    ["a revoked root", { root: { revokedAt: START } }],
    ["an expired root", { root: { expiresAt: START } }],
    ["an expired middle", { middle: { expiresAt: START } }],
    ["a root of an earlier epoch", { root: { epoch: 0 } }],
    ["a root without the permission", { root: { permissions: [] } }],
    ["a root for another task", { root: { reach: { kind: "task", turnId: OTHER_TURN } } }],
    ["a root whose limit does not hold", { root: { constraints: [{ ...TO_BOB, value: "amy@example.org" }] } }],
    ["a middle whose limit does not hold", { middle: { constraints: [{ ...TO_BOB, value: "amy@example.org" }] } }],
    ["an end whose limit does not hold", { leaf: { constraints: [{ ...TO_BOB, value: "amy@example.org" }] } }],
    ["a root that hangs on something more", { root: { parent: capabilityOf("mail.send", []).id } }],
    ["a middle that hangs on nothing", { middle: { parent: null } }],
    ["an end that hangs on nothing", { leaf: { parent: null } }],
    ["an end that hangs on the unknown", { leaf: { parent: capabilityOf("mail.send", []).id } }],
    ["a root of another tenant", { root: { tenantId: TenantId.parse(idText(72)) } }],
  ])("does not count with %s", (_, links) => {
    expect(verdict(linksOf(links))).toBe(ASKED);
  });

  it.each<readonly [string, Partial<ToolCall>]>([
    ["is shorter", { agentChain: [MIDDLE_AGENT, AGENT] }],
    ["skips the middle", { agentChain: [ROOT_AGENT, AGENT] }],
    ["is the caller alone", { agentChain: [AGENT] }],
    ["is longer", { agentChain: [AgentId.parse(idText(73)), ...CHAIN] }],
    ["is turned around", { agentChain: [MIDDLE_AGENT, ROOT_AGENT, AGENT] }],
    ["holds an agent twice", { agentChain: [ROOT_AGENT, ROOT_AGENT, AGENT] }],
    ["ends with another agent", { agentChain: [ROOT_AGENT, AGENT, MIDDLE_AGENT] }],
    ["is empty", { agentChain: [] }],
    ["is another caller's", { agentId: MIDDLE_AGENT }],
  ])("does not serve a call whose chain %s", (_, change) => {
    expect(verdict(linksOf(), chained(change))).toBe(ASKED);
  });

  it("does not count when a capability hangs on itself", () => {
    const [first, second, third] = linksOf();
    expect(verdict([first, { ...second, parent: second.id }, third])).toBe(ASKED);
    expect(verdict([first, second, { ...third, parent: third.id }])).toBe(ASKED);
  });

  it("is used up together with what it hangs on", () => {
    const links = linksOf({ root: { constraints: [{ kind: "count", limit: 2 }] } });
    const usage = (count: number): readonly CapabilityUsage[] => [
      { capabilityId: links[0].id, count, bytes: 0, amounts: {}, recent: [] },
    ];
    expect(verdict(links, chained(), usage(1))).toBe(ALLOWED);
    expect(verdict(links, chained(), usage(2))).toBe(ASKED);
  });

  it("endorses with what a person granted, never with what an agent wrote into it while handing it on", () => {
    const untrusted = chained({}, "untrusted");
    expect(verdict(linksOf({ root: { constraints: [TO_BOB, SAYS_HI] } }), untrusted)).toBe(ALLOWED);
    expect(verdict(linksOf({ leaf: { constraints: [TO_BOB, SAYS_HI] } }), untrusted)).toBe(
      "ask send.untrusted-context",
    );
    expect(verdict(linksOf({ middle: { constraints: [TO_BOB, SAYS_HI] } }), untrusted)).toBe(
      "ask send.untrusted-context",
    );
    expect(verdict(linksOf({ root: { constraints: [TO_BOB] }, leaf: { constraints: [SAYS_HI] } }), untrusted)).toBe(
      "ask send.untrusted-content",
    );
  });

  it("lets out only what every link lets out", () => {
    const release = [{ source: "any", to: "bob@example.org" }] as const;
    const untrusted = chained({}, "untrusted");
    const bounded = { constraints: [TO_BOB], release };
    expect(verdict(linksOf({ root: bounded, middle: { release }, leaf: { release } }), untrusted)).toBe(ALLOWED);
    expect(verdict(linksOf({ root: bounded, leaf: { release } }), untrusted)).toBe("ask send.untrusted-content");
    expect(
      verdict(linksOf({ root: { constraints: [TO_BOB] }, middle: { release }, leaf: { release } }), untrusted),
    ).toBe("ask send.untrusted-content");
  });

  it("is asked about once at a time: what a person grants the caller alone would serve no such call", () => {
    const asked = decide(inputOf(chained(), { resources: BOB }));
    expect(asked).toMatchObject({ kind: "ask", question: { scopes: ["once"], agentChain: CHAIN } });
  });
});

describe("what keeps a capability from covering a call", () => {
  const call = callOf("mail.send", MAIL);
  const why = (change: Partial<Capability>, asked: ToolCall = call) => {
    const capability = capabilityOf("mail.send", [], change);
    return keptFrom(capability, manifestOf("mail.send"), inputOf(asked, { capabilities: [capability] }));
  };

  it.each<readonly [string | null, Partial<Capability>]>([
    [null, {}],
    ["it is for another tool", { tool: manifestOf("memory.search").name }],
    ["it may be handed on but not used", { rights: ["delegate"] }],
    ["another agent holds it", { holder: OTHER_AGENT }],
    ["it was handed down", { parent: capabilityOf("mail.send", []).id }],
    ["it was revoked", { revokedAt: START }],
    ["it ended when everything was stopped", { epoch: 0 }],
    ["it is for another conversation or task", { reach: { kind: "task", turnId: OTHER_TURN } }],
    ["it lacks a permission that the tool needs", { permissions: [] }],
    ["it was issued in the future", { issuedAt: "2099-01-01T00:00:00.000Z" as Capability["issuedAt"] }],
    ["it has expired", { expiresAt: START }],
    ['its limit "equals" on to does not hold', { constraints: [{ ...TO_BOB, value: "x" }] }],
    ['its limit "reversible" does not hold', { constraints: [{ kind: "reversible", atMost: "none" }] }],
  ])("%s", (words, change) => {
    if (words === null) expect(why(change)).toBeNull();
    else if (words === "it was handed down")
      expect(why(change)).toBe("it was not handed down along the call's chain of agents");
    else expect(why(change)).toContain(words);
  });

  it("names a chain that does not fit, and what hinders further up", () => {
    expect(why({}, { ...call, agentChain: [] })).toBe("the chain of agents does not lead to the caller");
    const said = (links: Links) => {
      const capabilities = linksOf(links);
      return keptFrom(capabilities[2], manifestOf("mail.send"), inputOf(chained(), { capabilities }));
    };
    expect(said({ root: { revokedAt: START } })).toBe("of a capability that it hangs on: it was revoked");
    expect(said({ root: { rights: ["use"] } })).toBe("of a capability that it hangs on: it may not be handed on");
    expect(said({ root: { expiresAt: START } })).toBe("of a capability that it hangs on: it has expired");
    expect(said({ root: { expiresAt: START }, leaf: { expiresAt: START } })).toBe("it has expired");
    expect(said({ root: { expiresAt: START }, middle: { revokedAt: START } })).toBe(
      "of a capability that it hangs on: it was revoked",
    );
  });

  it("says nothing exactly when it covers", () => {
    const capability = capabilityOf("mail.send", []);
    const input = inputOf(call, { capabilities: [capability] });
    expect(covers(capability, manifestOf("mail.send"), input)).toBe(true);
    expect(covers({ ...capability, epoch: 9 }, manifestOf("mail.send"), { ...input })).toBe(false);
  });
});

describe("bounding an argument", () => {
  const with_ = (...constraints: readonly Constraint[]) => ({ constraints });

  it("takes a limit on that very argument, of that kind where one is named", () => {
    expect(bounds(with_(TO_BOB), "to")).toBe(true);
    expect(bounds(with_(TO_BOB), "text")).toBe(false);
    expect(bounds(with_(TO_BOB), "to", "equals")).toBe(true);
    expect(bounds(with_(TO_BOB), "to", "one-of")).toBe(false);
    expect(bounds(with_({ kind: "count", limit: 1 }), "to")).toBe(false);
    // A path says nothing about whose it is.
    expect(bounds(with_({ kind: "path-prefix", argument: "to", prefixes: ["/a"] }), "to")).toBe(false);
    expect(bounds(with_({ kind: "method-in", argument: "to", methods: ["GET"] }), "to")).toBe(true);
    expect(bounds(with_({ kind: "matches", argument: "to", pattern: "*@example.org" }), "to")).toBe(true);
  });

  it("takes no pattern that fits everything", () => {
    for (const pattern of ["*", "**", "****"]) {
      expect(bounds(with_({ kind: "matches", argument: "to", pattern }), "to")).toBe(false);
    }
  });

  it("fixes it only where exact values are written down", () => {
    expect(fixes(with_(TO_BOB), "to")).toBe(true);
    expect(fixes(with_({ kind: "one-of", argument: "to", values: ["a"] }), "to")).toBe(true);
    expect(fixes(with_({ kind: "matches", argument: "to", pattern: "a*" }), "to")).toBe(false);
    expect(fixes(with_({ kind: "at-most", argument: "to", limit: 5 }), "to")).toBe(false);
  });
});
