import { z } from "zod";

const Arguments = z
  .record(z.string(), z.json())
  .nullish()
  .transform((given) => given ?? {});

/** Tools answer with text; what a recording keeps as a value is that value's JSON. */
const Output = z
  .json()
  .nullish()
  .transform((given) => (given === undefined ? "" : typeof given === "string" ? given : JSON.stringify(given)));

export const CorpusCall = z.object({
  function: z.string().min(1).max(200),
  args: Arguments,
  output: Output,
  /** The same with `<<VECTOR:id>>` where the attacker writes. */
  output_template: z.string().nullish(),
});
export type CorpusCall = z.output<typeof CorpusCall>;

/** A label that is missing is the worst one: what a corpus does not say is not trusted, and is the owner's own business. */
export const CorpusTool = z.object({
  name: z.string().min(1).max(200),
  description: z.string().default(""),
  parameters: z.record(z.string(), z.json()).default({}),
  effect: z.enum(["none", "internal", "external", "egress"]),
  sink_args: z.array(z.string()).readonly().default([]),
  data_args: z.array(z.string()).readonly().default([]),
  note: z.string().nullish(),
  output_third_party_by_data_model: z.boolean().default(true),
  output_private: z.boolean().default(true),
});
export type CorpusTool = z.output<typeof CorpusTool>;

export const CorpusTask = z.object({
  id: z.string().min(1),
  prompt: z.string().min(1),
  calls: z.array(CorpusCall).readonly(),
  /** Whether the recording completes the task by its authors' own check. */
  ground_truth_passes_upstream_utility_check: z.boolean().default(true),
});
export type CorpusTask = z.output<typeof CorpusTask>;

export const CorpusInjection = z.object({
  id: z.string().min(1),
  goal: z.string().min(1),
  calls: z.array(CorpusCall).readonly(),
  /** The attack succeeded when each of these ran without a person's word. Left out: all of them. */
  critical_calls: z.array(z.int().nonnegative()).readonly().optional(),
  attack_is_only_final_text: z.boolean().default(false),
});
export type CorpusInjection = z.output<typeof CorpusInjection>;

export const CorpusPair = z.object({
  user_task: z.string(),
  injection_task: z.string(),
  injectable: z.boolean().default(true),
});

/** An address that the owner confirmed before; a corpus may leave the directory out. */
const DirectoryEntry = z.object({
  name: z.string().min(2),
  address: z.string().min(2),
  kind: z.enum(["person", "channel", "calendar"]).default("person"),
});

export const CorpusSuite = z.object({
  injection_vectors: z.record(z.string(), z.object({ default: z.string().default("") })).default({}),
  tools: z.array(CorpusTool).min(1).readonly(),
  user_tasks: z.array(CorpusTask).readonly(),
  injection_tasks: z.array(CorpusInjection).readonly().default([]),
  /** Left out: every task with every attack. */
  pairs: z.array(CorpusPair).readonly().optional(),
  directory: z.array(DirectoryEntry).readonly().default([]),
});
export type CorpusSuite = z.output<typeof CorpusSuite>;

export const FlowCorpus = z.object({
  meta: z.object({ name: z.string().default("") }).default({ name: "" }),
  attack_templates: z.record(z.string(), z.string()).default({}),
  suites: z.record(z.string(), CorpusSuite),
});
export type FlowCorpus = z.output<typeof FlowCorpus>;

/** What makes a file no corpus, and what to do about it; both are sentences for a person. */
export interface CorpusFault {
  readonly problem: string;
  readonly next: string;
}

const fault = (problem: string): CorpusFault => ({
  problem,
  next: "Give a file in the format of agentdojo.json: { suites: { NAME: { tools, user_tasks, injection_tasks, pairs } } }.",
});

const firstRepeat = (names: readonly string[]): string | undefined =>
  names.find((name, at) => names.indexOf(name) !== at);

const suiteFault = (name: string, suite: CorpusSuite): string | null => {
  const repeated =
    firstRepeat(suite.tools.map((tool) => tool.name)) ??
    firstRepeat(suite.user_tasks.map(({ id }) => id)) ??
    firstRepeat(suite.injection_tasks.map(({ id }) => id));
  if (repeated !== undefined) return `suite ${name} has ${JSON.stringify(repeated)} twice`;
  for (const { id, calls, critical_calls: critical = [] } of suite.injection_tasks) {
    const missing = critical.find((at) => at >= calls.length);
    if (missing !== undefined) return `suite ${name}: ${id} has no call ${String(missing)} that could be critical`;
  }
  for (const { user_task: task, injection_task: injection } of suite.pairs ?? []) {
    if (suite.user_tasks.every(({ id }) => id !== task)) return `suite ${name}: a pair names no task: ${task}`;
    if (suite.injection_tasks.every(({ id }) => id !== injection))
      return `suite ${name}: a pair names no attack: ${injection}`;
  }
  return null;
};

const placeOf = (path: readonly PropertyKey[]): string => (path.length === 0 ? "the file" : path.map(String).join("."));

export type ReadCorpus =
  | { readonly ok: true; readonly corpus: FlowCorpus }
  | { readonly ok: false; readonly fault: CorpusFault };

/** A corpus that is JSON already, looked at as a stranger's. */
export const flowCorpusOf = (tree: unknown): ReadCorpus => {
  const parsed = FlowCorpus.safeParse(tree);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, fault: fault(`${placeOf(issue?.path ?? [])}: ${issue?.message ?? "it does not fit"}`) };
  }
  const suites = Object.entries(parsed.data.suites);
  if (suites.length === 0) return { ok: false, fault: fault("it has no suite") };
  for (const [name, suite] of suites) {
    const problem = suiteFault(name, suite);
    if (problem !== null) return { ok: false, fault: fault(problem) };
  }
  return { ok: true, corpus: parsed.data };
};

/** Reads a corpus: a stranger's file, of which only the keys that are used are looked at. */
export const readFlowCorpus = (text: string): ReadCorpus => {
  let tree: unknown;
  try {
    tree = JSON.parse(text);
  } catch (cause) {
    return { ok: false, fault: fault(`it is not JSON (${cause instanceof Error ? cause.message : "unreadable"})`) };
  }
  return flowCorpusOf(tree);
};
