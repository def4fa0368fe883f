import type { DetailedError } from "@cedar-policy/cedar-wasm/nodejs";
import type { PolicyProblem } from "@moltbot/contracts";
import type { Cedar } from "./cedar.ts";
import { POLICY_SCHEMA } from "./schema.ts";
import { tooDeep } from "./too-deep.ts";

const placed = (before: string, problem: string): PolicyProblem => {
  const lines = before.split("\n");
  return { line: lines.length, column: Array.from(lines.at(-1) ?? "").length + 1, problem };
};

/** The library counts bytes. */
const beforeByte = (text: string, offset: number): string => Buffer.from(text).subarray(0, offset).toString("utf8");

/** The library's own numbers of policies and its preambles say nothing to a reader. */
const inWords = ({ message, help, sourceLocations }: DetailedError): string =>
  [message, ...(sourceLocations?.[0]?.label ? [sourceLocations[0].label] : []), ...(help === null ? [] : [help])]
    .map((part) =>
      part
        .replaceAll(/for policy `policy\d+`, | for Action::"\w+"/g, "")
        .replace(/^failed to parse policies from string: /, "")
        .trim(),
    )
    .join("; ");

const problemOf = (text: string, error: DetailedError): PolicyProblem => {
  const start = error.sourceLocations?.[0]?.start;
  const problem = inWords(error);
  return start === undefined ? { line: null, column: null, problem } : placed(beforeByte(text, start), problem);
};

const noted = ({ line, column, problem }: PolicyProblem): PolicyProblem => ({
  line,
  column,
  problem: `Note: ${problem}`,
});

/** One word per place, in the order of the text: the library says the same once for every action that it concerns. */
const oncePerPlace = (problems: readonly PolicyProblem[]): readonly PolicyProblem[] => {
  const placeOf = ({ line, column, problem }: PolicyProblem): string =>
    line === null ? problem : `${String(line)}:${String(column)}`;
  const first = new Map(problems.toReversed().map((problem) => [placeOf(problem), problem]));
  return [...first.values()].toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
};

/** What keeps a text from being a policy, and what only deserves a word. */
export interface Findings {
  readonly faults: readonly PolicyProblem[];
  readonly notes: readonly PolicyProblem[];
}

/** Parses a text and validates it strictly against our schema. */
export const findingsOf = (cedar: Cedar, text: string): Findings => {
  const deep = tooDeep(text);
  if (deep !== null) return { faults: [placed(text.slice(0, deep.offset), deep.problem)], notes: [] };
  const answer = cedar.validate({
    schema: POLICY_SCHEMA,
    policies: { staticPolicies: text },
    validationSettings: { mode: "strict" },
  });
  if (answer.type === "failure")
    return { faults: oncePerPlace(answer.errors.map((error) => problemOf(text, error))), notes: [] };
  return {
    faults: oncePerPlace(answer.validationErrors.map(({ error }) => problemOf(text, error))),
    notes: oncePerPlace(
      [...answer.validationWarnings.map(({ error }) => error), ...answer.otherWarnings].map((error) =>
        noted(problemOf(text, error)),
      ),
    ),
  };
};

/** A note about a place in the text, given by the text that stands before it. */
export const noteAt = (before: string, problem: string): PolicyProblem => noted(placed(before, problem));
