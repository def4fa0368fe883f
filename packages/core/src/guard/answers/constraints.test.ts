import { describe, expect, it } from "vitest";
import { instantOf, millisecondsOf } from "@moltbot/contracts";
import type { ApprovalAnswer, Capability, Constraint, JsonObject, ResolvedResource } from "@moltbot/contracts";
import {
  buildHouse,
  callOf,
  capabilityOf,
  CONVERSATION,
  manifestOf,
  OTHER_CONVERSATION,
  OTHER_TURN,
  OWNER,
  TURN,
} from "../testing/house.ts";
import type { House } from "../testing/house.ts";
import { START } from "../testing/ports.ts";
import { limitsProblem } from "./constraints.ts";

const MAIL = { to: "bob@example.org", text: "hi" };
const TO_BOB = { kind: "equals", argument: "to", value: "bob@example.org" } as const;
const NOON = { kind: "time-window", days: [0, 1, 2, 3, 4, 5, 6], from: "00:00", to: "23:59", zone: "UTC" } as const;
const NIGHT = { ...NOON, from: "01:00", to: "02:00" } as const;

const problemOf = (
  tool: string,
  given: JsonObject,
  constraints: readonly Constraint[],
  resources: readonly ResolvedResource[] = [],
): string | null =>
  limitsProblem(constraints, { call: callOf(tool, given), manifest: manifestOf(tool), resources }, START);

describe("the limits of a grant", () => {
  it("fit the call on the card", () => {
    expect(problemOf("mail.send", MAIL, [TO_BOB])).toBeNull();
    expect(problemOf("mail.send", MAIL, [{ kind: "one-of", argument: "to", values: ["a", MAIL.to] }, NOON])).toBeNull();
    expect(problemOf("mail.send", MAIL, [{ kind: "matches", argument: "to", pattern: "*@example.org" }])).toBeNull();
  });

  it.each<readonly [string, Constraint]>([
    ['the limit "equals" on to does not fit the call on the card', { ...TO_BOB, value: "eve@evil.test" }],
    ['the limit "equals" on bcc does not fit the call on the card', { ...TO_BOB, argument: "bcc" }],
    [
      'the limit "recipient-in" on to does not fit the call on the card',
      { kind: "recipient-in", argument: "to", recipients: [MAIL.to] },
    ],
    ['the limit "time-window" does not fit the call on the card', NIGHT],
    ['the limit "bytes" does not fit the call on the card', { kind: "bytes", limit: 3 }],
    ['the limit "reversible" does not fit the call on the card', { kind: "reversible", atMost: "undoable" }],
  ])("say which one does not: %s", (words, constraint) => {
    expect(problemOf("mail.send", MAIL, [TO_BOB, constraint])).toBe(words);
  });

  it("name no value and show no hidden character of what a stranger wrote", () => {
    const words = problemOf("mail.send", MAIL, [{ kind: "equals", argument: "t\u202Eo", value: "secret" }]);
    expect(words).toContain("t⟨U+202E⟩o");
    expect(words).not.toContain("secret");
  });

  it.each<readonly [string, JsonObject, readonly Constraint[]]>([
    ["mail.send", MAIL, []],
    ["mail.send", MAIL, [{ kind: "equals", argument: "text", value: "hi" }]],
    ["mail.send", MAIL, [{ kind: "count", limit: 1 }]],
    ["mail.send", MAIL, [{ kind: "matches", argument: "to", pattern: "**" }]],
    ["order.place", { to: "shop", amount: 5 }, [{ kind: "equals", argument: "to", value: "shop" }]],
    ["post.plain", MAIL, [TO_BOB]],
  ])("leave nothing free that decides what happens to whom (%s, %j, %j)", (tool, given, constraints) => {
    expect(problemOf(tool, given, constraints)).toMatch(/^nothing limits /);
  });

  it("name a host where a fetch has one", () => {
    const host: ResolvedResource = { argument: "url", kind: "host", value: "example.org:443", refusal: null };
    const url = "https://example.org/a";
    const exact: Constraint = { kind: "equals", argument: "url", value: url };
    expect(problemOf("web.fetch", { url }, [exact], [host])).toBe("nothing limits the host of url");
    expect(
      problemOf("web.fetch", { url }, [{ kind: "host-in", argument: "url", hosts: [host.value] }], [host]),
    ).toBeNull();
  });

  it("may be few for what can be taken back", () => {
    expect(problemOf("file.append", { path: "a.txt", text: "" }, [])).toBeNull();
    expect(problemOf("memory.search", { query: "a" }, [])).toBeNull();
  });

  it("are refused when they have no canonical form", () => {
    expect(problemOf("mail.send", MAIL, [{ ...TO_BOB, value: "\ud800" }])).toContain("Unicode");
  });
});

const granted = (house: House): Capability => {
  const [capability, ...others] = [...house.rows.capabilities.values()];
  if (capability === undefined || others.length > 0) throw new Error("not exactly one grant");
  return capability;
};

describe("an answer that grants", () => {
  it("takes the person's limits instead of the card's", async () => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const anybodyHere: Constraint = { kind: "matches", argument: "to", pattern: "*@example.org" };
    const answered = await house.answer(await house.parked(call), {
      scope: "always",
      constraints: [anybodyHere, { kind: "count", limit: 2 }],
    });
    expect(answered.ok).toBe(true);
    expect(granted(house).constraints).toEqual([anybodyHere, { kind: "count", limit: 2 }]);
    expect(await house.attempt(callOf("mail.send", { to: "ann@example.org", text: "1" }))).toBe("ran");
    expect(await house.attempt(callOf("mail.send", { to: "eve@evil.test", text: "2" }))).toBe("asked");
    expect(await house.attempt(callOf("mail.send", { to: "cas@example.org", text: "3" }))).toBe("ran");
    expect(await house.attempt(callOf("mail.send", { to: "ann@example.org", text: "4" }))).toBe("asked");
  });

  it("takes what the card shows when the person says nothing", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    await house.answer(approval, { scope: "conversation" });
    expect(granted(house)).toMatchObject({
      constraints: approval.question.grant,
      reason: `Answer to the question ${approval.id}`,
      expiresAt: instantOf(millisecondsOf(START) + 90 * 86_400_000),
    });
  });

  it.each([
    ["task", { kind: "task", turnId: TURN }],
    ["conversation", { kind: "conversation", conversationId: CONVERSATION }],
    ["always", { kind: "always" }],
  ] as const)("reaches as far as the person says (%s)", async (scope, reach) => {
    const house = buildHouse();
    await house.answer(await house.parked(callOf("mail.send", MAIL)), { scope });
    expect(granted(house)).toMatchObject({ reach, rights: ["use"], parent: null, issuedBy: OWNER.id });
    const elsewhere = { ...callOf("mail.send", MAIL), conversationId: OTHER_CONVERSATION, turnId: OTHER_TURN };
    expect(await house.attempt(elsewhere)).toBe(scope === "always" ? "ran" : "asked");
  });

  it.each([
    [7, instantOf(millisecondsOf(START) + 7 * 86_400_000)],
    ["never", "never"],
  ] as const)("lasts as long as the person says (%s)", async (expires, expiresAt) => {
    const house = buildHouse();
    await house.answer(await house.parked(callOf("mail.send", MAIL)), { scope: "always", expires, reason: "our list" });
    expect(granted(house)).toMatchObject({ expiresAt, reason: "our list" });
    const told = house.audit.events.find(({ event }) => event === "capability:granted");
    expect(told).toMatchObject({ fields: { expiresAt }, details: { reason: "our list" } });
  });

  it.each<readonly [string, Partial<ApprovalAnswer>]>([
    [
      "limits that the call on the card does not fit",
      { scope: "always", constraints: [{ ...TO_BOB, value: "eve@evil.test" }] },
    ],
    ["no limit on the recipient", { scope: "always", constraints: [] }],
    ["limits to an answer for once", { constraints: [TO_BOB] }],
    ["an expiry to an answer for once", { expires: 3 }],
    ["limits to a denial", { answer: "deny", scope: "always", constraints: [TO_BOB] }],
    ["a stop to an allowance", { stop: true }],
  ])("is refused with %s, and the question stays open", async (_, given) => {
    const house = buildHouse();
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    const events = house.eventNames().length;
    expect(await house.answer(approval, given)).toMatchObject({ error: { code: "CAPABILITY_INVALID" } });
    expect(house.rows.approvals.get(approval.id)).toEqual(approval);
    expect(house.rows.capabilities.size).toBe(0);
    expect(house.eventNames()).toHaveLength(events);
    expect(await house.attempt(callOf("mail.send", { to: "eve@evil.test", text: "x" }))).toBe("asked");
    expect(house.world).toHaveLength(0);
  });

  it("may say that the whole turn stops with its denial; the record keeps it, the caller does it", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("mail.send", MAIL));
    expect(await house.answer(approval, { answer: "deny", stop: true, reason: "no!" })).toMatchObject({
      value: { state: "denied", reason: "no!" },
    });
    expect(house.audit.events.at(-1)).toMatchObject({ event: "approval:answered", fields: { stop: true } });
  });

  it("can use the proposal of the card", async () => {
    const house = buildHouse();
    for (const to of ["ann@example.org", "bob@example.org", "cas@example.org"]) {
      await house.answer(await house.parked(callOf("mail.send", { to, text: "x" })));
    }
    const approval = await house.parked(callOf("mail.send", { to: "ann@example.org", text: "y" }));
    const constraints = approval.question.proposal?.constraints;
    expect(constraints).toEqual([
      { kind: "one-of", argument: "to", values: ["ann@example.org", "bob@example.org", "cas@example.org"] },
    ]);
    await house.answer(approval, { scope: "always", constraints: constraints ?? [] });
    expect(await house.attempt(callOf("mail.send", { to: "cas@example.org", text: "z" }))).toBe("ran");
    expect(await house.attempt(callOf("mail.send", { to: "eve@evil.test", text: "z" }))).toBe("asked");
  });
});

describe("a question that was asked with content from outside in view", () => {
  it("offers the scopes on its card and no other, and grants no more than the address it shows", async () => {
    const house = buildHouse();
    house.grant(capabilityOf("web.fetch", [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }]));
    const url = "https://example.org/a?q=secret";
    const approval = await house.parked(callOf("web.fetch", { url }, "untrusted"));
    expect(approval.question).toMatchObject({ rule: "fetch.carries-data", scopes: ["once", "task"] });
    for (const scope of ["always", "conversation"] as const) {
      expect(await house.answer(approval, { scope })).toMatchObject({ error: { code: "CAPABILITY_INVALID" } });
    }
    expect((await house.answer(approval, { scope: "task" })).ok).toBe(true);
    expect(
      granted({ ...house, rows: { ...house.rows, capabilities: new Map([...house.rows.capabilities].slice(1)) } }),
    ).toMatchObject({ constraints: approval.question.grant, reach: { kind: "task" } });
    expect(await house.attempt(callOf("web.fetch", { url }, "untrusted"))).toBe("ran");
    expect(await house.attempt(callOf("web.fetch", { url: `${url}2` }, "untrusted"))).toBe("asked");
  });

  it("opens no wider choice by being changed", async () => {
    const house = buildHouse();
    const approval = await house.parked(callOf("web.fetch", { url: "https://example.org/a" }, "untrusted"));
    expect(approval.question.scopes).not.toContain("always");
    expect(
      await house.answer(approval, { arguments: { url: "https://example.org/b" }, scope: "always" }),
    ).toMatchObject({ error: { code: "CAPABILITY_INVALID" } });
    expect(house.rows.capabilities.size).toBe(0);
  });
});
