import type { Capability, CryptoPort, DecisionInput, JsonObject, ManifestFacts, ToolCall } from "@moltbot/contracts";
import * as shipped from "../authority/index.ts";
import { authorityOf } from "../authority/index.ts";
import { normalForm, oneReach } from "../authority/authority.ts";
import type { Authority } from "../authority/authority.ts";
import { canonicalText } from "../canonical.ts";
import { covers } from "../capability-match.ts";
import { decide } from "../decide.ts";
import { callDigest } from "../digest.ts";
import {
  aCapability,
  aCaveat,
  anInput,
  aTool,
  aWish,
  capabilityId,
  chanceOf,
  conversationOf,
  HOLDERS,
  PERSON,
  sameJson,
  someArguments,
  turned,
} from "./generate-authority.ts";
import type { Chance } from "./generate-authority.ts";
import { nodeCrypto, START } from "./ports.ts";

type Ask = DecisionInput & { readonly manifest: ManifestFacts };

/** The part of the authority room that the cases put to the test; a test puts a broken part in its place. */
export type Room = Pick<typeof shipped, "meet" | "delegate" | "narrowToken" | "openToken" | "issueToken">;

/** What one case came to: its class, what was seen in it, and what was promised and did not hold. */
export interface Case {
  readonly seen: readonly string[];
  readonly broken: string | null;
}

const held = (...seen: readonly string[]): Case => ({ seen, broken: null });
const broken = (promise: string): Case => ({ seen: [], broken: promise });

const EPOCH = 1;
const CALLS = 3;

const allowed = (capability: Capability, input: Ask): boolean => covers(capability, input.manifest, input);

/** The capability that an authority amounts to; null where one capability cannot say it. */
const carried = (authority: Authority | null, base: Capability): Capability | null => {
  const reach = authority === null ? null : oneReach(authority.reaches, conversationOf);
  return authority === null || reach === null
    ? null
    : {
        ...base,
        permissions: authority.permissions,
        constraints: authority.constraints,
        release: authority.release,
        rights: authority.rights,
        reach,
        expiresAt: authority.expiresAt,
      };
};

const meeting = (chance: Chance, room: Room): Case => {
  const tool = aTool(chance);
  const alive = { issuedAt: START, revokedAt: null } as const;
  const [a, b] = [aCapability(chance, tool, alive), aCapability(chance, tool, alive)];
  const met = room.meet(authorityOf(a), authorityOf(b));
  if (canonicalText(met) !== canonicalText(room.meet(authorityOf(b), authorityOf(a)))) return broken("meet commutes");
  if (met !== null && !shipped.narrower(met, authorityOf(a))) return broken("a meet is within both");
  const both = carried(met, a);
  const seen: string[] = [met === null ? "meet: nothing left" : "meet: something left"];
  for (let at = 0; at < CALLS; at += 1) {
    const input = anInput(chance, tool);
    const each = allowed(a, input) && allowed(b, input);
    const may = both !== null && allowed(both, input);
    if (may && !each) return broken("a meet allows nothing that one of the two forbids");
    if (each && !may) return broken("a meet forbids nothing that both allow");
    if (may) seen.push("meet: allowed a call");
  }
  return held(...seen);
};

/** The same call by the one to whom it was handed on. */
const byAgent = (input: Ask, chain: readonly Capability[]): Ask => {
  const agents = chain.map(({ holder }) => holder);
  const [agentId = input.call.agentId] = agents;
  return { ...input, capabilities: chain, call: { ...input.call, agentId, agentChain: agents.toReversed() } };
};

/** The parent as if an owner had given it to that holder outright. */
const outright = (parent: Capability, holder: Capability["holder"]): Capability => ({
  ...parent,
  holder,
  rights: ["use"],
  parent: null,
});

const delegating = (chance: Chance, room: Room): Case => {
  const tool = aTool(chance);
  const parent = aCapability(chance, tool, chance.oneIn(4) ? {} : { rights: ["use", "delegate"] });
  const wish = aWish(chance, tool, parent);
  const facts = { by: PERSON, now: START, epoch: EPOCH, conversationOf };
  const first = room.delegate(parent, wish, { ...facts, id: capabilityId(1), ancestors: [] });
  if (!first.ok) return held(`delegate: refused, ${first.error.code}`);
  const onward = { ...aWish(chance, tool, first.value), holder: HOLDERS[2] ?? wish.holder };
  const second = chance.oneIn(2)
    ? room.delegate(first.value, onward, { ...facts, id: capabilityId(2), ancestors: [parent] })
    : first;
  const chain = second.ok && second.value !== first.value ? [second.value, first.value, parent] : [first.value, parent];
  const [child = first.value] = chain;
  const all = normalForm({ ...parent, release: parent.release ?? [], rights: ["use", "delegate"], reaches: [] });
  const own = normalForm({ ...child, release: child.release ?? [], reaches: [] });
  if (!shipped.narrower(own, all)) return broken("what is handed on is within what was held");
  const seen = [chain.length === 3 ? "delegate: handed on twice" : "delegate: handed on"];
  for (let at = 0; at < CALLS; at += 1) {
    const asked = anInput(chance, tool);
    const input = byAgent(asked, chain);
    const whole = outright(parent, child.holder);
    const direct = byAgent(asked, [whole]);
    if (allowed({ ...child, parent: null }, byAgent(asked, [child])) && !allowed(whole, direct)) {
      return broken("what is handed on covers nothing that the parent does not");
    }
    if (allowed(child, input)) seen.push("delegate: covered a call");
    if (decide(input).kind !== "allow") continue;
    if (decide(direct).kind !== "allow")
      return broken("nothing is allowed through a delegation that would be asked without");
    seen.push("delegate: allowed a call");
  }
  return held(...seen);
};

const openFacts = (capability: Capability) => ({ find: () => capability, now: START, epoch: EPOCH, conversationOf });

const narrowing = (chance: Chance, room: Room, crypto: CryptoPort): Case => {
  const tool = aTool(chance);
  const capability = aCapability(chance, tool);
  const issued = room.issueToken(crypto, capability, [], { now: START, epoch: EPOCH });
  if (!issued.ok) return held(`token: not issued, ${issued.error.code}`);
  const caveats = chance.list(3, () => aCaveat(chance, tool));
  const along = (order: typeof caveats) =>
    order.reduce<string>((token, caveat) => {
      const next = room.narrowToken((key, bytes) => crypto.macWith(key, bytes), token, caveat);
      return next.ok ? next.value : token;
    }, issued.value);
  const opened = room.openToken(crypto, along(caveats), openFacts(capability));
  const other = room.openToken(crypto, along(caveats.toReversed()), openFacts(capability));
  const meaning = (result: typeof opened): string | null =>
    result.ok ? canonicalText(result.value) : result.error.code;
  if (meaning(opened) !== meaning(other)) return broken("the order of caveats does not matter");
  if (!opened.ok) return held(`token: not opened, ${opened.error.code}`);
  const seen = [`token: opened with ${String(caveats.length)} caveats`];
  for (let at = 0; at < CALLS; at += 1) {
    const input = anInput(chance, tool);
    if (!allowed(opened.value.capability, input)) continue;
    if (!allowed(capability, input)) return broken("a narrowed token allows nothing that its capability forbids");
    seen.push("token: allowed a call");
  }
  return held(...seen);
};

const spelling = (chance: Chance, _room: Room, crypto: CryptoPort): Case => {
  const { call } = anInput(chance, aTool(chance));
  const one: ToolCall = { ...call, arguments: someArguments(chance) };
  const others: readonly [() => ToolCall, () => ToolCall, () => ToolCall] = [
    () => ({ ...one, arguments: turned(one.arguments) as JsonObject }), // an object turned is an object
    () => ({ ...one, arguments: someArguments(chance) }),
    () => ({ ...one, agentChain: [...one.agentChain, ...HOLDERS.slice(1, 1 + chance.below(2))] }),
  ];
  const other = chance.pick(others)();
  const same = sameJson(one.arguments, other.arguments) && sameJson(one.agentChain, other.agentChain);
  if ((canonicalText(one) === canonicalText(other)) !== same) return broken("equal bytes exactly for equal calls");
  if ((callDigest(crypto, one) === callDigest(crypto, other)) !== same)
    return broken("equal digests exactly for equal calls");
  return held(same ? "canonical: equal" : "canonical: different");
};

const GARBAGE: readonly [unknown, ...(readonly unknown[])] = [
  null,
  undefined,
  0,
  "",
  "\ud800",
  [],
  {},
  [null],
  [{}],
  Number.NaN,
  { length: -1 },
];
const FIELDS = [
  "call",
  "manifest",
  "resources",
  "usage",
  "approvals",
  "stated",
  "policy",
  "budgets",
  "epoch",
  "now",
  "digest",
] as const;

const deciding = (chance: Chance): Case => {
  const tool = aTool(chance);
  const fitting = anInput(chance, tool);
  const capabilities = chance.list(3, () => aCapability(chance, tool, { id: capabilityId(chance.below(4)) }));
  const given = chance.oneIn(4) ? { ...fitting.call, arguments: someArguments(chance) } : fitting.call;
  const hurt = chance.oneIn(3) ? { [chance.pick(FIELDS)]: chance.pick(GARBAGE) } : {};
  const input = { ...fitting, capabilities, call: given, ...hurt } as DecisionInput; // garbage on purpose
  const verdict = decide(input);
  if (!["allow", "ask", "deny"].includes(verdict.kind)) return broken("decide answers one of three");
  if (JSON.stringify(decide(input)) !== JSON.stringify(verdict)) return broken("decide answers the same to the same");
  if (decide({ ...input, capabilities: [] }).kind === "allow") return broken("nothing is allowed without a capability");
  return held(`decide: ${verdict.kind}`);
};

const CLASSES = [meeting, delegating, narrowing, spelling, deciding] as const;

/** One case: its class goes round, everything else comes from the seed. A case that throws is a promise broken. */
export const runCase = (seed: number, room: Room = shipped, crypto: CryptoPort = nodeCrypto): Case => {
  const chance = chanceOf(Math.imul(seed + 1, 0x9e3779b1));
  const one = CLASSES[seed % CLASSES.length] ?? deciding;
  try {
    return one(chance, room, crypto);
  } catch (thrown) {
    return broken(`nothing throws (${thrown instanceof Error ? thrown.name : "unknown"})`);
  }
};

/** What many cases came to. */
export interface Tally {
  readonly cases: number;
  /** How often each thing was seen. */
  readonly seen: Readonly<Record<string, number>>;
  /** Each broken promise with the seed of its case. */
  readonly broken: readonly string[];
}

/** The cases of the seeds from `first` on. */
export const runCases = (first: number, cases: number, room: Room = shipped): Tally => {
  const seen: Record<string, number> = {};
  const faults: string[] = [];
  for (let seed = first; seed < first + cases; seed += 1) {
    const found = runCase(seed, room);
    for (const thing of found.seen) seen[thing] = (seen[thing] ?? 0) + 1;
    if (found.broken !== null) faults.push(`${found.broken} (seed ${String(seed)})`);
  }
  return { cases, seen, broken: faults };
};
