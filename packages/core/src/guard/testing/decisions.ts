import { Digest } from "@moltbot/contracts";
import type { DecisionInput, Readers, ResolvedResource, ToolCall, Verdict } from "@moltbot/contracts";
import { argumentsProblem } from "../check-arguments.ts";
import { manifestOf } from "./house.ts";
import { START } from "./ports.ts";

export const DIGEST = Digest.parse("a".repeat(64));

/** What a decision about this call would look at when nothing is granted, said, forbidden, spent or stopped. */
export const inputOf = (call: ToolCall, change: Partial<DecisionInput> = {}): DecisionInput => ({
  call,
  manifest: manifestOf(call.tool),
  problem: argumentsProblem(manifestOf(call.tool), call.arguments),
  resources: [],
  capabilities: [],
  usage: [],
  approvals: [],
  stated: [],
  turnIsPlanned: false,
  policy: { version: "none", forbidden: [] },
  budgets: [],
  stopped: false,
  mayAsk: true,
  stepUp: false,
  epoch: 1,
  now: START,
  digest: DIGEST,
  ...change,
});

/** A verdict in two words. */
export const say = (verdict: Pick<Verdict, "kind" | "rule">): string => `${verdict.kind} ${verdict.rule}`;

const withReaders = (readers: Readers | undefined) => (readers === undefined ? {} : { readers });

export const hostOf = (value: string, readers?: Readers): ResolvedResource => ({
  argument: "url",
  kind: "host",
  value,
  refusal: null,
  ...withReaders(readers),
});

/** A program that a call starts, with the hosts that it may reach. */
export const programOf = (program: string, ...hosts: readonly string[]): readonly ResolvedResource[] => [
  { argument: "argv", kind: "executable", value: program, refusal: null },
  ...hosts.map((value) => ({ ...hostOf(value, "public"), argument: "network" })),
];

export const recipientOf = (value: string, readers?: Readers): ResolvedResource => ({
  argument: "to",
  kind: "recipient",
  value,
  refusal: null,
  ...withReaders(readers),
});
