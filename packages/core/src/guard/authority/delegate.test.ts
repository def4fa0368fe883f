import { describe, expect, it } from "vitest";
import { AgentId, CapabilityId, ConversationId, TenantId, ToolName, TurnId } from "@moltbot/contracts";
import type { Capability, Constraint, Result } from "@moltbot/contracts";
import { aCapability, chanceOf, conversationOf, PERSON } from "../testing/generate-authority.ts";
import { after, idText, START } from "../testing/ports.ts";
import { authorityOf } from "./authority.ts";
import { delegate, MOST_ANCESTORS } from "./delegate.ts";
import type { DelegationFacts, DelegationWish } from "./delegate.ts";

const agent = (n: number) => AgentId.parse(idText(0x500 + n));
const id = (n: number) => CapabilityId.parse(idText(0x600 + n));
const HERE = ConversationId.parse(idText(20));
const [TURN, TURN_THERE] = [TurnId.parse(idText(30)), TurnId.parse(idText(32))];
const tool = { name: "mail.send", given: { to: ["a"] }, kind: "recipient", argument: "to" } as const;

const PARENT: Capability = aCapability(chanceOf(1), tool, {
  id: id(0),
  holder: agent(0),
  tool: ToolName.parse("mail.send"),
  permissions: ["message:send", "net:connect"],
  constraints: [
    { kind: "recipient-in", argument: "to", recipients: ["ann", "bob"] },
    { kind: "count", limit: 5 },
  ],
  release: [{ source: "any", to: "bob" }],
  rights: ["use", "delegate"],
  reach: { kind: "conversation", conversationId: HERE },
  expiresAt: after(60_000),
  epoch: 1,
  issuedAt: START,
  revokedAt: null,
});
const WISH: DelegationWish = {
  holder: agent(1),
  tool: PARENT.tool,
  permissions: ["message:send"],
  constraints: [],
  release: [],
  rights: ["use"],
  reach: PARENT.reach,
  expiresAt: PARENT.expiresAt,
  reason: "the worker writes to Bob",
};
const FACTS: DelegationFacts = { id: id(1), by: PERSON, now: START, epoch: 1, ancestors: [], conversationOf };

const handOn = (
  wish: Partial<DelegationWish> = {},
  parent: Partial<Capability> = {},
  facts: Partial<DelegationFacts> = {},
): Result<Capability> => delegate({ ...PARENT, ...parent }, { ...WISH, ...wish }, { ...FACTS, ...facts });

const codeOf = (result: Result<Capability>): string => (result.ok ? "made" : result.error.code);
const made = (result: Result<Capability>): Capability => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

describe("handing on a capability", () => {
  it("makes a child that hangs on its parent and keeps every limit of it", () => {
    const limit: Constraint = { kind: "equals", argument: "to", value: "bob" };
    const child = made(handOn({ constraints: [limit], expiresAt: after(1_000) }));
    expect(child).toMatchObject({
      id: id(1),
      tenantId: PARENT.tenantId,
      holder: agent(1),
      parent: PARENT.id,
      epoch: PARENT.epoch,
      permissions: ["message:send"],
      rights: ["use"],
      expiresAt: after(1_000),
      issuedBy: PERSON,
      issuedAt: START,
      revokedAt: null,
      reason: WISH.reason,
    });
    for (const kept of [...PARENT.constraints, limit]) expect(child.constraints).toContainEqual(kept);
  });

  it("lets a coordinator hand on a use that it does not have itself", () => {
    expect(made(handOn({}, { rights: ["delegate"] })).rights).toEqual(["use"]);
  });

  it("gives the right to hand on only when it is asked for", () => {
    expect(made(handOn()).rights).toEqual(["use"]);
    expect(made(handOn({ rights: ["use", "delegate"] })).rights).toEqual(["delegate", "use"]);
  });

  it("gives no more than the child's manifest and the caller's grant", () => {
    const permissions = ["message:send", "net:connect"];
    expect(made(handOn({ permissions }, {}, { manifestPermissions: ["net:connect", "exec:run"] })).permissions).toEqual(
      ["net:connect"],
    );
    const grant = authorityOf({ ...PARENT, constraints: [{ kind: "count", limit: 1 }], release: [] });
    if (grant === null) throw new Error("the grant of the test is nothing");
    const child = made(
      handOn({ release: PARENT.release ?? [], rights: ["use", "delegate"] }, {}, { callersGrant: grant }),
    );
    expect(child.constraints).toContainEqual({ kind: "count", limit: 1 });
    expect(child.release).toEqual([]);
    const other = { ...grant, tool: ToolName.parse("web.fetch") };
    expect(codeOf(handOn({}, {}, { callersGrant: other }))).toBe("CAPABILITY_INVALID");
  });

  it("narrows a conversation to a turn of it", () => {
    expect(made(handOn({ reach: { kind: "task", turnId: TURN } })).reach).toEqual({ kind: "task", turnId: TURN });
    const always = made(handOn({ reach: { kind: "task", turnId: TURN } }, { reach: { kind: "always" } }));
    expect(always.reach).toEqual({ kind: "task", turnId: TURN });
  });
});

describe("handing on more than is held", () => {
  const recipients = (...names: readonly string[]): Constraint => ({
    kind: "recipient-in",
    argument: "to",
    recipients: names,
  });
  const wider: readonly (readonly [string, Partial<DelegationWish>, Partial<Capability>?])[] = [
    ["without the right to", {}, { rights: ["use"] }],
    ["another tool", { tool: ToolName.parse("web.fetch") }],
    ["a permission more", { permissions: ["message:send", "exec:run"] }],
    ["a recipient more", { constraints: [recipients("bob", "eve")] }],
    ["more uses", { constraints: [{ kind: "count", limit: 6 }] }],
    ["more bytes", { constraints: [{ kind: "bytes", limit: 2 }] }, { constraints: [{ kind: "bytes", limit: 1 }] }],
    [
      "a method more",
      { constraints: [{ kind: "method-in", argument: "method", methods: ["GET", "POST"] }] },
      { constraints: [{ kind: "method-in", argument: "method", methods: ["GET"] }] },
    ],
    [
      "a program more",
      { constraints: [{ kind: "program-in", argument: "argv", programs: ["git", "sh"] }] },
      { constraints: [{ kind: "program-in", argument: "argv", programs: ["git"] }] },
    ],
    [
      "a path beside",
      { constraints: [{ kind: "path-prefix", argument: "url", prefixes: ["/v1/a", "/v10"] }] },
      { constraints: [{ kind: "path-prefix", argument: "url", prefixes: ["/v1"] }] },
    ],
    [
      "more often",
      { constraints: [{ kind: "rate", limit: 2, seconds: 60 }] },
      { constraints: [{ kind: "rate", limit: 1, seconds: 60 }] },
    ],
    [
      "more money",
      { constraints: [{ kind: "cost", argument: "amount", limit: 2 }] },
      { constraints: [{ kind: "cost", argument: "amount", limit: 1 }] },
    ],
    [
      "a larger amount",
      { constraints: [{ kind: "at-most", argument: "amount", limit: 2 }] },
      { constraints: [{ kind: "at-most", argument: "amount", limit: 1 }] },
    ],
    [
      "another value",
      { constraints: [{ kind: "equals", argument: "to", value: "eve" }] },
      { constraints: [{ kind: "equals", argument: "to", value: "bob" }] },
    ],
    [
      "a value more",
      { constraints: [{ kind: "one-of", argument: "to", values: ["bob", "eve"] }] },
      { constraints: [{ kind: "one-of", argument: "to", values: ["bob"] }] },
    ],
    [
      "a host more",
      { constraints: [{ kind: "host-in", argument: "url", hosts: ["a:1", "b:1"] }] },
      { constraints: [{ kind: "host-in", argument: "url", hosts: ["a:1"] }] },
    ],
    [
      "a wider folder",
      { constraints: [{ kind: "path-within", argument: "path", root: "notes" }] },
      { constraints: [{ kind: "path-within", argument: "path", root: "notes/deep" }] },
    ],
    [
      "a folder whose name only begins alike",
      { constraints: [{ kind: "path-within", argument: "path", root: "notes-of-eve" }] },
      { constraints: [{ kind: "path-within", argument: "path", root: "notes" }] },
    ],
    [
      "what is harder to take back",
      { constraints: [{ kind: "reversible", atMost: "irreversible" }] },
      { constraints: [{ kind: "reversible", atMost: "undoable" }] },
    ],
    ["a release more", { release: [{ source: "any", to: "eve" }] }],
    ["a release without canonical form", { release: [{ source: "any", to: "\ud800" }] }],
    ["a release, where there is none", { release: [{ source: "any", to: "bob" }] }, { release: [] }],
    ["a reach everywhere", { reach: { kind: "always" } }],
    ["another conversation", { reach: { kind: "conversation", conversationId: ConversationId.parse(idText(21)) } }],
    ["a turn of another conversation", { reach: { kind: "task", turnId: TURN_THERE } }],
    ["another turn", { reach: { kind: "task", turnId: TURN_THERE } }, { reach: { kind: "task", turnId: TURN } }],
    ["a conversation for a turn", {}, { reach: { kind: "task", turnId: TURN } }],
    ["a later end", { expiresAt: after(60_001) }],
    ["no end", { expiresAt: "never" }],
    ["an end that cannot be read", { expiresAt: "soon" as DelegationWish["expiresAt"] }], // what a stranger may ask
    ["a use to itself", { holder: PARENT.holder }, { rights: ["delegate"] }],
  ];

  it.each(wider.map(([what, wish, parent]) => [what, wish, parent ?? {}] as const))(
    "is refused: %s",
    (_what, wish, parent) => {
      expect(codeOf(handOn(wish, parent))).toBe("CAPABILITY_WIDENS");
    },
  );

  it.each<readonly [string, Constraint, Constraint]>([
    [
      "a folder inside",
      { kind: "path-within", argument: "path", root: "notes/deep" },
      { kind: "path-within", argument: "path", root: "notes" },
    ],
    [
      "any folder of the workspace",
      { kind: "path-within", argument: "path", root: "notes" },
      { kind: "path-within", argument: "path", root: "" },
    ],
    [
      "a pattern besides",
      { kind: "matches", argument: "to", pattern: "*" },
      { kind: "matches", argument: "to", pattern: "bob*" },
    ],
    [
      "a window besides",
      { kind: "time-window", days: [1], from: "00:00", to: "23:00", zone: "UTC" },
      { kind: "time-window", days: [1, 2], from: "01:00", to: "02:00", zone: "UTC" },
    ],
    [
      "a limit on another argument",
      { kind: "at-most", argument: "b", limit: 9 },
      { kind: "at-most", argument: "a", limit: 1 },
    ],
    ["another kind of limit", { kind: "bytes", limit: 9 }, { kind: "count", limit: 1 }],
  ])("is not %s, and what was held stays", (_what, more, kept) => {
    const child = made(handOn({ constraints: [more] }, { constraints: [kept] }));
    expect(child.constraints).toContainEqual(kept);
    expect(child.constraints).toContainEqual(more);
  });

  it("does not shift the blame to a value that no text can say", () => {
    const hosts: Constraint = { kind: "equals", argument: "to", value: "\ud800" };
    expect(codeOf(handOn({ constraints: [hosts] }))).toBe("CAPABILITY_INVALID");
  });

  it("is refused when limits leave nothing", () => {
    const never: Constraint = { kind: "one-of", argument: "to", values: [] };
    expect(codeOf(handOn({ constraints: [never] }))).toBe("CAPABILITY_INVALID");
    expect(codeOf(handOn({ expiresAt: after(-1) }))).toBe("CAPABILITY_EXPIRED");
    expect(codeOf(handOn({ expiresAt: "soon" as DelegationWish["expiresAt"] }, { expiresAt: "never" }))).toBe(
      "CAPABILITY_INVALID",
    ); // what a stranger may ask
  });
});

describe("handing on what does not count", () => {
  it.each<readonly [string, Partial<Capability>, string]>([
    ["revoked", { revokedAt: START }, "CAPABILITY_INVALID"],
    ["from before a stop", { epoch: 0 }, "CAPABILITY_INVALID"],
    ["issued in the future", { issuedAt: after(3_600_000) }, "CAPABILITY_INVALID"],
    ["hanging on nothing known", { parent: id(9) }, "CAPABILITY_INVALID"],
    ["expired this millisecond", { expiresAt: START }, "CAPABILITY_EXPIRED"],
  ])("is refused: %s", (_what, parent, code) => {
    expect(codeOf(handOn({ expiresAt: START }, parent))).toBe(code);
  });

  const above = (change: Partial<Capability> = {}): Capability => ({
    ...PARENT,
    id: id(20),
    holder: agent(20),
    parent: null,
    ...change,
  });

  it.each<readonly [string, Partial<Capability>, string]>([
    ["revoked above", { revokedAt: START }, "CAPABILITY_INVALID"],
    ["of another tenant above", { tenantId: TenantId.parse(idText(99)) }, "CAPABILITY_INVALID"],
    ["not to be handed on above", { rights: ["use"] }, "CAPABILITY_WIDENS"],
    ["expired above", { expiresAt: START }, "CAPABILITY_EXPIRED"],
    ["back to one who handed it on", { holder: WISH.holder }, "CAPABILITY_WIDENS"],
  ])("is refused: %s", (_what, change, code) => {
    expect(codeOf(handOn({}, { parent: id(20) }, { ancestors: [above()] }))).toBe("made");
    expect(codeOf(handOn({}, { parent: id(20) }, { ancestors: [above(change)] }))).toBe(code);
  });

  it("goes as deep as the bound and no deeper", () => {
    const chain = (length: number): readonly Capability[] =>
      Array.from({ length }, (_unused, n) =>
        above({ id: id(20 + n), holder: agent(20 + n), parent: n === length - 1 ? null : id(21 + n) }),
      );
    const deep = { parent: id(20) };
    expect(codeOf(handOn({}, deep, { ancestors: chain(MOST_ANCESTORS - 1) }))).toBe("made");
    expect(codeOf(handOn({}, deep, { ancestors: chain(MOST_ANCESTORS) }))).toBe("CAPABILITY_WIDENS");
  });
});
