import type { JsonValue, PluginTrialReport } from "@moltbot/contracts";
import type { Expected } from "./trial-file.ts";

const isObject = (value: JsonValue): value is Readonly<Record<string, JsonValue>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

const at = (path: string, says: string): string => (path === "" ? says : `${path}: ${says}`);

/** Where what came differs from what is wanted; null where all that is wanted is there. Lists must be as long as wanted. */
export const missingIn = (came: JsonValue | undefined, wanted: JsonValue, path = ""): string | null => {
  if (came === undefined) return at(path, "it is missing");
  if (isList(wanted)) {
    if (!isList(came)) return at(path, `${JSON.stringify(came)} is no list`);
    if (came.length !== wanted.length)
      return at(path, `${String(came.length)} items, and ${String(wanted.length)} are expected`);
    return (
      wanted
        .map((one, index) => missingIn(came[index], one, `${path}[${String(index)}]`))
        .find((one) => one !== null) ?? null
    );
  }
  if (isObject(wanted)) {
    if (!isObject(came)) return at(path, `${JSON.stringify(came)} is no object`);
    const problems = Object.entries(wanted).map(([name, one]) =>
      missingIn(Object.hasOwn(came, name) ? came[name] : undefined, one, path === "" ? name : `${path}.${name}`),
    );
    return problems.find((one) => one !== null) ?? null;
  }
  return Object.is(came, wanted)
    ? null
    : at(path, `${JSON.stringify(came)}, and ${JSON.stringify(wanted)} is expected`);
};

const parsed = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text) as JsonValue; // the platform gives nothing else
  } catch {
    return undefined;
  }
};

const failureText = ({ problem }: PluginTrialReport): string =>
  problem === null ? "it failed without a reason" : `${problem.code}: ${problem.says}`;

/** Whether a plugin could not even be loaded, as the house says it: no case can expect that. */
export const isNotLoaded = ({ problem }: PluginTrialReport): boolean =>
  ["it could not be loaded", "while it is loaded"].some((words) => problem?.says.includes(words) === true);

const ofOutcome = ({ ok, code }: Expected, report: PluginTrialReport): readonly string[] => {
  const wanted = ok ?? code === undefined;
  if (report.ok !== wanted)
    return [wanted ? `it failed: ${failureText(report)}` : `it worked, and ${code ?? "a failure"} is expected`];
  if (code === undefined || report.problem?.code === code) return [];
  return [`it failed otherwise than ${code}: ${failureText(report)}`];
};

const ofResult = ({ result, includes }: Expected, report: PluginTrialReport): readonly string[] => {
  // The house hands an error's own words to its author alone, who finds them in the log.
  const said = report.ok ? (report.result ?? "") : [report.problem?.says ?? "", ...report.logged].join("\n");
  const missing = result === undefined || !report.ok ? null : missingIn(parsed(said), result);
  return [
    ...(missing === null ? [] : [`result ${missing}`]),
    ...includes.filter((text) => !said.includes(text)).map((text) => `“${text}” is not in ${said}`),
  ];
};

const ofAsked = ({ asked }: Expected, report: PluginTrialReport): readonly string[] => {
  if (asked === undefined) return [];
  const came = report.asked.map(({ method, says }) => `${method} ${says}`.trim());
  const list = came.length === 0 ? "nothing" : came.join("; ");
  if (typeof asked === "number")
    return came.length === asked ? [] : [`it asked ${String(came.length)} times, not ${String(asked)}: ${list}`];
  const fits = came.length === asked.length && asked.every((begin, index) => came[index]?.startsWith(begin));
  return fits ? [] : [`it asked for ${list}, and ${asked.length === 0 ? "nothing" : asked.join("; ")} is expected`];
};

/** What is not as a case expects, a line each; empty: it passes. */
export const faultsOf = (expect: Expected, report: PluginTrialReport): readonly string[] =>
  isNotLoaded(report)
    ? [failureText(report)]
    : [...ofOutcome(expect, report), ...ofResult(expect, report), ...ofAsked(expect, report)];
