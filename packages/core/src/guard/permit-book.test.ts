import { describe, expect, it } from "vitest";
import type { Constraint, Permit, ToolCall } from "@moltbot/contracts";
import { createPermitBook } from "./permit-book.ts";
import { AGENT, callOf, OTHER_AGENT } from "./testing/house.ts";
import { after, fakeClock, fakeIds, nodeCrypto } from "./testing/ports.ts";

const open = () => {
  const clock = fakeClock();
  const book = createPermitBook({ clock, crypto: nodeCrypto, ids: fakeIds() });
  const call = callOf("file.append", { path: "a", text: "b" });
  const presented = (permit: unknown, asked: ToolCall = call) => {
    const redeemed = book.redeem(permit as Permit, asked); // attacks hand in what is no permit
    return redeemed.ok ? "redeemed" : redeemed.error.code;
  };
  return { clock, book, call, presented };
};

describe("a permit", () => {
  it("is redeemed once, for the call it was minted for, also when that call is another object", () => {
    const { book, call, presented } = open();
    const permit = book.mint(call, 1);
    expect(presented(permit, structuredClone(call))).toBe("redeemed");
    expect(presented(permit)).toBe("PERMIT_SPENT");
  });

  it("says which limits the call keeps to on its way, and those alone that it was minted with", () => {
    const { book, call } = open();
    const bounds: readonly Constraint[] = [{ kind: "path-prefix", argument: "url", prefixes: ["/v1"] }];
    expect(book.redeem(book.mint(call, 1, { bounds }), call)).toEqual({ ok: true, value: { bounds, resources: [] } });
    expect(book.redeem(book.mint(call, 1), call)).toEqual({ ok: true, value: { bounds: [], resources: [] } });
  });

  it.each<readonly [string, (permit: Permit) => unknown]>([
    ["forged", (permit) => ({ id: permit.id })],
    ["copied", (permit) => ({ ...permit })],
    ["cloned", (permit) => structuredClone(permit)],
    ["wrapped in a proxy", (permit) => new Proxy(permit, {})],
    ["read back from JSON", (permit) => JSON.parse(JSON.stringify(permit)) as unknown],
    ["inherited", (permit) => Object.create(permit) as unknown],
    ["its id alone", (permit) => permit.id],
    ["null", () => null],
    ["undefined", () => undefined],
    ["a function", () => () => true],
  ])("does nothing when %s, and the real one stays good", (_, attack) => {
    const { book, call, presented } = open();
    const permit = book.mint(call, 1);
    expect(presented(attack(permit))).toBe("PERMIT_INVALID");
    expect(presented(permit)).toBe("redeemed");
  });

  it.each<readonly [string, Partial<ToolCall>]>([
    ["other arguments", { arguments: { path: "a", text: "c" } }],
    ["an extra argument", { arguments: { path: "a", text: "b", mode: "x" } }],
    ["another tool", { tool: "file.remove" }],
    ["another call id", { id: callOf("calc", {}).id }],
    ["another agent", { agentId: OTHER_AGENT }],
    ["another chain", { agentChain: [OTHER_AGENT, AGENT] }],
    ["a better label", { label: callOf("calc", {}, "participant").label }],
  ])("does not serve a call with %s, and the try spends it", (_, change) => {
    const { book, call, presented } = open();
    const permit = book.mint(call, 1);
    expect(presented(permit, { ...call, ...change })).toBe("PERMIT_INVALID");
    expect(presented(permit)).toBe("PERMIT_SPENT");
  });

  it("is good for thirty seconds and not a millisecond more", () => {
    const { clock, book, call, presented } = open();
    const [young, old] = [book.mint(call, 1), book.mint(call, 1)];
    clock.advance(30_000);
    expect(presented(young)).toBe("redeemed");
    clock.advance(1);
    expect(presented(old)).toBe("PERMIT_STALE");
  });

  it("is stale when the wall clock jumped ahead, as after a sleep", () => {
    const { clock, book, call, presented } = open();
    const permit = book.mint(call, 1);
    clock.set(after(30_001));
    expect(presented(permit)).toBe("PERMIT_STALE");
  });

  it("is stale once the epoch has risen, by a stop or by a later permit", () => {
    const { book, call, presented } = open();
    const [first, second] = [book.mint(call, 1), book.mint(call, 1)];
    book.raiseEpoch(2);
    expect(presented(first)).toBe("PERMIT_STALE");
    book.mint(call, 3);
    book.raiseEpoch(1);
    expect(presented(second)).toBe("PERMIT_STALE");
    expect(presented(book.mint(call, 2))).toBe("PERMIT_STALE");
  });

  it("of another book is no permit here", () => {
    const [here, there] = [open(), open()];
    expect(here.presented(there.book.mint(here.call, 1))).toBe("PERMIT_INVALID");
  });
});
