import type { Plugin } from "../define-plugin.ts";
import type { Json, JsonObject } from "../json.ts";
import type { PluginManifest } from "../manifest.ts";
import type { PreparedAnswer } from "./held-http.ts";
import { runPlugin } from "./run-plugin.ts";
import type { RunReport } from "./run-plugin.ts";

/** What a case expects; all that stands here must hold. */
export interface Expectation {
  /** True where it is left out, and false where `code` is given. */
  readonly ok?: boolean;
  /** What the tool gives back, at least: further fields of objects may stand beside these; lists are as long as here. */
  readonly result?: Json;
  /** Texts that stand in the result's JSON text; where it failed, in the problem's words or in the log. */
  readonly includes?: readonly string[];
  /** The code of the problem. */
  readonly code?: string;
  /** What it asks of the house: how often, or in which order, each by how it begins, such as `http.fetch GET https://`. */
  readonly asked?: number | readonly string[];
}

/** One case of plugin.test.json. */
export interface PluginCase {
  /** A sentence. */
  readonly name: string;
  readonly tool: string;
  readonly arguments?: JsonObject;
  readonly answers?: readonly PreparedAnswer[];
  readonly kept?: Readonly<Record<string, Json>>;
  readonly expect?: Expectation;
}

/** plugin.test.json. */
export interface PluginCases {
  readonly cases: readonly PluginCase[];
}

/** A case, and what about it is not as expected; empty: nothing. */
export interface CaseReport {
  readonly name: string;
  readonly problems: readonly string[];
}

/** What is not as a case expects, a line each; `plugin test` judges alike. */
export const unexpected = (expect: Expectation, report: RunReport): readonly string[] => {
  const said = report.ok ? JSON.stringify(report.result) : [report.problem?.says ?? "", ...report.logged].join("\n");
  const came = report.ok ? said : `${report.problem?.code ?? ""}: ${said}`;
  const ok = expect.ok ?? expect.code === undefined;
  const failsOtherwise = expect.code !== undefined && !report.ok && expect.code !== report.problem?.code;
  const differs = expect.result !== undefined && report.ok && !holds(report.result, expect.result);
  return [
    ...(report.ok === ok ? [] : [`it ${ok ? "failed" : "did not fail"}: ${came}`]),
    ...(failsOtherwise ? [`it failed otherwise than ${expect.code}: ${came}`] : []),
    ...(differs ? [`it gave back ${came}`] : []),
    ...(expect.includes ?? []).filter((text) => !said.includes(text)).map((text) => `“${text}” is missing in ${came}`),
    ...(expect.asked === undefined ? [] : unexpectedAsks(expect.asked, report)),
  ];
};

const unexpectedAsks = (wanted: NonNullable<Expectation["asked"]>, { asked }: RunReport): readonly string[] => {
  const came = asked.map(({ method, says }) => `${method} ${says}`.trim());
  const fits =
    typeof wanted === "number"
      ? came.length === wanted
      : came.length === wanted.length && wanted.every((begin, at) => came[at]?.startsWith(begin));
  return fits ? [] : [`it asked for ${came.length === 0 ? "nothing" : came.join("; ")}`];
};

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Whether all that is wanted is there. */
const holds = (came: Json | undefined, wanted: Json): boolean => {
  if (wanted === null || typeof wanted !== "object") return Object.is(came, wanted);
  if (came === undefined || came === null || typeof came !== "object" || isList(came) !== isList(wanted)) return false;
  const [inside, expected] = [new Map(Object.entries(came)), Object.entries<Json>(wanted)];
  return (
    (!isList(wanted) || inside.size === expected.length) &&
    expected.every(([name, one]) => holds(inside.get(name), one))
  );
};

/** Runs every case of plugin.test.json, each with a box of its own, as `runPlugin` does. */
export const runCases = async (
  plugin: Plugin,
  manifest: PluginManifest,
  { cases }: PluginCases,
): Promise<readonly CaseReport[]> => {
  const reports: CaseReport[] = [];
  for (const one of cases) {
    const report = await runPlugin(plugin, { ...one, manifest }).call(one.tool, one.arguments);
    reports.push({ name: one.name, problems: unexpected(one.expect ?? {}, report) });
  }
  return reports;
};
