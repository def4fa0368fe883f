import { afterEach, describe, expect, it, vi } from "vitest";
import { done, ok } from "@moltbot/contracts";
import type { Approval, Capability, DecisionInput, JsonObject, Permit, ToolManifest } from "@moltbot/contracts";
import * as realRoom from "./index.ts";
import type * as ApprovalsFile from "./approvals.ts";
import type * as CapabilityMatch from "./capability-match.ts";
import type * as EffectTable from "./effect-table.ts";
import {
  buildHouse,
  callOf,
  capabilityOf,
  OTHER_AGENT,
  OTHER_CONVERSATION,
  OWNER,
  SCOPE,
  STRANGER,
} from "./testing/house.ts";
import type { House } from "./testing/house.ts";
import { fakeTools } from "./testing/fake-tools.ts";
import { after, fakeClock, fakeIds, nodeCrypto, START } from "./testing/ports.ts";

type Room = Pick<typeof realRoom, "createGuard" | "createPermitBook">;

/** The guard's room with one of its own files replaced: the control is out, everything else is as it ships. */
const roomWithout = async (file: string, double: (original: object) => object): Promise<Room> => {
  vi.resetModules();
  vi.doMock(file, async (importOriginal) => ({
    ...(await importOriginal<object>()),
    ...double(await importOriginal<object>()),
  }));
  return import("./index.ts");
};

const FILES = [
  "approvals",
  "canonical",
  "capability-match",
  "check-arguments",
  "effect-table",
  "instant-order",
  "visible-text",
].map((name) => `./${name}.ts`);
afterEach(() => {
  for (const file of FILES) vi.doUnmock(file);
  vi.resetModules();
});

const MAIL = { to: "bob@example.org", text: "hi" };
const EVIL = { to: "eve@evil.test", text: "hi" };
const TO_BOB = { kind: "equals", argument: "to", value: "bob@example.org" } as const;

/** An attack on a house; what it returns is how many effects there were that nobody granted. */
type Attack = (house: House) => Promise<number>;

const calling =
  (tool: string, given: JsonObject, grants: readonly Capability[]): Attack =>
  async (house) => {
    house.grant(...grants);
    await house.attempt(callOf(tool, given, "untrusted"));
    return house.world.length;
  };

const withCapabilities =
  (change: (capability: Capability, input: DecisionInput) => Partial<Capability>) => (original: object) => {
    const { covers } = original as typeof CapabilityMatch; // the file named beside it
    return {
      covers: (capability: Capability, manifest: ToolManifest, input: DecisionInput) =>
        covers({ ...capability, ...change(capability, input) }, manifest, input),
    };
  };

const withApprovals =
  (change: (approval: Approval, input: DecisionInput) => Partial<Approval>) => (original: object) => {
    const { standingOf } = original as typeof ApprovalsFile; // the file named beside it
    return {
      standingOf: (input: DecisionInput) =>
        standingOf({
          ...input,
          approvals: input.approvals.map((approval) => ({ ...approval, ...change(approval, input) })),
        }),
    };
  };

const approvedThen =
  (drift: (house: House) => void | Promise<unknown>, answered = true): Attack =>
  async (house) => {
    const call = callOf("mail.send", MAIL);
    const approval = await house.parked(call);
    if (answered) await house.answer(approval);
    await drift(house);
    await house.attempt(call);
    return house.world.length;
  };

/** control, the file it stands in, what stands there without it, the attack that then succeeds. */
const CONTROLS: readonly (readonly [string, string, (original: object) => object, Attack])[] = [
  [
    "constraints are checked",
    "./capability-match.ts",
    withCapabilities(() => ({ constraints: [] })),
    calling("memory.search", { query: "passwords" }, [
      capabilityOf("memory.search", [{ kind: "equals", argument: "query", value: "tea" }]),
    ]),
  ],
  [
    "values are compared exactly",
    "./canonical.ts",
    () => ({ sameValue: () => true }),
    calling("mail.send", EVIL, [capabilityOf("mail.send", [TO_BOB])]),
  ],
  [
    "every critical argument is bounded",
    "./capability-match.ts",
    () => ({ bounds: () => true }),
    calling("order.place", { to: "eve", amount: 5 }, [
      capabilityOf("order.place", [{ kind: "at-most", argument: "amount", limit: 10 }]),
    ]),
  ],
  [
    "a fetch names its host",
    "./capability-match.ts",
    () => ({ bounds: () => true }),
    calling("web.fetch", { url: "https://evil.test/" }, [capabilityOf("web.fetch", [])]),
  ],
  [
    "the holder is checked",
    "./capability-match.ts",
    withCapabilities((_, { call }) => ({ holder: call.agentId })),
    calling("mail.send", MAIL, [capabilityOf("mail.send", [TO_BOB], { holder: OTHER_AGENT })]),
  ],
  [
    "the right to use is checked",
    "./capability-match.ts",
    withCapabilities(() => ({ rights: ["use"] })),
    calling("mail.send", MAIL, [capabilityOf("mail.send", [TO_BOB], { rights: ["delegate"] })]),
  ],
  [
    "revocation is checked",
    "./capability-match.ts",
    withCapabilities(() => ({ revokedAt: null })),
    calling("mail.send", MAIL, [capabilityOf("mail.send", [TO_BOB], { revokedAt: START })]),
  ],
  [
    "the epoch is checked",
    "./capability-match.ts",
    withCapabilities((_, { epoch }) => ({ epoch })),
    calling("mail.send", MAIL, [capabilityOf("mail.send", [TO_BOB], { epoch: 0 })]),
  ],
  [
    "the reach is checked",
    "./capability-match.ts",
    withCapabilities(() => ({ reach: { kind: "always" } })),
    calling("mail.send", MAIL, [
      capabilityOf("mail.send", [TO_BOB], { reach: { kind: "conversation", conversationId: OTHER_CONVERSATION } }),
    ]),
  ],
  [
    "permissions are checked",
    "./capability-match.ts",
    withCapabilities(() => ({ permissions: ["mail.send:use"] })),
    calling("mail.send", MAIL, [capabilityOf("mail.send", [TO_BOB], { permissions: [] })]),
  ],
  [
    "a parent is not taken on trust",
    "./capability-match.ts",
    withCapabilities(() => ({ parent: null })),
    calling("mail.send", MAIL, [capabilityOf("mail.send", [TO_BOB], { parent: capabilityOf("mail.send", []).id })]),
  ],
  [
    "expiry is checked",
    "./instant-order.ts",
    () => ({ isAhead: () => true }),
    calling("mail.send", MAIL, [capabilityOf("mail.send", [TO_BOB], { expiresAt: START })]),
  ],
  [
    "a grant from the future is doubted",
    "./instant-order.ts",
    () => ({ isCredible: () => true }),
    calling("mail.send", MAIL, [capabilityOf("mail.send", [TO_BOB], { issuedAt: after(3_000_000) })]),
  ],
  [
    "arguments are checked",
    "./check-arguments.ts",
    () => ({ argumentsProblem: () => null }),
    calling("mail.send", { ...MAIL, bcc: "eve@evil.test" }, [capabilityOf("mail.send", [TO_BOB])]),
  ],
  [
    "what cannot be undone asks",
    "./effect-table.ts",
    (original) => {
      const { EFFECT_TABLE } = original as typeof EffectTable; // the file named beside it
      return { EFFECT_TABLE: { ...EFFECT_TABLE, write: EFFECT_TABLE.read } };
    },
    calling("note.burn", { path: "a" }, [capabilityOf("note.burn", [])]),
  ],
  [
    "paying asks each time",
    "./effect-table.ts",
    (original) => {
      const { EFFECT_TABLE } = original as typeof EffectTable; // the file named beside it
      return { EFFECT_TABLE: { ...EFFECT_TABLE, commit: EFFECT_TABLE.send } };
    },
    calling("bank.pay", { to: "bob", amount: 5 }, [
      capabilityOf("bank.pay", [
        { kind: "equals", argument: "to", value: "bob" },
        { kind: "at-most", argument: "amount", limit: 9 },
      ]),
    ]),
  ],
  [
    "nothing executes without a sandbox",
    "./effect-table.ts",
    (original) => {
      const { EFFECT_TABLE } = original as typeof EffectTable; // the file named beside it
      return { EFFECT_TABLE: { ...EFFECT_TABLE, execute: EFFECT_TABLE.read } };
    },
    calling("shell.run", { command: "ls" }, [capabilityOf("shell.run", [])]),
  ],
  [
    "a yes is bound to the digest",
    "./approvals.ts",
    withApprovals((_, { digest }) => ({ digest })),
    approvedThen((house) => void (house.rows.epoch = 2)),
  ],
  [
    "a question is no answer",
    "./approvals.ts",
    withApprovals(() => ({ state: "allowed", answeredBy: OWNER.id, answeredAt: START })),
    async (house) => {
      const call = callOf("mail.send", MAIL);
      const approval = await house.parked(call);
      house.rows.approvals.set(approval.id, { ...approval, state: "allowed" });
      await house.attempt(call);
      return house.world.length;
    },
  ],
  [
    "a yes expires",
    "./instant-order.ts",
    () => ({ isAhead: () => true }),
    approvedThen((house) => house.clock.advance(15 * 60_000)),
  ],
  [
    "a yes serves one call",
    "./approvals.ts",
    withApprovals((_, { call, digest }) => ({ callId: call.id, digest })),
    async (house) => {
      await house.answer(await house.parked(callOf("mail.send", MAIL)));
      await house.attempt(callOf("mail.send", EVIL));
      return house.world.length;
    },
  ],
  [
    "the guard judges its own copy",
    "./canonical.ts",
    () => ({ ownCopy: (call: unknown) => call }),
    async (house) => {
      house.grant(capabilityOf("mail.send", [TO_BOB]));
      const given = { ...MAIL };
      house.audit.during = () => void (given.to = "eve@evil.test");
      await house.attempt(callOf("mail.send", given));
      return house.world.length;
    },
  ],
  [
    "hidden characters are shown",
    "./visible-text.ts",
    () => ({ visibleValue: (value: unknown) => value, visibleLine: (line: string) => line }),
    async (house) => {
      const approval = await house.parked(callOf("mail.send", { to: "a\u202Egro.elpmaxe@bob", text: "x" }));
      return JSON.stringify(approval.question).includes("\u202E") ? 1 : 0;
    },
  ],
];

describe("unplug: each control of the decision keeps out an attack that succeeds without it", () => {
  it.each(CONTROLS)("%s", async (_, file, double, attack) => {
    expect(FILES).toContain(file);
    expect(await attack(buildHouse())).toBe(0);
    expect(await attack(buildHouse(await roomWithout(file, double)))).toBe(1);
  });
});

describe("unplug: each port that the guard leans on", () => {
  it("the resolver refuses private addresses", async () => {
    const attack = async (house: House) => {
      house.grant(capabilityOf("web.fetch", [{ kind: "host-in", argument: "url", hosts: ["127.0.0.1:80"] }]));
      await house.attempt(callOf("web.fetch", { url: "http://127.0.0.1/" }));
      return house.world.length;
    };
    const weaker = buildHouse();
    const resolve = weaker.tools.resolving;
    weaker.tools.resolving = (call) => {
      const resolved = resolve(call);
      return resolved.ok ? ok(resolved.value.map((resource) => ({ ...resource, refusal: null }))) : resolved;
    };
    expect([await attack(buildHouse()), await attack(weaker)]).toEqual([0, 1]);
  });

  it("the audit says when it cannot write", async () => {
    const attack = async (house: House) => {
      house.grant(capabilityOf("memory.search", []));
      house.audit.fault = "refuses";
      await house.attempt(callOf("memory.search", { query: "a" }));
      return house.world.length - house.audit.events.length;
    };
    const weaker = buildHouse();
    weaker.audit.record = (event) =>
      Promise.resolve(
        ok({ sequence: 0, at: START, event: event.event, actor: event.actor, fields: event.fields, commitments: {} }),
      );
    expect([await attack(buildHouse()), await attack(weaker)]).toEqual([0, 1]);
  });

  it("the store says whose conversation it is", async () => {
    const attack = async (house: House) => {
      const call = callOf("mail.send", MAIL);
      await house.answer(await house.parked(call), {}, STRANGER);
      await house.attempt(call);
      return house.world.length;
    };
    const weaker = buildHouse();
    for (const [id, row] of weaker.rows.conversations)
      weaker.rows.conversations.set(id, { ...row, audience: [STRANGER.id] });
    expect([await attack(buildHouse()), await attack(weaker)]).toEqual([0, 1]);
  });

  it("the ledger and the state machine stop a second run of one approval", async () => {
    const attack = async (house: House, weaken: () => void) => {
      const call = callOf("mail.send", MAIL);
      await house.answer(await house.parked(call));
      weaken();
      await Promise.all([house.attempt(call), house.attempt(call)]);
      return house.world.length;
    };
    const weaker = buildHouse();
    const honest = { ...weaker.store };
    const weaken = () => {
      weaker.store.atomically = (work) =>
        honest.atomically((repositories) =>
          work({
            ...repositories,
            calls: { ...repositories.calls, find: () => Promise.resolve(ok(null)) },
            approvals: { ...repositories.approvals, move: (scope, id) => repositories.approvals.find(scope, id) },
          }),
        );
    };
    const keep = () => expect(weaker.world).toHaveLength(0);
    expect([await attack(buildHouse(), keep), await attack(weaker, weaken)]).toEqual([1, 2]);
  });
});

describe("unplug: redeeming", () => {
  const call = callOf("mail.send", MAIL);
  /** A redeemer without object identity, single use, age, epoch and binding: anything with an id is a permit. */
  const gullible = { redeem: () => done };
  const ATTACKS: Readonly<Record<string, (permit: Permit) => readonly [unknown, typeof call]>> = {
    forged: () => [{ id: "made up" }, call],
    copied: (permit) => [{ ...permit }, call],
    spent: (permit) => [permit, call],
    "for another call": (permit) => [permit, { ...call, arguments: EVIL }],
  };

  it.each(Object.entries(ATTACKS))("a permit that is %s acts only where the book is replaced", async (name, attack) => {
    const run = async (weaker: boolean) => {
      const clock = fakeClock();
      const book = realRoom.createPermitBook({ clock, crypto: nodeCrypto, ids: fakeIds() });
      const tools = fakeTools(weaker ? gullible : book);
      const permit = book.mint(call, 1);
      if (name === "spent") book.redeem(permit, call);
      const [presented, asked] = attack(permit);
      await tools.run(presented as Permit, asked, SCOPE, AbortSignal.any([])); // attacks hand in what is no permit
      return tools.world.length;
    };
    expect([await run(false), await run(true)]).toEqual([0, 1]);
  });

  it("a stale permit acts only where the clock stands still, and an old epoch only where nobody raises it", async () => {
    const run = async (advance: number, epoch: number) => {
      const clock = fakeClock();
      const book = realRoom.createPermitBook({ clock, crypto: nodeCrypto, ids: fakeIds() });
      const tools = fakeTools(book);
      const permit = book.mint(call, 1);
      clock.advance(advance);
      book.raiseEpoch(epoch);
      await tools.run(permit, call, SCOPE, AbortSignal.any([]));
      return tools.world.length;
    };
    expect([await run(30_001, 1), await run(0, 1)]).toEqual([0, 1]);
    expect([await run(0, 2), await run(0, 1)]).toEqual([0, 1]);
  });
});
