import {
  AgentId,
  CallId,
  CapabilityId,
  ConversationId,
  Digest,
  isJsonList,
  label,
  PrincipalId,
} from "@moltbot/contracts";
import { TenantId, ToolName, TurnId } from "@moltbot/contracts";
import type {
  Capability,
  CapabilityReach,
  CapabilityUsage,
  Constraint,
  DecisionInput,
  JsonObject,
  JsonValue,
  ManifestFacts,
  Release,
  ResolvedResource,
  ToolCall,
} from "@moltbot/contracts";
import type { Caveat, DelegationWish } from "../authority/index.ts";
import { MANIFESTS } from "./fake-tools.ts";
import { after, idText, START } from "./ports.ts";

/** Randomness from a seed: the same seed, the same cases. */
export interface Chance {
  /** A whole number from 0 until before `limit`. */
  readonly below: (limit: number) => number;
  /** True in one of so many cases. */
  readonly oneIn: (cases: number) => boolean;
  readonly pick: <T>(items: readonly [T, ...(readonly T[])]) => T;
  /** Some of the items in their order, at least `least`. */
  readonly some: <T>(items: readonly T[], least?: number) => readonly T[];
  readonly list: <T>(most: number, one: () => T) => readonly T[];
}

/** Mulberry32 over the seed. */
export const chanceOf = (seed: number): Chance => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    oneIn: (cases) => below(cases) === 0,
    pick: (items) => items[below(items.length)] ?? items[0],
    some: (items, least = 0) => {
      const kept = items.filter(() => below(2) === 0);
      return kept.length >= least ? kept : items.slice(0, Math.max(least, kept.length));
    },
    list: (most, one) => Array.from({ length: below(most + 1) }, one),
  };
};

const TENANT = TenantId.parse(idText(1));
export const PERSON = PrincipalId.parse(idText(2));
const OTHER_PERSON = PrincipalId.parse(idText(3));
export const HOLDERS = [10, 11, 12].map((n) => AgentId.parse(idText(n)));
const [FIRST = AgentId.parse(idText(10)), SECOND = FIRST] = HOLDERS;
const CONVERSATIONS = [ConversationId.parse(idText(20)), ConversationId.parse(idText(21))] as const;
const TURNS = [TurnId.parse(idText(30)), TurnId.parse(idText(31)), TurnId.parse(idText(32))] as const;
const CALL = CallId.parse(idText(40));
const IDS = Array.from({ length: 16 }, (_unused, n) => CapabilityId.parse(idText(100 + n)));
const DIGEST = Digest.parse("d".repeat(64));
const EPOCH = 1;

/** The n-th id that generated capabilities carry. */
export const capabilityId = (n: number): CapabilityId => IDS[n % IDS.length] ?? CapabilityId.parse(idText(100));

/** The first two turns belong to the first conversation, the third to the second one. */
export const conversationOf = (turnId: TurnId): ConversationId | undefined =>
  turnId === TURNS[2] ? CONVERSATIONS[1] : TURNS.includes(turnId) ? CONVERSATIONS[0] : undefined;

interface Tool {
  readonly name: string;
  readonly given: Readonly<Record<string, readonly [JsonValue, ...(readonly JsonValue[])]>>;
  readonly kind: ResolvedResource["kind"];
  readonly argument: string;
}

const HOSTS = ["a.example:443", "b.example:443", "c.example:80"] as const;
const PEOPLE = ["ann@example.org", "bob@example.org", "eve@evil.test"] as const;
const PATHS = ["a.txt", "notes/a.txt", "notes/deep/b.txt", "other/a.txt"] as const;
const ROOTS = ["", "notes", "notes/deep", "other"] as const;
const PROGRAMS = ["git", "npm", "/bin/ls"] as const;
const RUNS = [["git", "log"], ["npm", "test"], ["/bin/ls"], ["git"]] as const;
const AMOUNTS = [1, 2, 5, 10, 50] as const;
const WORDS = ["tea", "a", "A", "5"] as const;

const TOOLS: readonly [Tool, ...(readonly Tool[])] = [
  { name: "memory.search", given: { query: WORDS }, kind: "value", argument: "query" },
  { name: "web.fetch", given: { url: HOSTS }, kind: "host", argument: "url" },
  { name: "file.append", given: { path: PATHS, text: WORDS }, kind: "path", argument: "path" },
  { name: "mail.send", given: { to: PEOPLE, text: WORDS }, kind: "recipient", argument: "to" },
  { name: "exec.run", given: { argv: RUNS }, kind: "executable", argument: "argv" },
  { name: "order.place", given: { to: PEOPLE, amount: AMOUNTS }, kind: "recipient", argument: "to" },
];

const manifestOf = (name: string): ManifestFacts => {
  const manifest = MANIFESTS.find((one) => one.name === name);
  if (manifest === undefined) throw new Error(`the tests have no tool ${name}`);
  const { version, title, effect, permissions, critical, undo } = manifest;
  return { name: manifest.name, version, title, effect, permissions: [...permissions, "extra:use"], critical, undo };
};

const FACTS: ReadonlyMap<string, ManifestFacts> = new Map(TOOLS.map(({ name }) => [name, manifestOf(name)]));

const factsOf = (name: string): ManifestFacts => FACTS.get(name) ?? manifestOf(name);

export const aTool = (chance: Chance): Tool => chance.pick(TOOLS);

const anyWindow = (chance: Chance): Constraint => ({
  kind: "time-window",
  days: chance.some([0, 1, 2, 3, 4, 5, 6], 1),
  from: chance.pick(["00:00", "09:00", "22:00"]),
  to: chance.pick(["06:00", "17:00", "23:59"]),
  zone: chance.pick(["UTC", "Europe/Berlin"]),
});

const onArgument = (chance: Chance, tool: Tool): Constraint => {
  const [argument, values] = chance.pick(Object.entries(tool.given) as [[string, Tool["given"][string]]]); // each tool has arguments
  const { below, pick, some } = chance;
  if (argument === tool.argument && below(2) === 0) {
    if (tool.kind === "host") return { kind: "host-in", argument, hosts: some(HOSTS, 1) };
    if (tool.kind === "recipient") return { kind: "recipient-in", argument, recipients: some(PEOPLE, 1) };
    if (tool.kind === "executable") return { kind: "program-in", argument, programs: some(PROGRAMS, 1) };
    if (tool.kind === "path") return { kind: "path-within", argument, root: pick(ROOTS) };
  }
  if (argument === "amount" && below(2) === 0) {
    return { kind: pick(["at-most", "cost"]), argument, limit: pick([5, 10, 50, 200]) };
  }
  switch (below(3)) {
    case 0:
      return { kind: "equals", argument, value: pick(values) };
    case 1:
      return { kind: "one-of", argument, values: some(values, 1) };
    default:
      return { kind: "matches", argument, pattern: pick(["*", "a*", "*example*", "*.txt", "tea"]) };
  }
};

/** A limit that fits the tool, more often than not one that its calls can meet. */
export const aConstraint = (chance: Chance, tool: Tool): Constraint => {
  const { below, pick } = chance;
  switch (below(10)) {
    case 0:
      return { kind: "count", limit: pick([1, 3, 10]) };
    case 1:
      return { kind: "rate", limit: pick([1, 3, 10]), seconds: pick([60, 3600]) };
    case 2:
      return { kind: "bytes", limit: pick([10, 60, 500]) };
    case 3:
      return { kind: "reversible", atMost: pick(["none", "undoable", "irreversible"]) };
    case 4:
      return below(3) === 0 ? anyWindow(chance) : onArgument(chance, tool);
    default:
      return onArgument(chance, tool);
  }
};

export const aReach = ({ below, pick }: Chance): CapabilityReach => {
  switch (below(4)) {
    case 0:
      return { kind: "conversation", conversationId: pick(CONVERSATIONS) };
    case 1:
      return { kind: "task", turnId: pick(TURNS) };
    default:
      return { kind: "always" };
  }
};

const anEnd = (chance: Chance): Capability["expiresAt"] =>
  chance.pick(["never", "never", after(1), after(60_000), after(3_600_000), after(-1)]);

const aRelease = (chance: Chance): Release => ({
  source: chance.oneIn(3) ? "any" : { kind: "host", ref: chance.pick(["a", "b"]) },
  to: chance.pick([...PEOPLE, "public"]),
});

const permissionsOf = (chance: Chance, tool: Tool): readonly string[] => {
  const { permissions } = factsOf(tool.name);
  return chance.oneIn(6) ? chance.some(permissions) : permissions;
};

/** A capability for the tool, nearly always in force. */
export const aCapability = (chance: Chance, tool: Tool, change: Partial<Capability> = {}): Capability => ({
  id: capabilityId(0),
  tenantId: TENANT,
  holder: FIRST,
  tool: ToolName.parse(chance.oneIn(30) ? aTool(chance).name : tool.name),
  permissions: permissionsOf(chance, tool),
  constraints: chance.list(3, () => aConstraint(chance, tool)),
  release: chance.list(2, () => aRelease(chance)),
  rights: chance.pick([["use"], ["use", "delegate"], ["delegate", "use"], ["delegate"]]),
  reach: aReach(chance),
  expiresAt: anEnd(chance),
  parent: null,
  epoch: chance.oneIn(30) ? 0 : EPOCH,
  issuedBy: PERSON,
  issuedAt: chance.oneIn(30) ? after(3_600_000) : START,
  revokedAt: chance.oneIn(30) ? START : null,
  reason: "generated",
  ...change,
});

/** What somebody may ask to be handed on; about half of it within the parent. */
export const aWish = (chance: Chance, tool: Tool, parent: Capability): DelegationWish => {
  const wild = chance.oneIn(3);
  return {
    holder: chance.oneIn(10) ? parent.holder : SECOND,
    tool: chance.oneIn(20) ? ToolName.parse(aTool(chance).name) : parent.tool,
    permissions: wild ? permissionsOf(chance, tool) : parent.permissions,
    constraints: chance.list(2, () => aConstraint(chance, tool)),
    release: wild ? chance.list(1, () => aRelease(chance)) : [],
    rights: chance.pick([["use"], ["use", "delegate"], ["delegate"]]),
    reach: wild ? aReach(chance) : parent.reach,
    expiresAt: wild ? anEnd(chance) : parent.expiresAt,
    reason: "handed on",
  };
};

/** One narrowing of a token, of any kind. */
export const aCaveat = (chance: Chance, tool: Tool): Caveat => {
  switch (chance.below(10)) {
    case 0:
      return { kind: "expires", at: after(chance.pick([1, 1, 60_000, 60_000, -1])) };
    case 1:
      return { kind: "holder-is", holder: chance.oneIn(4) ? SECOND : FIRST };
    case 2:
      return { kind: "permissions", permissions: permissionsOf(chance, tool) };
    case 3:
      return { kind: "reach", reach: aReach(chance) };
    case 4:
      return { kind: "tool", tool: ToolName.parse(chance.oneIn(4) ? aTool(chance).name : tool.name) };
    default:
      return { kind: "constraint", constraint: aConstraint(chance, tool) };
  }
};

/** What a capability was used for before; the same under every id that is given. */
const usageOf = (chance: Chance, ids: readonly CapabilityId[]): readonly CapabilityUsage[] => {
  const count = chance.pick([0, 0, 1, 2, 5]);
  const used = {
    count,
    bytes: count * 25,
    amounts: { amount: count * chance.pick([1, 5]) },
    recent: Array.from({ length: count }, (_unused, n) => after(-(n + 1) * chance.pick([1_000, 40_000]))),
  };
  return ids.map((id) => ({ capabilityId: id, ...used }));
};

/** What stands there: the program that a list of words starts, or the value itself. */
const valueOf = (pointed: JsonValue | undefined): string => {
  if (typeof pointed === "string") return pointed;
  return pointed !== undefined && isJsonList(pointed) && typeof pointed[0] === "string"
    ? pointed[0]
    : JSON.stringify(pointed);
};

/** A call of the tool that fits its schema, with everything that a decision looks at and no capability yet. */
export const anInput = (chance: Chance, tool: Tool): DecisionInput & { readonly manifest: ManifestFacts } => {
  const given: JsonObject = Object.fromEntries(
    Object.entries(tool.given).map(([name, values]) => [name, chance.pick(values)]),
  );
  const turnId = chance.pick(TURNS);
  const call: ToolCall = {
    id: CALL,
    turnId,
    conversationId: conversationOf(turnId) ?? CONVERSATIONS[0],
    agentId: FIRST,
    authority: PERSON,
    agentChain: [FIRST],
    tool: tool.name,
    arguments: given,
    label: label(chance.pick(["authority", "participant", "untrusted"]), [PERSON]),
  };
  const pointed = given[tool.argument];
  return {
    call,
    manifest: factsOf(tool.name),
    problem: null,
    resources: [
      {
        argument: tool.argument,
        kind: tool.kind,
        value: valueOf(pointed),
        refusal: null,
        ...(tool.kind === "host" || tool.kind === "recipient"
          ? { readers: chance.oneIn(3) ? [OTHER_PERSON] : [PERSON] }
          : {}),
      },
    ],
    capabilities: [],
    usage: usageOf(chance, IDS.slice(0, 4)),
    approvals: [],
    stated: chance.oneIn(3) ? [`please ${Object.values(given).map(String).join(" ")}`] : [],
    policy: { version: "none", forbidden: chance.oneIn(20) ? ["policy0"] : [] },
    budgets: [],
    stopped: chance.oneIn(40),
    ...(tool.kind === "executable" ? { turnIsPlanned: false } : {}),
    mayAsk: !chance.oneIn(5),
    stepUp: chance.oneIn(5),
    epoch: EPOCH,
    now: START,
    digest: DIGEST,
  };
};

const KEYS = ["a", "b", "to", "__proto__", "constructor", "é", "e\u0301", "\u202E", "", "10", "9"] as const;
const LEAVES = ["1", "1.0", "10e-1", "0", "-0", "1e21", "0.1", '"1"', '""', '"a"', '"\\u0061"', '"é"', '"e\u0301"'];
const OTHERS = ["true", "false", "null", "[]", "{}", '"😀"', '"a\\u202Eb"'];
const SPELLINGS = ["1", ...LEAVES, ...OTHERS] as const;

/** JSON text of a value; its keys in the order that `order` puts them. */
const jsonText = (chance: Chance, depth: number): string => {
  if (depth === 0 || chance.oneIn(3)) return chance.pick(SPELLINGS as unknown as readonly [string, ...string[]]); // it has many
  if (chance.oneIn(2)) return `[${chance.list(3, () => jsonText(chance, depth - 1)).join(",")}]`;
  return objectText(chance, depth - 1);
};

const objectText = (chance: Chance, depth: number): string => {
  const entries = chance.some(KEYS).map((key) => `${JSON.stringify(key)}:${jsonText(chance, depth)}`);
  return `{${entries.join(",")}}`;
};

/** Arguments as a stranger may send them: parsed text, so that keys such as `__proto__` are the object's own. */
export const someArguments = (chance: Chance): JsonObject => JSON.parse(objectText(chance, 2)) as JsonObject; // an object's text

/** The same value with the keys of every object in another order. */
export const turned = (value: JsonValue): JsonValue => {
  if (typeof value !== "object" || value === null) return value;
  if (isJsonList(value)) return value.map(turned);
  const copy: Record<string, JsonValue> = {};
  for (const key of Object.keys(value).toReversed()) {
    const inner = value[key] ?? null;
    Object.defineProperty(copy, key, { value: turned(inner), enumerable: true, configurable: true, writable: true });
  }
  return copy;
};

/** Equality of JSON values, told without any canonical form. */
export const sameJson = (a: JsonValue, b: JsonValue): boolean => {
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) return a === b;
  if (isJsonList(a) || isJsonList(b)) {
    return (
      isJsonList(a) && isJsonList(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i] ?? null))
    );
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key] ?? null, b[key] ?? null))
  );
};
