import { CapabilityId } from "@moltbot/contracts";
import type { AgentId, Capability, Constraint, JsonObject, ToolCall } from "@moltbot/contracts";
import type { Caveat, DelegationWish } from "../../../../packages/core/src/guard/authority/index.ts";
import { fromBase64url, toBase64url } from "../../../../packages/core/src/guard/authority/base64url.ts";
import {
  AGENT,
  callOf,
  CONVERSATION,
  OTHER_AGENT,
  OTHER_CONVERSATION,
  OTHER_TURN,
  OWNER,
} from "../../../../packages/core/src/guard/testing/house.ts";
import { after, idText, START } from "../../../../packages/core/src/guard/testing/ports.ts";
import { exactly, give, GRANTABLE, named } from "../attack.ts";
import type { Case, Target } from "../attack.ts";
import type { Control, Scene } from "../plugs.ts";
import { grantOf } from "../tools.ts";

/** The coordinator holds the parent; the worker, who acts, the child. */
const COORDINATOR = OTHER_AGENT;
const WORKER = AGENT;

const parentOf = (target: Target, change: Partial<Capability> = {}): Capability =>
  grantOf(target.tool, exactly(target.good), { holder: COORDINATOR, rights: ["use", "delegate"], ...change });
const childOf = (parent: Capability, change: Partial<Capability> = {}): Capability =>
  grantOf(parent.tool, [], { holder: WORKER, parent: parent.id, ...change });
const byWorker = (target: Target, given: JsonObject = target.good, change: Partial<ToolCall> = {}): ToolCall => ({
  ...callOf(target.tool, given, "authority"),
  agentChain: [COORDINATOR, WORKER],
  ...change,
});
const evil = ({ argument, good }: Target): JsonObject => ({
  ...good,
  [argument]: Array.isArray(good[argument]) ? ["eve@evil.test"] : "eve@evil.test",
});

interface Chain {
  readonly control: readonly Control[];
  readonly rows: (target: Target) => readonly Capability[];
  readonly call?: (target: Target) => ToolCall;
}
const CHAIN = ["the whole chain counts"] as const;
const withParent =
  (change: Partial<Capability>, child: Partial<Capability> = {}) =>
  (target: Target) => {
    const parent = parentOf(target, change);
    return [parent, childOf(parent, child)];
  };
const CHAINS: Readonly<Record<string, Chain>> = {
  "the parent is not there": { control: CHAIN, rows: (target) => [childOf(parentOf(target))] },
  "the parent may not hand on": { control: CHAIN, rows: withParent({ rights: ["use"] }) },
  "the parent was revoked": { control: CHAIN, rows: withParent({ revokedAt: START }) },
  "the parent has expired": { control: CHAIN, rows: withParent({ expiresAt: START }) },
  "the parent is of an earlier epoch": { control: CHAIN, rows: withParent({ epoch: 0 }) },
  "the parent is of another conversation": {
    control: CHAIN,
    rows: withParent({ reach: { kind: "conversation", conversationId: OTHER_CONVERSATION } }),
  },
  "the parent is of another task": {
    control: CHAIN,
    rows: withParent({ reach: { kind: "task", turnId: OTHER_TURN } }),
  },
  "the parent lacks the permission": { control: CHAIN, rows: withParent({ permissions: [] }) },
  "the parent is another agent's": { control: CHAIN, rows: withParent({ holder: WORKER }) },
  "the parent is of another tenant": {
    control: CHAIN,
    rows: withParent({ tenantId: idText(0x77) as Capability["tenantId"] }), // the attack: ids are texts
  },
  "the parent was issued in the future": { control: CHAIN, rows: withParent({ issuedAt: after(3_600_000) }) },
  "the child drops the parent's limits": {
    control: CHAIN,
    rows: withParent({}),
    call: (target) => byWorker(target, evil(target)),
  },
  "the child swaps the parent's limits": {
    control: CHAIN,
    rows: (target) => {
      const parent = parentOf(target);
      return [parent, childOf(parent, { constraints: exactly(evil(target)) })];
    },
    call: (target) => byWorker(target, evil(target)),
  },
  "the chain of agents is cut": {
    control: CHAIN,
    rows: withParent({}),
    call: (target) => byWorker(target, target.good, { agentChain: [WORKER] }),
  },
  "the chain of agents is reordered": {
    control: CHAIN,
    rows: withParent({}),
    call: (target) => byWorker(target, target.good, { agentChain: [WORKER, COORDINATOR] }),
  },
  "the chain of agents is longer": {
    control: CHAIN,
    rows: withParent({}),
    call: (target) => byWorker(target, target.good, { agentChain: [idText(0x99) as AgentId, COORDINATOR, WORKER] }), // the attack: ids are texts
  },
  "the chain of agents goes in a circle": {
    control: CHAIN,
    rows: withParent({}),
    call: (target) => byWorker(target, target.good, { agentChain: [COORDINATOR, WORKER, COORDINATOR, WORKER] }),
  },
  "the chain of agents is empty": {
    control: CHAIN,
    rows: withParent({}),
    call: (target) => byWorker(target, target.good, { agentChain: [] }),
  },
  "the child is its own parent": {
    control: CHAIN,
    rows: (target) => {
      const child = childOf(parentOf(target));
      return [{ ...child, parent: child.id }];
    },
  },
  "the coordinator's grant is used by the worker": {
    control: CHAIN,
    rows: (target) => [parentOf(target, { constraints: [...exactly(target.good)] })],
  },
};
/** Without a parent there is nothing above that bounds what the worker's grant leaves open. */
const BOUNDED_ABOVE = ["the parent is not there", "the child is its own parent"];
const COMMITS = ["order.place", "share.add", "job.run", "reminder.create"];
const chains: readonly Case[] = GRANTABLE.flatMap((target) =>
  Object.entries(CHAINS).map(([time, { control, rows, call = byWorker }]) =>
    named({
      argument: `${target.tool} ${target.argument}`,
      encoding: "handed on",
      time,
      surface: "a chain of delegation",
      control: [
        ...control,
        ...(COMMITS.includes(target.tool) && BOUNDED_ABOVE.includes(time)
          ? (["every critical argument is bounded"] as const)
          : []),
      ],
      attack: async (scene) => {
        give(scene, ...rows(target));
        await scene.attempt(call(target));
      },
    }),
  ),
);

/** Only what a person granted endorses: an agent that hands on writes its own limits into the child. */
const endorsed: readonly Case[] = (["mail.send", "mail.many"] as const).flatMap((tool) =>
  (["equals", "one-of", "recipient-in"] as const).map((kind) => {
    const to = tool === "mail.many" ? ["eve@evil.test"] : "eve@evil.test";
    const limits: Readonly<Record<typeof kind, Constraint>> = {
      equals: { kind: "equals", argument: "to", value: to },
      "one-of": { kind: "one-of", argument: "to", values: [to] },
      "recipient-in": { kind: "recipient-in", argument: "to", recipients: ["eve@evil.test"] },
    };
    return named({
      argument: `${tool} to`,
      encoding: `“${kind}” written by the coordinator`,
      time: "in force",
      surface: "a chain of delegation",
      control: ["only the owner's limits endorse"],
      attack: async (scene) => {
        const parent = grantOf(tool, [], { holder: COORDINATOR, rights: ["use", "delegate"] });
        give(scene, parent, childOf(parent, { constraints: [limits[kind]] }));
        const call = callOf(tool, { to, text: "what I read" }, "untrusted");
        await scene.attempt({ ...call, agentChain: [COORDINATOR, WORKER] });
      },
    });
  }),
);

/** A coordinator asks for more than it has. */
const LIMITS: readonly Constraint[] = [
  { kind: "one-of", argument: "to", values: ["bob", "zoé"] },
  { kind: "at-most", argument: "amount", limit: 10 },
  { kind: "cost", argument: "amount", limit: 20 },
  { kind: "count", limit: 3 },
  { kind: "bytes", limit: 1_000 },
  { kind: "rate", limit: 2, seconds: 60 },
  { kind: "reversible", atMost: "undoable" },
];
const loosened = (kind: Constraint["kind"], change: object): readonly Constraint[] =>
  LIMITS.map((one) => (one.kind === kind ? ({ ...one, ...change } as Constraint) : one)); // the attack: fields of that kind
const WISHES: Readonly<Record<string, Partial<DelegationWish>>> = {
  "another recipient": { constraints: loosened("one-of", { values: ["bob", "eve"] }) },
  "a higher amount": { constraints: loosened("at-most", { limit: 11 }) },
  "a higher cost": { constraints: loosened("cost", { limit: 21 }) },
  "more uses": { constraints: loosened("count", { limit: 4 }) },
  "more bytes": { constraints: loosened("bytes", { limit: 1_001 }) },
  "a higher rate": { constraints: loosened("rate", { limit: 3 }) },
  "harder to take back": { constraints: loosened("reversible", { atMost: "irreversible" }) },
  "one more permission": { permissions: ["order.place:use", "money:spend"] },
  "every permission": { permissions: ["order.place:use", "*"] },
  "longer than held": { expiresAt: after(7_200_000) },
  "for ever": { expiresAt: "never" },
  everywhere: { reach: { kind: "always" } },
  "in another conversation": { reach: { kind: "conversation", conversationId: OTHER_CONVERSATION } },
  "another tool": { tool: grantOf("bank.pay").tool },
  "a release": { release: [{ source: "any", to: "public" }] },
  "for itself": { holder: COORDINATOR },
};
const wishes: readonly Case[] = Object.entries(WISHES).map(([encoding, wish]) =>
  named({
    argument: "order.place",
    encoding: `a wish for ${encoding}`,
    time: "while handing on",
    surface: "a chain of delegation",
    control: ["handing on never widens"],
    attack: (scene) => handOn(scene, {}, wish),
  }),
);
const handOn = async (scene: Scene, held: Partial<Capability>, wish: Partial<DelegationWish>): Promise<void> => {
  const conversation = { kind: "conversation", conversationId: CONVERSATION } as const;
  const parent = grantOf("order.place", LIMITS, {
    holder: COORDINATOR,
    rights: ["use", "delegate"],
    reach: conversation,
    ...held,
  });
  give(scene, parent);
  const child = scene.authority.delegate(
    parent,
    {
      holder: WORKER,
      tool: parent.tool,
      permissions: parent.permissions,
      constraints: [],
      release: [],
      rights: ["use"],
      reach: conversation,
      expiresAt: parent.expiresAt,
      reason: "because",
      ...wish,
    },
    {
      id: CapabilityId.parse(idText(0xabc)),
      by: OWNER.id,
      now: scene.clock.now(),
      epoch: 1,
      ancestors: [],
      conversationOf: () => CONVERSATION,
    },
  );
  // Whatever comes out is a capability that nobody gave.
  if (child.ok) scene.grant(child.value);
};
const dead: readonly Case[] = (
  [
    ["may not be handed on", { rights: ["use"] }],
    ["was revoked", { revokedAt: START }],
    ["has expired", { expiresAt: START }],
    ["is of an earlier epoch", { epoch: 0 }],
    ["was issued in the future", { issuedAt: after(3_600_000) }],
    ["hangs on nothing that is known", { parent: grantOf("order.place").id }],
  ] as const
).map(([time, held]) =>
  named({
    argument: "order.place",
    encoding: "a wish for the same",
    time: `what is held ${time}`,
    surface: "a chain of delegation",
    control: ["handing on never widens"],
    attack: (scene) => handOn(scene, held, {}),
  }),
);

/** A token in a stranger's hands: whatever opens becomes a capability, and is used at once. */
const NARROW: readonly Caveat[] = [
  { kind: "constraint", constraint: { kind: "equals", argument: "to", value: "bob" } },
  { kind: "constraint", constraint: { kind: "at-most", argument: "amount", limit: 10 } },
];
const OPEN: readonly Constraint[] = [
  { kind: "one-of", argument: "to", values: ["bob", "eve"] },
  { kind: "at-most", argument: "amount", limit: 1_000 },
];
type Body = Record<string, unknown> & { caveats: Caveat[] };
const rewritten =
  (change: (body: Body) => Body) =>
  (token: string): string => {
    const [version = "", body = "", signature = ""] = token.split(".");
    const read = change(JSON.parse(fromBase64url(body) ?? "{}") as Body); // a token of ours
    return [version, toBase64url(JSON.stringify(read)), signature].join(".");
  };
const FORGERIES: Readonly<Record<string, (token: string) => string>> = {
  "the last limit dropped": rewritten((body) => ({ ...body, caveats: body.caveats.slice(0, -1) })),
  "the first limit dropped": rewritten((body) => ({ ...body, caveats: body.caveats.slice(1) })),
  "all limits dropped": rewritten((body) => ({ ...body, caveats: [] })),
  "the recipient changed": rewritten((body) => ({
    ...body,
    caveats: [{ kind: "constraint", constraint: { argument: "to", kind: "equals", value: "eve" } }],
  })),
  "the limit raised": rewritten((body) => ({
    ...body,
    caveats: [{ constraint: { argument: "amount", kind: "at-most", limit: 1_000 }, kind: "constraint" }],
  })),
  "the limits replaced by a harmless one": rewritten((body) => ({
    ...body,
    caveats: [{ at: after(1_000_000), kind: "expires" }],
  })),
  "all limits dropped and the signature of zeros": (token) =>
    rewritten((body) => ({ ...body, caveats: [] }))(token).replace(/[0-9a-f]{64}$/, "0".repeat(64)),
  "all limits dropped under another nonce": rewritten((body) => ({ ...body, caveats: [], nonce: "A".repeat(22) })),
};
/** Bodies are canonical: keys in order. */
const inOrder = (token: string): string => {
  const [version = "", body = "", signature = ""] = token.split(".");
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === "object" && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .toSorted(([a], [b]) => (a < b ? -1 : 1))
              .map(([key, item]) => [key, sorted(item)]),
          )
        : value;
  return [version, toBase64url(JSON.stringify(sorted(JSON.parse(fromBase64url(body) ?? "{}")))), signature].join(".");
};
const WANTED: readonly JsonObject[] = [
  { to: "eve", amount: 5 },
  { to: "bob", amount: 900 },
  { to: "eve", amount: 900 },
];
const present = async (scene: Scene, held: Capability, token: string, calls: readonly JsonObject[]): Promise<void> => {
  const opened = scene.authority.openToken(scene.seal, token, {
    find: (id) => (id === held.id ? held : undefined),
    now: scene.clock.now(),
    epoch: scene.rows.epoch,
    conversationOf: () => CONVERSATION,
  });
  if (!opened.ok) return;
  give(scene, opened.value.capability);
  for (const given of calls) await scene.attempt(callOf("order.place", given, "untrusted"));
};
const issued = (scene: Scene, held: Capability, caveats: readonly Caveat[]): string => {
  const token = scene.authority.issueToken(scene.seal, held, caveats, { now: START, epoch: 1 });
  return token.ok ? token.value : "";
};
const tokens: readonly Case[] = Object.entries(FORGERIES).map(([encoding, forge]) =>
  named({
    argument: "order.place",
    encoding,
    time: "in force",
    surface: "a capability token",
    control: ["a token's signature is checked"],
    attack: async (scene) => {
      const held = grantOf("order.place", OPEN);
      await present(scene, held, inOrder(forge(issued(scene, held, NARROW))), WANTED);
    },
  }),
);
const BOB: readonly JsonObject[] = [{ to: "bob", amount: 5 }];
const oldTokens: readonly Case[] = (
  [
    [
      "what it rests on was revoked",
      { revokedAt: START },
      ["what a token rests on is in force", "revocation is looked at"],
    ],
    [
      "what it rests on ended with a stop",
      { epoch: 2 },
      ["what a token rests on is in force", "the epoch is looked at"],
    ],
    ["what it rests on expired", { expiresAt: after(-1) }, ["expiry is looked at"]],
  ] as const
).map(([time, change, control]) =>
  named({
    argument: "order.place",
    encoding: "as issued",
    time,
    surface: "a capability token",
    control,
    attack: async (scene) => {
      const held = grantOf("order.place", OPEN);
      const token = issued(scene, held, NARROW);
      await present(scene, { ...held, ...change }, token, BOB);
    },
  }),
);
const narrowedTokens: readonly Case[] = (
  [
    ["its own time is over", { kind: "expires", at: after(1_000) }, ["expiry is looked at"]],
    [
      "it is for another conversation",
      { kind: "reach", reach: { kind: "conversation", conversationId: OTHER_CONVERSATION } },
      ["the reach is looked at"],
    ],
    [
      "it is for another task",
      { kind: "reach", reach: { kind: "task", turnId: OTHER_TURN } },
      ["the reach is looked at"],
    ],
    ["its permissions are gone", { kind: "permissions", permissions: [] }, ["permissions are looked at"]],
    [
      "it is for another recipient",
      { kind: "constraint", constraint: { kind: "equals", argument: "to", value: "eve" } },
      ["values are compared exactly"],
    ],
    [
      "it is for a smaller amount",
      { kind: "constraint", constraint: { kind: "at-most", argument: "amount", limit: 1 } },
      ["an amount stays below its limit"],
    ],
  ] as const
).map(([time, caveat, control]) =>
  named({
    argument: "order.place",
    encoding: "narrowed by its holder",
    time,
    surface: "a capability token",
    control,
    attack: async (scene) => {
      const held = grantOf("order.place", OPEN);
      const mac = (key: string, bytes: string): string => scene.seal.macWith(key, bytes);
      const token = scene.authority.narrowToken(mac, issued(scene, held, []), caveat);
      scene.clock.advance(2_000);
      if (token.ok) await present(scene, held, token.value, BOB);
    },
  }),
);

export const HANDING_ON_CASES: readonly Case[] = [
  ...chains,
  ...endorsed,
  ...wishes,
  ...dead,
  ...tokens,
  ...oldTokens,
  ...narrowedTokens,
];
