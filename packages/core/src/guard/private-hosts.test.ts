import type { ApprovalFacts, Capability, Constraint, ResolvedResource } from "@moltbot/contracts";
import { ApprovalId } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { decide } from "./decide.ts";
import { factsOf } from "./facts.ts";
import { namesPrivateHosts, privateHostBounds } from "./private-hosts.ts";
import { DIGEST, inputOf, say } from "./testing/decisions.ts";
import { AGENT, callOf, capabilityOf, manifestOf, OTHER_AGENT, OWNER } from "./testing/house.ts";
import { after, idText } from "./testing/ports.ts";

const HERE = "127.0.0.1:8080";
const URL_HERE = "http://127.0.0.1:8080/a";
const call = callOf("web.fetch", { url: URL_HERE });
const at = (value: string, more: Partial<ResolvedResource> = {}): ResolvedResource => ({
  argument: "url",
  kind: "host",
  value,
  refusal: "ADDRESS_REFUSED",
  grantable: true,
  ...more,
});
const hostIn = (...hosts: readonly string[]): Constraint => ({ kind: "host-in", argument: "url", hosts });
const given = (constraints: readonly Constraint[], change: Partial<Capability> = {}): Capability => ({
  ...capabilityOf("web.fetch", constraints),
  ...change,
});
const judged = (
  capabilities: readonly Capability[],
  resources = [at(HERE)],
  approvals: readonly ApprovalFacts[] = [],
) => decide(inputOf(call, { resources, capabilities, approvals }));

describe("a private host", () => {
  it("is reached where a grant names exactly it", () => {
    expect(say(judged([given([hostIn("example.org:443", HERE)])]))).toBe("allow fetch.capability");
  });

  it.each<readonly [string, readonly Capability[]]>([
    ["nothing", []],
    ["a grant without a limit", [given([])]],
    ["another port", [given([hostIn("127.0.0.1:8081")])]],
    ["another spelling", [given([hostIn("localhost:8080")])]],
    ["the address alone", [given([{ kind: "equals", argument: "url", value: URL_HERE }])]],
    ["a pattern", [given([{ kind: "matches", argument: "url", pattern: "http://127.0.0.1:8080/*" }])]],
    ["a grant of another agent", [given([hostIn(HERE)], { holder: OTHER_AGENT })]],
    ["a grant that ran out", [given([hostIn(HERE)], { expiresAt: after(-1) })]],
    ["a grant that was revoked", [given([hostIn(HERE)], { revokedAt: after(-1) })]],
  ])("is refused, and nobody asked, where what is granted is %s", (_what, capabilities) => {
    const verdict = judged(capabilities);
    expect(say(verdict)).toBe("deny resource.refused");
    expect(verdict).toMatchObject({ error: { code: "ADDRESS_REFUSED" } });
  });

  it("is refused although its own words or a yes to the call name it", () => {
    const yes = {
      id: ApprovalId.parse(idText(50)),
      callId: call.id,
      digest: DIGEST,
      state: "approved",
      expiresAt: after(60_000),
      answeredBy: OWNER.id,
    } as unknown as ApprovalFacts; // a yes of the right shape: what it holds is not looked at
    expect(say(judged([given([])], [at(HERE)], [yes]))).toBe("deny resource.refused");
    const typed = { ...inputOf(call, { resources: [at(HERE)], capabilities: [given([])] }), stated: [URL_HERE] };
    expect(say(decide(typed))).toBe("deny resource.refused");
  });

  it("is refused where it may never be reached, and where only one of two is named", () => {
    const metadata = at("169.254.169.254:80");
    const { grantable: _none, ...never } = metadata;
    expect(say(judged([given([hostIn("169.254.169.254:80")])], [never]))).toBe("deny resource.refused");
    expect(say(judged([given([hostIn(HERE)])], [at(HERE), at("10.0.0.1:80")]))).toBe("deny resource.refused");
    expect(say(judged([given([hostIn(HERE)])], [at(HERE, { kind: "recipient" })]))).toBe("deny resource.refused");
  });

  it("is the run's own limit after a yes, and no other host is", () => {
    const public_ = { argument: "url", kind: "host", value: "example.org:443", refusal: null } as const;
    expect(privateHostBounds({ resources: [public_, at(HERE)] })).toEqual([hostIn(HERE)]);
    expect(privateHostBounds({ resources: [public_] })).toEqual([]);
  });
});

/** A grant without a limit that was handed on to another agent, which wrote its own limit into what it got. */
const handedOn = (refusal: string | null) => {
  const delegated = { ...call, agentId: OTHER_AGENT, agentChain: [AGENT, OTHER_AGENT] };
  const equals: Constraint = { kind: "equals", argument: "url", value: URL_HERE };
  const root = given([], { rights: ["use", "delegate"] });
  const child = given([hostIn(HERE), equals], { holder: OTHER_AGENT, parent: root.id });
  const own = given([hostIn(HERE)], { rights: ["use", "delegate"] });
  const good = given([hostIn(HERE), equals], { holder: OTHER_AGENT, parent: own.id });
  const judgedWith = (capabilities: readonly Capability[]) =>
    say(decide(inputOf(delegated, { resources: [at(HERE, { refusal })], capabilities })));
  return { byAgent: judgedWith([root, child]), byPerson: judgedWith([own, good]), child, root, delegated };
};

describe("unplug: what the grant names", () => {
  it("is what a person granted: the limit that an agent wrote while handing on opens nothing", () => {
    const { byAgent, byPerson } = handedOn("ADDRESS_REFUSED");
    expect([byAgent, byPerson]).toEqual(["deny resource.refused", "allow fetch.capability"]);
  });

  it("without the rule such a call would be put to a person, and by the limits of the child alone it would pass", () => {
    // A host that nobody refuses is judged by the table of effects alone.
    expect(handedOn(null).byAgent).toBe("ask fetch.unknown-host");
    const { child, root, delegated } = handedOn("ADDRESS_REFUSED");
    const input = inputOf(delegated, { resources: [at(HERE)], capabilities: [root, child] });
    const facts = factsOf(manifestOf("web.fetch"), input);
    expect(namesPrivateHosts(child, facts)).toBe(false);
    expect(namesPrivateHosts({ ...child, parent: null }, facts)).toBe(true);
  });
});
