/**
 * The plan that a careful model would commit for a recorded task before it has read anything: its tools and their order from the
 * recording, and each value as what can be known at that time. For every text inside an argument, the first rule that fits:
 *
 *   1. a choice from the tool's own list (an enum), true, false, null and the empty text are literals;
 *   2. what stands in the prompt as words of its own is a literal, and so is a name or address of the confirmed directory that the
 *      prompt names; but a bare number of up to three digits that names a thing is the number in somebody's list, and is looked
 *      for there first;
 *   3. what follows from the prompt alone is a literal: a date or time that it tells and, in an argument that is not critical,
 *      words that are put together from it;
 *   4. what stands in the recorded answer of an earlier step is a reference to the last such step;
 *   5. everything else is derived text (a summary, an answer) and refers to what was read for it: the last reads of one tool before
 *      the step. Where nothing was read before, it is a literal.
 *
 * A list of which no item is a literal is one reference. `ask` carries a key, by which the scripted reader knows what is asked.
 * The rules look at the task as it is without any attack, and never at where an injection stands.
 */
import type { JsonObject, JsonValue, PlanStep, PlanWish, ToolName } from "@moltbot/contracts";
import { roleOf } from "./argument-role.ts";
import type { CorpusCall, CorpusSuite, CorpusTask, CorpusTool } from "./corpus.ts";
import { couldBeWrittenFrom, isToldBy, standsIn } from "./where-a-value-stands.ts";

/** What a reference of a plan asks for; `value` is what the recording has in its place. */
export interface Asked {
  /** From 1. */
  readonly step: number;
  readonly function: string;
  /** The argument it stands in. */
  readonly argument: string;
  readonly value: JsonValue;
}

export interface RecordedPlan {
  /** Null when the task takes no calls, or more than a plan may hold. */
  readonly wish: PlanWish | null;
  readonly asks: ReadonlyMap<string, Asked>;
}

/** More steps than this are no plan. */
const MOST_STEPS = 40;

const KEY = /⟨(q\d+)⟩/g;

/** The key of a reader's question, the last in its request: a stranger's text before it may hold others. Null when there is none. */
export const keyIn = (text: string): string | null => [...text.matchAll(KEY)].at(-1)?.[1] ?? null;

interface Sources {
  readonly suite: CorpusSuite;
  readonly task: CorpusTask;
  readonly tools: ReadonlyMap<string, CorpusTool>;
}

const isReading = (tool: CorpusTool | undefined): boolean => tool?.effect === "none" || tool?.effect === "egress";

/** Numbers of the steps that a derived text draws on: the last run of reads by one tool before it. */
const readBefore = ({ task, tools }: Sources, step: number): readonly number[] => {
  const last = task.calls.slice(0, step - 1).findLastIndex((call) => isReading(tools.get(call.function)));
  const found = task.calls[last];
  if (found === undefined) return [];
  let first = last;
  while (first > 0 && task.calls[first - 1]?.function === found.function) first -= 1;
  return Array.from({ length: last - first + 1 }, (_, at) => first + at + 1);
};

const holderOf = ({ task }: Sources, step: number, value: string): number | null => {
  const found = task.calls.slice(0, step - 1).findLastIndex(({ output }) => standsIn(value, output));
  return found < 0 ? null : found + 1;
};

const schemaOf = (tool: CorpusTool | undefined, argument: string): JsonValue | undefined => {
  const properties = tool?.parameters["properties"];
  return typeof properties === "object" && properties !== null && !Array.isArray(properties)
    ? (properties as JsonObject)[argument] // no list by the line above
    : undefined;
};

/** The values that a tool lists for an argument, also where its schema refers to a definition. */
const enumsOf = (tool: CorpusTool | undefined, argument: string): readonly string[] => {
  const found: string[] = [];
  const visit = (value: JsonValue, depth: number): void => {
    if (typeof value !== "object" || value === null || depth > 6) return;
    if (Array.isArray(value)) return value.forEach((item: JsonValue) => visit(item, depth + 1));
    const { enum: listed, $ref: ref, ...rest } = value as JsonObject; // no list by the line above
    if (Array.isArray(listed)) found.push(...listed.filter((item: JsonValue) => typeof item === "string"));
    if (typeof ref === "string" && ref.startsWith("#/")) {
      const target = ref
        .slice(2)
        .split("/")
        .reduce<JsonValue | undefined>(
          (at, key) => (typeof at === "object" && at !== null ? (at as JsonObject)[key] : undefined),
          tool?.parameters,
        );
      if (target !== undefined) visit(target, depth + 1);
    }
    Object.values(rest).forEach((item) => visit(item, depth + 1));
  };
  const schema = schemaOf(tool, argument);
  if (schema !== undefined) visit(schema, 0);
  return found;
};

const isInDirectory = ({ suite, task }: Sources, value: string): boolean =>
  suite.directory.some(
    ({ name, address }) =>
      (value === address || value === name) && (standsIn(name, task.prompt) || standsIn(address, task.prompt)),
  );

/** A bare number that names a thing: it stands in many a prompt by chance, such as before a point of a list. */
const isListNumber = (argument: string, value: string): boolean =>
  /^\d{1,3}$/.test(value) && roleOf(argument) === "identifier";

/** Where a text comes from: null for a literal, otherwise the steps that it refers to. */
const originOf = (sources: Sources, step: number, argument: string, value: string): readonly number[] | null => {
  const { task, tools } = sources;
  const tool = tools.get(task.calls[step - 1]?.function ?? "");
  if (value === "" || enumsOf(tool, argument).includes(value)) return null;
  const holder = holderOf(sources, step, value);
  if (isListNumber(argument, value) && holder !== null) return [holder];
  const follows = tool?.sink_args.includes(argument) === true ? isToldBy : couldBeWrittenFrom;
  if (standsIn(value, task.prompt) || isInDirectory(sources, value) || follows(value, task.prompt)) return null;
  if (holder !== null) return [holder];
  const read = readBefore(sources, step);
  return read.length === 0 ? null : read;
};

const draft = (sources: Sources, asks: Map<string, Asked>) => {
  const reference = (step: number, argument: string, from: readonly number[], value: JsonValue): JsonObject => {
    const key = `q${String(asks.size + 1)}`;
    const made = sources.task.calls[step - 1]?.function ?? "";
    asks.set(key, { step, function: made, argument, value });
    const as = Array.isArray(value) ? "texts" : typeof value === "number" ? "number" : "text";
    return { $from: [...from], ask: `What belongs into “${argument}” of step ${String(step)}? ⟨${key}⟩`, as };
  };
  const valueOf = (step: number, argument: string, value: JsonValue): JsonValue => {
    if (typeof value === "string" || typeof value === "number") {
      const from = originOf(sources, step, argument, String(value));
      return from === null ? value : reference(step, argument, from, value);
    }
    if (Array.isArray(value)) return listOf(step, argument, value);
    if (value === null || typeof value === "boolean") return value;
    return Object.fromEntries(
      Object.entries(value as JsonObject).map(([key, item]) => [key, valueOf(step, argument, item)]), // no list by the line above
    );
  };
  const listOf = (step: number, argument: string, values: readonly JsonValue[]): JsonValue => {
    const origins = values.map((item) => (typeof item === "string" ? originOf(sources, step, argument, item) : null));
    return values.length === 0 || origins.includes(null)
      ? values.map((item) => valueOf(step, argument, item))
      : reference(step, argument, [...new Set(origins.flatMap((from) => from ?? []))], values);
  };
  return (call: CorpusCall, step: number, tool: ToolName): PlanStep => ({
    tool,
    arguments: Object.fromEntries(Object.entries(call.args).map(([name, value]) => [name, valueOf(step, name, value)])),
    after: [],
  });
};

/** Works out the plan of a recorded task; `names` are the house's names of the suite's tools. */
export const planFromRecording = (
  suite: CorpusSuite,
  task: CorpusTask,
  names: ReadonlyMap<string, ToolName>,
): RecordedPlan => {
  const asks = new Map<string, Asked>();
  if (task.calls.length === 0 || task.calls.length > MOST_STEPS) return { wish: null, asks };
  const step = draft({ suite, task, tools: new Map(suite.tools.map((tool) => [tool.name, tool])) }, asks);
  const steps = task.calls.flatMap((call, at) => {
    const name = names.get(call.function);
    return name === undefined ? [] : [step(call, at + 1, name)];
  });
  return { wish: steps.length === task.calls.length ? { goal: "", steps } : null, asks };
};

/** Whether nothing in an argument of a plan's step refers to anything. */
export const isLiteral = (value: JsonValue | undefined): boolean => {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return value.every((item: JsonValue) => isLiteral(item));
  return !Object.hasOwn(value, "$from") && Object.values(value as JsonObject).every((item) => isLiteral(item)); // no list by the line above
};
