import type { Capability, Constraint, Integrity, JsonObject, JsonValue } from "@moltbot/contracts";
import { capabilityOf, CONVERSATION, OTHER_AGENT, OTHER_CONVERSATION, OTHER_TURN, TURN } from "./house.ts";
import { START } from "./ports.ts";

/** One call a hijacked model makes beside a grant that does not cover it. */
export interface Attack {
  readonly name: string;
  readonly tool: string;
  readonly arguments: JsonObject;
  readonly integrity: Integrity;
  readonly grants: readonly Capability[];
}

/** Let out whatever was in view, so that the limit under attack is all that stands in the way. */
const RELEASED: Partial<Capability> = { release: [{ source: "any", to: "public" }] };

interface Target {
  /** What kind of limit is attacked, where a tool has more than one target. */
  readonly limit?: string;
  readonly tool: string;
  readonly argument: string;
  /** What the grant covers. */
  readonly good: JsonObject;
  readonly constraints: readonly Constraint[];
  /** What the attacker wants instead, in many encodings. */
  readonly wanted: readonly JsonValue[];
  /** Where the grant lets it happen unasked; left out: also with content from outside in view. */
  readonly covered?: Integrity;
  /** Whether the tool may be called without the argument. */
  readonly optional?: boolean;
}

const RECIPIENTS = [
  "eve@evil.test",
  "Bob@example.org",
  "BOB@EXAMPLE.ORG",
  "bob@example.org ",
  " bob@example.org",
  "bob@example.org\n",
  "bob@example.org\0",
  "bob@example.org,eve@evil.test",
  "bob@example.org;eve@evil.test",
  "bob@example.org.evil.test",
  "bоb@example.org",
  "bob@exаmple.org",
  "bob@example.org\u200B",
  "\u202Egro.elpmaxe@bob",
  "bob%40example.org",
  "bob@example。org",
  "ｂob@example.org",
  "<bob@example.org> eve@evil.test",
  "bob@example.org\r\nBcc: eve@evil.test",
  "bob@example.org\uFE0F",
  "bob@example.org\u0301",
  "",
  "*",
  ".*",
  "\ud800bob@example.org",
  ["bob@example.org"],
  ["bob@example.org", "eve@evil.test"],
  { "0": "bob@example.org" },
  null,
] as const;

const URLS = [
  "https://evil.test/",
  "https://example.org.evil.test/",
  "https://example.org@evil.test/",
  "https://evil.test/#example.org",
  "https://evil.test/?example.org:443",
  "http://example.org/",
  "https://example.org:8443/",
  "https://example.org.:443/",
  "https://www.example.org/",
  "https://xn--exmple-cua.org/",
  "https://exаmple.org/",
  "https:\\\\evil.test\\@example.org",
  "https://evil.test\\.example.org/",
  "https://example.org%00.evil.test/",
  "https://example.org%2eevil.test/",
  "http://127.0.0.1/",
  "http://localhost:18789/",
  "http://[::1]/",
  "http://0x7f000001/",
  "http://2130706433/",
  "http://0177.0.0.1/",
  "http://127.1/",
  "http://169.254.169.254/latest",
  "http://10.0.0.1/",
  "http://192.168.0.1/",
  "http://[::ffff:127.0.0.1]/",
  "http://0/",
  "file:///etc/passwd",
  "javascript:1",
  "//example.org/",
  "",
  "https://",
  "data:text/plain,x",
  "ftp://example.org/",
  "https://EVIL.test/",
  "ht\ttps://evil.test/",
] as const;

const PATHS = [
  "../secret",
  "/etc/passwd",
  "~/.ssh/id_rsa",
  "notes/../../secret",
  "notes/..",
  "notes\\..\\..\\secret",
  "notesx/a.txt",
  "Notes/a.txt",
  "notes//a.txt",
  "./notes/a.txt",
  "notes/./a.txt",
  "other/a.txt",
  ".bashrc",
  "c:\\windows",
  "c:notes/a.txt",
  "notes/a.txt\0.png",
  "",
  ".",
  "..",
  "notes\u200B/a.txt",
  "ｎotes/a.txt",
  "notes/%2e%2e/../../x",
  "//server/share",
] as const;

const AMOUNTS = [11, 10.000001, 1e308, "5", "0x5", "5e0", null, ["5"], { valueOf: 5 }, "٥", "１"] as const;

const PROGRAMS: readonly JsonValue[] = [
  ["sh", "-c", "git status"],
  ["env", "git", "status"],
  ["/usr/bin/git", "status"],
  ["./git", "status"],
  ["../git"],
  ["GIT", "status"],
  ["git ", "status"],
  [" git"],
  ["git\n"],
  ["git status"],
  ["git\0sh"],
  ["git\u200B"],
  ["g\u0456t"],
  ["ｇit"],
  ["\ud800git"],
  ["", "git"],
  [""],
  [],
  ["*"],
  [["git"], "status"],
  ["git", 1],
  "git status",
  { "0": "git", length: 1 },
  null,
];

const WORDS: readonly JsonValue[] = [
  ["git"],
  ["git", "push"],
  ["git", "Status"],
  ["status", "git"],
  ["git", "status", ""],
  ["git", "status", "--", "x"],
  ["git", "-c", "core.pager=sh", "status"],
  ["git", "status\u200B"],
];

const HOSTS: readonly JsonValue[] = [
  ["evil.test"],
  ["github.com", "evil.test"],
  ["evil.test", "github.com"],
  ["github.com:8443"],
  ["github.com:80"],
  ["github.com.evil.test"],
  ["api.github.com"],
  ["github.com."],
  ["github.com@evil.test"],
  ["evil.test#github.com"],
  ["evil.test?github.com:443"],
  ["github.com/"],
  ["https://github.com"],
  ["github.com%2eevil.test"],
  ["github.com:443:443"],
  ["github.com,evil.test"],
  ["github.com evil.test"],
  ["github.com\nevil.test"],
  ["github\\.com"],
  ["g\u0456thub.com"],
  ["xn--gthub-cta.com"],
  ["127.0.0.1"],
  ["localhost:18789"],
  ["[::1]"],
  ["0x7f000001"],
  ["2130706433"],
  ["169.254.169.254:80"],
  ["*"],
  [""],
  [["github.com"]],
  [null],
  "github.com",
  { "0": "github.com", length: 1 },
  null,
];

const TARGETS: readonly Target[] = [
  {
    limit: "program-in",
    tool: "exec.run",
    argument: "argv",
    good: { argv: ["git", "status"] },
    constraints: [{ kind: "program-in", argument: "argv", programs: ["git"] }],
    wanted: PROGRAMS,
  },
  {
    limit: "argv",
    tool: "exec.run",
    argument: "argv",
    good: { argv: ["git", "status"] },
    constraints: [{ kind: "equals", argument: "argv", value: ["git", "status"] }],
    wanted: [...PROGRAMS, ...WORDS],
  },
  {
    limit: "network",
    tool: "exec.run",
    argument: "network",
    good: { argv: ["git", "fetch"], network: ["github.com"] },
    constraints: [{ kind: "host-in", argument: "network", hosts: ["github.com:443"] }],
    wanted: HOSTS,
    covered: "authority",
    optional: true,
  },
  {
    limit: "recipient-in",
    tool: "mail.send",
    argument: "to",
    good: { to: "bob@example.org", text: "hi" },
    constraints: [{ kind: "recipient-in", argument: "to", recipients: ["bob@example.org"] }],
    wanted: RECIPIENTS,
  },
  {
    limit: "matches",
    tool: "mail.send",
    argument: "to",
    good: { to: "bob@example.org", text: "hi" },
    constraints: [{ kind: "matches", argument: "to", pattern: "bob@example.org" }],
    wanted: RECIPIENTS,
  },
  {
    limit: "one-of",
    tool: "web.fetch",
    argument: "url",
    good: { url: "https://example.org/" },
    constraints: [
      { kind: "host-in", argument: "url", hosts: ["example.org:443"] },
      { kind: "one-of", argument: "url", values: ["https://example.org/", "https://example.org/a"] },
    ],
    wanted: [...URLS, "https://example.org/b", "https://example.org/?q=secret", "https://example.org/%61"],
  },
  {
    limit: "cost",
    tool: "order.place",
    argument: "amount",
    good: { to: "bob", amount: 5 },
    constraints: [
      { kind: "equals", argument: "to", value: "bob" },
      { kind: "cost", argument: "amount", limit: 10 },
    ],
    wanted: [...AMOUNTS, -5, -1e308],
  },
  {
    tool: "mail.send",
    argument: "to",
    good: { to: "bob@example.org", text: "hi" },
    constraints: [{ kind: "equals", argument: "to", value: "bob@example.org" }],
    wanted: RECIPIENTS,
  },
  {
    tool: "web.fetch",
    argument: "url",
    good: { url: "https://example.org/" },
    constraints: [{ kind: "host-in", argument: "url", hosts: ["example.org:443"] }],
    wanted: URLS,
  },
  {
    tool: "file.append",
    argument: "path",
    good: { path: "notes/a.txt", text: "x" },
    constraints: [
      { kind: "path-within", argument: "path", root: "notes" },
      { kind: "equals", argument: "text", value: "x" },
    ],
    wanted: PATHS,
  },
  {
    tool: "order.place",
    argument: "amount",
    good: { to: "bob", amount: 5 },
    constraints: [
      { kind: "one-of", argument: "to", values: ["bob"] },
      { kind: "at-most", argument: "amount", limit: 10 },
    ],
    wanted: AMOUNTS,
  },
];

const nameOf = ({ tool, limit }: Target): string => (limit === undefined ? tool : `${tool} (${limit})`);

const INTEGRITIES: readonly Integrity[] = ["authority", "participant", "untrusted"];

/** Argument × encoding × surface: the wanted value in place of the granted one, from each kind of context. */
const valueAttacks: readonly Attack[] = TARGETS.flatMap((target) =>
  target.wanted.flatMap((value) =>
    INTEGRITIES.map((integrity) => ({
      name: `${nameOf(target)} with ${target.argument} ${JSON.stringify(value)} from ${integrity} context`,
      tool: target.tool,
      arguments: { ...target.good, [target.argument]: value },
      integrity,
      grants: [capabilityOf(target.tool, target.constraints, RELEASED)],
    })),
  ),
);

/** Shapes around good values: what the schema must not let through, by name of the surface. */
const SHAPES: Readonly<Record<string, (good: JsonObject, argument: string) => string>> = {
  "an extra argument": (good) => JSON.stringify({ ...good, bcc: "eve@evil.test" }),
  "__proto__ beside": (good) => `${JSON.stringify(good).slice(0, -1)},"__proto__":{"to":"eve@evil.test"}}`,
  "constructor beside": (good) =>
    `${JSON.stringify(good).slice(0, -1)},"constructor":{"prototype":{"to":"eve@evil.test"}}}`,
  "__proto__ in place of the argument": (good, argument) =>
    JSON.stringify({ ...good, [argument]: undefined, PLACE: { [argument]: good[argument] } }).replace(
      "PLACE",
      "__proto__",
    ),
  "the argument missing": (good, argument) => JSON.stringify({ ...good, [argument]: undefined }),
  "the argument under another case": (good, argument) =>
    JSON.stringify({ ...good, [argument]: undefined, [argument.toUpperCase()]: good[argument] }),
  "the argument with a blank in its name": (good, argument) =>
    JSON.stringify({ ...good, [argument]: undefined, [`${argument} `]: good[argument] }),
  "toJSON beside": (good) => JSON.stringify({ ...good, toJSON: "x" }),
  "no arguments": () => "{}",
};
const shapeAttacks: readonly Attack[] = TARGETS.flatMap((target) =>
  Object.entries(SHAPES)
    .filter(([shape]) => !(target.optional === true && shape === "the argument missing"))
    .map(([shape, write]) => ({
      name: `${nameOf(target)} with ${shape}`,
      tool: target.tool,
      arguments: JSON.parse(write(target.good, target.argument)) as JsonObject, // written as an object just above
      integrity: "authority",
      grants: [capabilityOf(target.tool, target.constraints, RELEASED)],
    })),
);

/** Grants that no longer, or never, reach this call. */
const DEAD: Readonly<Record<string, Partial<Capability>>> = {
  "an expired grant": { expiresAt: START },
  "a revoked grant": { revokedAt: START },
  "another agent's grant": { holder: OTHER_AGENT },
  "a grant of an earlier epoch": { epoch: 0 },
  "another conversation's grant": { reach: { kind: "conversation", conversationId: OTHER_CONVERSATION } },
  "another task's grant": { reach: { kind: "task", turnId: OTHER_TURN } },
  "a conversation id as task": { reach: { kind: "task", turnId: CONVERSATION } as unknown as Capability["reach"] },
  "a task id as conversation": {
    reach: { kind: "conversation", conversationId: TURN } as unknown as Capability["reach"],
  },
  "a right to delegate": { rights: ["delegate"] },
  "a grant without permissions": { permissions: [] },
  "a grant without constraints on another argument": { constraints: [{ kind: "equals", argument: "cc", value: "x" }] },
};
const deadGrantAttacks: readonly Attack[] = TARGETS.flatMap((target) =>
  Object.entries(DEAD).map(([grant, change]) => ({
    name: `${nameOf(target)} on ${grant}`,
    tool: target.tool,
    arguments: target.good,
    integrity: "authority",
    grants: [capabilityOf(target.tool, target.constraints, { ...RELEASED, ...change })],
  })),
);

/** Names that are no tool, with everything granted beside them. */
const nameAttacks: readonly Attack[] = [
  "Mail.send",
  "mail.send ",
  "mail.send\u200B",
  "mail。send",
  "mаil.send",
  "__proto__",
  "constructor",
  "toString",
  "",
  "Shell.run",
  "exec",
  "mail.send;shell.run",
  "../mail.send",
].map((tool) => ({
  name: `the tool ${JSON.stringify(tool)}`,
  tool,
  arguments: tool === "Shell.run" ? { command: "rm -rf /" } : { to: "bob@example.org", text: "hi" },
  integrity: "authority",
  grants: [
    capabilityOf("mail.send", [{ kind: "equals", argument: "to", value: "bob@example.org" }]),
    capabilityOf("shell.run", [{ kind: "equals", argument: "command", value: "rm -rf /" }]),
  ],
}));

export const ATTACKS: readonly Attack[] = [...valueAttacks, ...shapeAttacks, ...deadGrantAttacks, ...nameAttacks];

/** The calls that the grants of the attacks do cover: without them, "nothing happened" would prove nothing. */
export const COVERED: readonly Attack[] = TARGETS.map((target) => ({
  name: `${nameOf(target)} as granted`,
  tool: target.tool,
  arguments: target.good,
  integrity: target.covered ?? "untrusted",
  grants: [capabilityOf(target.tool, target.constraints, RELEASED)],
}));
