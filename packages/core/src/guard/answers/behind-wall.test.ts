import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Proposal } from "@moltbot/contracts";
import type { Approval, Constraint, JsonObject, ResolvedResource, ToolCall } from "@moltbot/contracts";
import { decide } from "../decide.ts";
import { hostOf, inputOf, programOf, say } from "../testing/decisions.ts";
import {
  buildHouse,
  callOf,
  capabilityOf,
  manifestOf,
  OTHER_AGENT,
  OTHER_CONVERSATION,
  OTHER_TURN,
} from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { behindWall } from "./behind-wall.ts";

const GIT = { argv: ["git", "status"] };
const CLONE = { argv: ["git", "clone", "https://a.test/b"], network: ["a.test"] };
const onlyTo = (...hosts: readonly string[]): Constraint => ({ kind: "host-in", argument: "network", hosts });
const proposed = (given: JsonObject, resources: readonly ResolvedResource[], tool = "exec.run") =>
  behindWall(callOf(tool, given), manifestOf(tool), resources);

describe("the proposal about programs", () => {
  it("bounds the hosts and nothing else, sorted and each once; none where there is no network", () => {
    expect(proposed(GIT, programOf("git"))).toEqual({ constraints: [onlyTo()], seen: 0, scope: "conversation" });
    const two = proposed(
      { argv: ["x"], network: ["b.test", "a.test"] },
      programOf("x", "b.test:443", "a.test:443", "b.test:443"),
    );
    expect(two?.constraints).toEqual([onlyTo("a.test:443", "b.test:443")]);
    expect(Proposal.parse(two)).toEqual(two);
  });

  it("is none where a private host is concerned, alone or beside others", () => {
    const own = {
      ...hostOf("10.0.0.7:443", "public"),
      argument: "network",
      refusal: "ADDRESS_REFUSED",
      grantable: true,
    };
    expect(proposed(CLONE, [...programOf("git"), own])).toBeNull();
    expect(proposed(CLONE, [...programOf("git", "a.test:443"), own])).toBeNull();
  });

  it("is none for what is no program, and for one whose hosts no limit bounds", () => {
    expect(proposed({ url: "https://a.test/" }, [hostOf("a.test:443")], "web.fetch")).toBeNull();
    expect(proposed({ command: "id" }, programOf("/bin/sh"), "shell.run")).toBeNull();
    expect(proposed(GIT, [...programOf("git"), hostOf("a.test:443")])).toBeNull();
    // Beside it, a host that another argument names.
    expect(proposed(CLONE, [...programOf("git", "a.test:443"), hostOf("b.test:443")])).toBeNull();
  });

  it("is none where the words for hosts could not be read as such", () => {
    expect(proposed({ argv: ["x"], network: ["a.test"] }, programOf("x"))).toBeNull();
  });
});

const house = (): House => buildHouse();
const cardOf = async (at: House, call: ToolCall): Promise<Approval> => {
  const approval = await at.parked(call);
  if (approval.question.proposal === null) throw new Error("the card proposes nothing");
  return approval;
};
/** One press: what the card proposes, for as long as it says. */
const press = async (at: House, given: JsonObject, integrity: ToolCall["label"]["integrity"] = "authority") => {
  const approval = await cardOf(at, callOf("exec.run", given, integrity));
  const { constraints = [] } = approval.question.proposal ?? {};
  const answered = await at.answer(approval, { scope: "conversation", constraints });
  if (!answered.ok) throw new Error(answered.error.code);
};
const elsewhere = (given: JsonObject, change: Partial<ToolCall>, tool = "exec.run"): ToolCall => ({
  ...callOf(tool, given),
  ...change,
});

describe("a card about a program", () => {
  it("proposes it beside its own exact words, which are what a plain yes grants", async () => {
    const { question } = await cardOf(house(), callOf("exec.run", GIT));
    expect(question.proposal).toEqual({ constraints: [onlyTo()], seen: 0, scope: "conversation" });
    expect(question.grant).toContainEqual({ kind: "equals", argument: "argv", value: GIT.argv });
  });

  it("proposes nothing where only this one call can be allowed", async () => {
    const at = house();
    at.grant(capabilityOf("exec.run", [onlyTo("a.test:443")]));
    const withNetwork = await at.parked(callOf("exec.run", CLONE, "untrusted"));
    expect([withNetwork.question.rule, withNetwork.question.proposal]).toEqual(["execute.network", null]);
    const hidden = await at.parked(callOf("exec.run", { argv: ["git", "a\u202Eb"], network: ["b.test"] }));
    expect([hidden.question.scopes, hidden.question.proposal]).toEqual([["once"], null]);
    const chained = elsewhere(GIT, { agentChain: [OTHER_AGENT, callOf("exec.run", GIT).agentId] });
    const down = await at.parked(chained);
    expect([down.question.scopes, down.question.proposal]).toEqual([["once"], null]);
  });

  it("with content from outside in view proposes programs without network alone", async () => {
    const { question } = await cardOf(house(), callOf("exec.run", GIT, "untrusted"));
    expect([question.rule, question.proposal?.constraints]).toEqual(["execute.untrusted-context", [onlyTo()]]);
  });
});

describe("the proposal, once a person chose it", () => {
  it("covers other programs without network, in every context of the conversation, and no host", async () => {
    const at = house();
    await press(at, GIT);
    for (const given of [
      GIT,
      { argv: ["sh", "-c", "id"] },
      { argv: ["x"], network: [] },
      { ...GIT, input: "y", cwd: "a" },
    ])
      for (const integrity of ["authority", "participant", "untrusted"] as const)
        expect(await at.attempt(callOf("exec.run", given, integrity))).toBe("ran");
    expect(await at.attempt(callOf("exec.run", CLONE))).toBe("asked");
    expect(await at.attempt(callOf("exec.run", CLONE, "untrusted"))).toBe("asked");
  });

  it("covers its hosts, some of them and none, exactly as they are written, and no other one", async () => {
    const at = house();
    await press(at, { argv: ["x"], network: ["a.test", "b.test"] });
    for (const network of [["a.test", "b.test"], ["b.test"], ["a.test"], []])
      expect(await at.attempt(callOf("exec.run", { argv: ["y"], network }))).toBe("ran");
    for (const network of [["c.test"], ["a.test", "c.test"], ["a.test:8443"], ["sub.a.test"], ["a.test.c.test"]])
      expect(await at.attempt(callOf("exec.run", { argv: ["y"], network }))).toBe("asked");
  });

  it("lets nothing out while content from outside is in view, or in the copy", async () => {
    const at = house();
    await press(at, CLONE);
    expect(await at.attempt(callOf("exec.run", CLONE))).toBe("ran");
    const verdict = await at.verdictOf(callOf("exec.run", CLONE, "untrusted"));
    expect(say(verdict)).toBe("ask execute.network");
    const resolve = at.tools.resolving;
    at.tools.resolving = (call) => {
      const found = resolve(call);
      return found.ok
        ? { ...found, value: found.value.map((one) => (one.kind === "executable" ? { ...one, outside: true } : one)) }
        : found;
    };
    expect(say(await at.verdictOf(callOf("exec.run", CLONE)))).toBe("ask execute.network");
    expect(say(await at.verdictOf(callOf("exec.run", GIT)))).toBe("allow execute.capability");
  });

  it("covers no private host, though its name be the same", async () => {
    const at = house();
    await press(at, CLONE);
    expect(await at.attempt(callOf("exec.run", { argv: ["x"], network: ["127.0.0.1"] }))).toBe("ADDRESS_REFUSED");
  });

  it("covers no other tool, agent, conversation or way of keeping, and the next turn of this one", async () => {
    const at = house();
    await press(at, GIT);
    expect(await at.attempt(callOf("shell.run", { command: "id" }))).toBe("asked");
    expect(await at.attempt(callOf("exec.keep", {}))).toBe("asked");
    expect(await at.attempt(callOf("web.fetch", { url: "https://a.test/" }))).toBe("asked");
    expect(await at.attempt(elsewhere(GIT, { turnId: OTHER_TURN }))).toBe("ran");
    for (const change of [
      { conversationId: OTHER_CONVERSATION },
      { agentId: OTHER_AGENT, agentChain: [OTHER_AGENT] },
      { agentChain: [OTHER_AGENT, callOf("exec.run", GIT).agentId] },
    ])
      expect(say(await at.verdictOf(elsewhere(GIT, change)))).toBe("ask execute.no-capability");
  });

  it("is a grant of its conversation, not to be handed on, and ends by being taken back", async () => {
    const at = house();
    await press(at, GIT);
    const [held] = [...at.rows.capabilities.values()];
    if (held === undefined) throw new Error("nothing was granted");
    expect(held).toMatchObject({
      tool: "exec.run",
      constraints: [onlyTo()],
      rights: ["use"],
      reach: { kind: "conversation" },
      parent: null,
    });
    at.rows.capabilities.set(held.id, { ...held, revokedAt: at.clock.now() });
    expect(await at.attempt(callOf("exec.run", GIT))).toBe("asked");
  });

  it("is refused where it does not fit the call on the card: no other host, and none left open", async () => {
    const at = house();
    const approval = await cardOf(at, callOf("exec.run", CLONE));
    for (const constraints of [
      [],
      [onlyTo()],
      [onlyTo("b.test:443")],
      [{ ...onlyTo("a.test:443"), argument: "argv" }],
    ] as Constraint[][]) {
      const answered = await at.answer(approval, { scope: "conversation", constraints });
      expect(!answered.ok && answered.error.code).toBe("CAPABILITY_INVALID");
    }
    expect(at.rows.capabilities.size).toBe(0);
  });
});

describe("a limit of no hosts", () => {
  it("fits a program without network alone: no fetch, whatever its address", () => {
    const held = capabilityOf("web.fetch", [{ kind: "host-in", argument: "url", hosts: [] }]);
    for (const resources of [[], [hostOf("a.test:443")], programOf("x")])
      for (const integrity of ["authority", "untrusted"] as const) {
        const call = callOf("web.fetch", { url: "https://a.test/" }, integrity);
        expect(
          decide(inputOf(call, { resources, capabilities: [held], stated: ["Open https://a.test/"] })).kind,
        ).not.toBe("allow");
      }
  });

  it("lets out no program, however its network is written", () => {
    const network = fc.oneof(
      fc.array(fc.oneof(fc.string(), fc.constant("a.test")), { minLength: 1, maxLength: 2 }),
      fc.constantFrom([""], ["a.test"], ["a.test", ""]),
    );
    const held = capabilityOf("exec.run", [onlyTo()]);
    fc.assert(
      fc.property(network, fc.boolean(), (given, isFound) => {
        const resources = isFound ? programOf("x", ...given) : programOf("x");
        const call = callOf("exec.run", { argv: ["x"], network: given });
        expect(decide(inputOf(call, { resources, capabilities: [held] })).kind).not.toBe("allow");
      }),
    );
  });
});
