import {
  AgentId,
  CallId,
  CapabilityId,
  ConversationId,
  DecisionId,
  Digest,
  instantOf,
  joinAll,
  label,
  PrincipalId,
  TenantId,
  ToolName,
  TurnId,
} from "@moltbot/contracts";
import type {
  Capability,
  Constraint,
  DecisionInput,
  DecisionRecord,
  Integrity,
  Label,
  ManifestFacts,
} from "@moltbot/contracts";
import { decide } from "@moltbot/core/guard";
import { replay } from "../../packages/core/src/guard/past/replay.ts";
import { median, quantile } from "../result.ts";
import type { Figure } from "../result.ts";
import { measureGuardedCalls } from "./guarded-call.ts";
import { measurePolicy } from "./policy.ts";

const CAPABILITIES = 200;
const VALUES = 1_000;
const VARIANTS = 64;
const WARM_UP = 4_000;
const SAMPLES = 12_000;
const RECORDS = 1_000_000;
const DISTINCT = 1_000;

const idText = (n: number): string => `01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const TENANT = TenantId.parse(idText(1));
const OWNER = PrincipalId.parse(idText(2));
const AGENT = AgentId.parse(idText(3));
const CONVERSATION = ConversationId.parse(idText(4));
const NOW = instantOf(Date.UTC(2026, 10, 22, 12));
const DIGEST = Digest.parse("b".repeat(64));
const [MAIL, SEARCH] = [ToolName.parse("mail.send"), ToolName.parse("memory.search")];

const SEND: ManifestFacts = {
  name: MAIL,
  version: 1,
  title: "Send a mail",
  effect: "send",
  permissions: ["message:send", "net:connect"],
  critical: ["to", "subject"],
  roles: { to: "recipient", subject: "content" },
  undo: "irreversible",
};

const OTHER_TOOLS = Array.from({ length: 19 }, (_unused, n) => ToolName.parse(`tool.number${String(n)}`));

/** Labels as the values of a long task carry them: files, hosts and messages of a few people. */
const labelsOf = (integrity: Integrity, values: number): readonly Label[] =>
  Array.from({ length: values }, (_unused, n) =>
    label(
      n === 0 ? integrity : "authority",
      [OWNER, PrincipalId.parse(idText(0x10 + (n % 5)))],
      [{ kind: (["file", "host", "message"] as const)[n % 3] ?? "file", ref: `source-${String(n)}` }],
    ),
  );

/** What fits the n-th report only, as answers and owners write it. */
const subjectOf = (n: number): Constraint => {
  const report = `the report ${String(n)}`;
  switch (n % 4) {
    case 0:
      return { kind: "one-of", argument: "subject", values: [report, `${report} again`] };
    case 1:
      return { kind: "matches", argument: "subject", pattern: `* report ${String(n)}` };
    default:
      return { kind: "equals", argument: "subject", value: report };
  }
};

/** The first limit holds for every call of the benchmark, so that the second one is looked at too. */
const limitsOf = (n: number): readonly Constraint[] => [
  { kind: "recipient-in", argument: "to", recipients: ["ann@example.org", `person-${String(n)}@example.org`] },
  subjectOf(n),
];

const capabilityOf = (n: number, tool: ToolName): Capability => ({
  id: CapabilityId.parse(idText(0x1000 + n)),
  tenantId: TENANT,
  holder: AGENT,
  tool,
  permissions: SEND.permissions,
  constraints: limitsOf(n),
  rights: ["use"],
  reach: { kind: "always" },
  expiresAt: "never",
  parent: null,
  epoch: 1,
  issuedBy: OWNER,
  issuedAt: NOW,
  revokedAt: null,
  reason: "granted for the benchmark",
});

/** The arguments of a mail. */
type Mail = Readonly<Record<"to" | "subject" | "text", string>>;

const inputOf = (variant: number, held: readonly Capability[], context: Label, given: Mail): DecisionInput => ({
  call: {
    id: CallId.parse(idText(0x5000 + variant)),
    turnId: TurnId.parse(idText(0x6000 + variant)),
    conversationId: CONVERSATION,
    agentId: AGENT,
    authority: OWNER,
    agentChain: [AGENT],
    tool: MAIL,
    arguments: given,
    label: context,
  },
  manifest: SEND,
  problem: null,
  resources: [
    { argument: "to", kind: "recipient", value: given.to, readers: [OWNER], refusal: null },
    { argument: "subject", kind: "value", value: JSON.stringify(given.subject), refusal: null },
  ],
  capabilities: held,
  usage: [],
  approvals: [],
  stated: ["send the report to ann please"],
  policy: { version: "none", forbidden: [] },
  budgets: [{ name: "calls in this turn", limit: 50, used: 3 }],
  stopped: false,
  turnIsPlanned: false,
  mayAsk: true,
  stepUp: false,
  epoch: 1,
  now: NOW,
  digest: DIGEST,
});

const mailOf = (variant: number, subject: string): Mail => ({
  to: "ann@example.org",
  subject,
  text: `The report of day ${String(variant)}, with everything that was asked for. `.repeat(8),
});

interface Setting {
  readonly name: string;
  readonly expected: "allow" | "ask";
  /** The tool of the n-th capability. */
  readonly tool: (n: number) => ToolName;
  readonly subject: string;
}

const ofOthers = (n: number): ToolName => OTHER_TOOLS[n % (OTHER_TOOLS.length + 1)] ?? MAIL;
const LAST = `the report ${String(CAPABILITIES - 1)}`;

/** The capability that covers the call comes last, or none does: every other one is looked at to its last limit. */
const SETTINGS: readonly Setting[] = [
  { name: "of twenty tools", expected: "allow", tool: ofOthers, subject: LAST },
  { name: "all of this tool, the last covers", expected: "allow", tool: () => MAIL, subject: LAST },
  { name: "all of this tool, none covers", expected: "ask", tool: () => MAIL, subject: "something else" },
];

const time = (work: () => unknown): number => {
  const began = performance.now();
  work();
  return (performance.now() - began) * 1_000;
};

const measureSetting = ({ name, expected, tool, subject }: Setting, context: Label): Figure => {
  const held = Array.from({ length: CAPABILITIES }, (_unused, n) => capabilityOf(n, tool(n)));
  const inputs = Array.from({ length: VARIANTS }, (_unused, n) => inputOf(n, held, context, mailOf(n, subject)));
  const samples: number[] = [];
  for (let at = 0; at < WARM_UP + SAMPLES; at += 1) {
    const input = inputs[at % VARIANTS];
    if (input === undefined) continue;
    const taken = time(() => decide(input));
    if (at >= WARM_UP) samples.push(taken);
  }
  for (const input of inputs) {
    const { kind, rule } = decide(input);
    if (kind !== expected) throw new Error(`${name}: ${kind} by ${rule}, where ${expected} was expected`);
  }
  return {
    name: `decide, ${String(CAPABILITIES)} capabilities ${name}, p99`,
    value: quantile(samples, 0.99),
    unit: "µs",
    limit: 50,
    sense: "most",
    scaled: true,
  };
};

/** One decision with many capabilities, over the joined label of many values; and the join itself. */
const measureDecide = (): readonly Figure[] => {
  const labels = labelsOf("untrusted", VALUES);
  const joins = Array.from({ length: 200 }, () => time(() => joinAll(labels)));
  const context = joinAll(labels);
  return [
    ...SETTINGS.map((setting) => measureSetting(setting, context)),
    {
      name: `joining the labels of ${String(VALUES)} values, p50`,
      value: median(joins.slice(50)),
      unit: "µs",
      limit: 5_000,
      sense: "most",
      scaled: true,
    },
  ];
};

/** Decisions as a house records them: a handful of grants of the tool, a few sources, now and then somebody else's words. */
const recordOf = (n: number): string => {
  const tool = n % 7 === 0 ? SEARCH : MAIL;
  const held = Array.from({ length: n % 9 }, (_unused, at) => capabilityOf(at, tool));
  const context = joinAll(labelsOf(n % 3 === 0 ? "untrusted" : "authority", 1 + (n % 6)));
  const input = inputOf(n, held, context, mailOf(n, `the report ${String(n % 12)}`));
  const manifest: ManifestFacts =
    tool === MAIL ? SEND : { ...SEND, name: SEARCH, effect: "read", critical: [], roles: {}, undo: "none" };
  const record: DecisionRecord = {
    id: DecisionId.parse(idText(0x9000 + n)),
    callId: input.call.id,
    turnId: input.call.turnId,
    conversationId: CONVERSATION,
    agentId: AGENT,
    at: NOW,
    kind: "ask",
    rule: "send.untrusted-context",
    code: null,
    input: { ...input, manifest, call: { ...input.call, tool } },
  };
  return JSON.stringify(record);
};

/** A million recorded decisions read and judged again, with one grant revoked and one more held. */
const measureReplay = (): readonly Figure[] => {
  const texts = Array.from({ length: DISTINCT }, (_unused, n) => recordOf(n));
  const change = {
    grant: [capabilityOf(11, MAIL)],
    revoke: new Set<string>([CapabilityId.parse(idText(0x1000))]),
    forbidden: null,
  };
  const kinds = new Map<string, number>();
  const began = performance.now();
  for (let at = 0; at < RECORDS; at += 1) {
    const record = JSON.parse(texts[at % DISTINCT] ?? "null") as DecisionRecord; // written above
    const { kind } = replay(record, change);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  const seconds = (performance.now() - began) / 1_000;
  if (kinds.size < 2) throw new Error("every replayed decision came out the same; that is no past");
  return [{ name: "replay of 1,000,000 decisions", value: seconds, unit: "s", limit: 60, sense: "most", scaled: true }];
};

/** The n-th call of the measure with a policy: no two ask the same question. */
const measured = (n: number): DecisionInput => {
  const held = Array.from({ length: CAPABILITIES }, (_unused, at) => capabilityOf(at, ofOthers(at)));
  return inputOf(n, held, joinAll(labelsOf("untrusted", 20)), mailOf(n, LAST));
};

/** What `guard` measures, one part after the other; a part that needs a database or a policy is another entry. */
const PARTS: readonly (() => readonly Figure[] | Promise<readonly Figure[]>)[] = [
  measureDecide,
  () => measurePolicy(measured),
  measureGuardedCalls,
  measureReplay,
];

/** What permission costs: the decision itself, with a policy, durable around a whole call, and the replay of the past. */
export const measureGuard = async (): Promise<readonly Figure[]> => {
  const figures: Figure[] = [];
  for (const part of PARTS) figures.push(...(await part()));
  return figures;
};
