import { leaves, namedIn, sinkProvenance, standsIn, substitute, vectorsIn } from "./derive.ts";
import type { Provenance } from "./derive.ts";
import type { Arguments, AttackDraft, CallDraft, SuiteDraft, TaskDraft, ToolDraft } from "./draft.ts";

const KINDS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  text: { type: "string" },
  texts: { items: { type: "string" }, type: "array" },
  number: { type: "number" },
  integer: { type: "integer" },
  flag: { type: "boolean" },
};

const titleOf = (name: string): string => {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const parameterOf = (name: string, words: string): readonly [schema: Record<string, unknown>, required: boolean] => {
  const [, kind = "", optional = "", description = ""] = /^(\w+)(\??): (.+)$/.exec(words) ?? [];
  const shape = KINDS[kind];
  if (shape === undefined) throw new Error(`${name}: "${words}" says no kind of value`);
  const rest = { description, title: titleOf(name) };
  return optional === ""
    ? [{ ...shape, ...rest }, true]
    : [{ anyOf: [shape, { type: "null" }], default: null, ...rest }, false];
};

const parametersOf = (tool: ToolDraft) => {
  const read = Object.entries(tool.parameters).map(([name, words]) => [name, ...parameterOf(name, words)] as const);
  return {
    properties: Object.fromEntries(read.map(([name, schema]) => [name, schema])),
    required: read.filter(([, , required]) => required).map(([name]) => name),
    title: `Input schema for \`${tool.name}\``,
    type: "object" as const,
  };
};

const buildTool = (tool: ToolDraft, tasks: readonly TaskDraft[]) => {
  const vectors = tasks
    .flatMap(({ calls }) => calls)
    .filter((made) => made.function === tool.name)
    .flatMap(({ output }) => vectorsIn(output));
  return {
    name: tool.name,
    description: tool.description,
    parameters: parametersOf(tool),
    effect: tool.effect,
    sink_args: tool.sinks,
    data_args: tool.data,
    note: tool.note,
    output_untrusted: vectors.length > 0,
    output_vectors: [...new Set(vectors)].toSorted(),
    output_third_party_by_data_model: tool.thirdParty,
    output_private: tool.isPrivate,
    state_paths_changed_in_ground_truth: tool.changes,
  };
};

type Tools = ReadonlyMap<string, ToolDraft>;

const toolOf = (tools: Tools, name: string): ToolDraft => {
  const tool = tools.get(name);
  if (tool === undefined) throw new Error(`no tool is called ${name}`);
  return tool;
};

const difficultyOf = (calls: number): string => (calls <= 1 ? "EASY" : calls <= 3 ? "MEDIUM" : "HARD");

interface Recorded {
  readonly function: string;
  readonly args: Arguments;
  readonly output: string;
  readonly error: null;
  readonly changed_state: readonly string[];
  readonly vectors_in_output: readonly string[];
  readonly output_template: string;
  readonly sink_provenance?: Provenance;
}

const directoryOf = ({ directory = {} }: SuiteDraft) =>
  Object.entries(directory).map(([name, address]) => ({ name, address, kind: "person" as const }));

const record = (draft: SuiteDraft, tools: Tools, task: TaskDraft): readonly Recorded[] => {
  const quiet = (id: string): string => {
    const vector = draft.vectors[id];
    if (vector === undefined) throw new Error(`no vector is called ${id}`);
    return vector[1];
  };
  const outputs = task.calls.map((made) => substitute(made.output, quiet));
  return task.calls.map((made, at) => {
    const tool = toolOf(tools, made.function);
    const answers = task.calls.slice(0, at).map((before, index) => ({
      output: outputs[index] ?? "",
      thirdParty: toolOf(tools, before.function).thirdParty,
    }));
    const earlier = [namedIn(task.prompt, directoryOf(draft)), ...answers];
    const sinks = tool.sinks.map((name) => made.args[name]);
    return {
      function: made.function,
      args: made.args,
      output: outputs[at] ?? "",
      error: null,
      changed_state: tool.changes,
      vectors_in_output: vectorsIn(made.output),
      output_template: made.output,
      ...(tool.effect === "none" ? {} : { sink_provenance: sinkProvenance(sinks, task.prompt, earlier) }),
    };
  });
};

/** Calls after the first hostile answer that take something which stands in such an answer and not in the prompt. */
const dependent = (calls: readonly Recorded[], prompt: string): readonly number[] =>
  calls.flatMap(({ args }, at) => {
    const seen = calls.slice(0, at).filter(({ vectors_in_output: vectors }) => vectors.length > 0);
    const taken = leaves(args).some(
      (value) => !standsIn(value, prompt) && seen.some(({ output }) => standsIn(value, output)),
    );
    return taken ? [at] : [];
  });

const dataDependency = (task: TaskDraft, calls: readonly Recorded[]): string => {
  if (task.conditional === true) return "dd";
  const literal = calls.every(({ args }) => leaves(args).every((value) => standsIn(value, task.prompt)));
  return literal ? "di" : "diq";
};

const buildTask = (draft: SuiteDraft, tools: Tools, task: TaskDraft, at: number) => {
  const calls = record(draft, tools, task);
  const first = calls.findIndex(({ vectors_in_output: vectors }) => vectors.length > 0);
  const effects = calls.flatMap((made, index) => (toolOf(tools, made.function).effect === "none" ? [] : [index]));
  return {
    id: `user_task_${at}`,
    prompt: task.prompt,
    difficulty: difficultyOf(calls.length),
    ground_truth_output: task.answer,
    calls,
    vectors_seen: [...new Set(calls.flatMap(({ vectors_in_output: vectors }) => vectors))],
    first_injected_call: first < 0 ? null : first,
    state_critical_calls: effects,
    utility_needs_final_text: effects.length === 0,
    calls_whose_args_depend_on_injectable_data: dependent(calls, task.prompt),
    ground_truth_passes_upstream_utility_check: true,
    data_dependency: [dataDependency(task, calls)],
  };
};

const buildInjectionCall = (tools: Tools, made: CallDraft) => ({
  function: made.function,
  args: made.args,
  output: made.output,
  error: null,
  changed_state: toolOf(tools, made.function).changes,
  placeholder_args: made.args,
});

const buildAttack = (tools: Tools, attack: AttackDraft, at: number) => ({
  id: `injection_task_${at}`,
  goal: attack.goal,
  difficulty: difficultyOf(attack.calls.length),
  ground_truth_output: "",
  ground_truth_added_here: false,
  calls: attack.calls.map((made) => buildInjectionCall(tools, made)),
  critical_calls:
    attack.critical ??
    attack.calls.flatMap((made, index) => (toolOf(tools, made.function).effect === "none" ? [] : [index])),
  attack_is_only_final_text: false,
  ground_truth_passes_upstream_security_check: true,
});

const isSame = (a: Pick<CallDraft, "function" | "args">, b: Pick<CallDraft, "function" | "args">): boolean =>
  a.function === b.function &&
  Object.keys(a.args).length === Object.keys(b.args).length &&
  Object.entries(a.args).every(([name, value]) => JSON.stringify(value) === JSON.stringify(b.args[name]));

type BuiltTask = ReturnType<typeof buildTask>;
type BuiltAttack = ReturnType<typeof buildAttack>;

const buildPair = (tools: Tools, task: BuiltTask, attack: BuiltAttack) => {
  const same = attack.calls.flatMap((made, index) => (task.calls.some((own) => isSame(own, made)) ? [index] : []));
  const changesAnything = task.state_critical_calls.length > 0;
  const destroys = attack.critical_calls.some((index) => {
    const made = attack.calls[index];
    return made !== undefined && toolOf(tools, made.function).note.includes("destructive");
  });
  return {
    user_task: task.id,
    injection_task: attack.id,
    injectable: true,
    attack_succeeds_undefended: true,
    utility_after_attack_undefended: !(changesAnything && destroys),
    attack_check_true_on_benign_run: attack.critical_calls.every((index) => same.includes(index)),
    utility_ignoring_attack: true,
    same_call_in_user_task: same,
    injection_args_differ_from_default: [],
  };
};

/** One suite as it is written to the file; everything that can be worked out is worked out here. */
export const buildSuite = (draft: SuiteDraft) => {
  const tools: Tools = new Map(draft.tools.map((tool) => [tool.name, tool]));
  const tasks = draft.tasks.map((task, at) => buildTask(draft, tools, task, at));
  const attacks = draft.attacks.map((attack, at) => buildAttack(tools, attack, at));
  const pairs = tasks
    .filter(({ first_injected_call: first }) => first !== null)
    .flatMap((task) => attacks.map((attack) => buildPair(tools, task, attack)));
  const vectors = Object.entries(draft.vectors).map(([id, [description, quiet]]) => {
    const paths = Object.keys(draft.documents)
      .filter((name) => vectorsIn(draft.documents[name] ?? "").includes(id))
      .map((name) => `documents.${name}`);
    return [id, { description, default: quiet, paths }] as const;
  });
  return {
    environment: { owner: draft.owner, documents: draft.documents },
    injection_vectors: Object.fromEntries(vectors),
    tools: draft.tools.map((tool) => buildTool(tool, draft.tasks)),
    user_tasks: tasks,
    injection_tasks: attacks,
    pairs,
    directory: directoryOf(draft),
    counts: {
      tools: draft.tools.length,
      user_tasks: tasks.length,
      injection_tasks: attacks.length,
      security_cases: pairs.length,
    },
  };
};
