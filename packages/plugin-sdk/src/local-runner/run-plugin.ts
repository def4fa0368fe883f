import type { Plugin } from "../define-plugin.ts";
import type { Host } from "../host.ts";
import type { Json, JsonObject } from "../json.ts";
import type { HearableEvent, PluginManifest } from "../manifest.ts";
import { problemWithArguments } from "./check-arguments.ts";
import { heldHost } from "./held-host.ts";
import type { Asked, Notes, Occasion, Surroundings } from "./held-host.ts";
import { hostOf } from "./held-http.ts";
import type { PreparedAnswer } from "./held-http.ts";
import { passed } from "./plain-json.ts";
import { CallEnded } from "./refusal.ts";

const MOST_WORDS = 1_000;

/** What a plugin is run with. */
export interface RunSetting {
  /** plugin.json, parsed. `plugin pack` judges whether it is one; here it is believed. */
  readonly manifest: PluginManifest;
  /** What web requests are answered; one that is not here is FETCH_FAILED. Nothing is dialled. */
  readonly answers?: readonly PreparedAnswer[];
  /** What its box holds at the beginning. */
  readonly kept?: Readonly<Record<string, Json>>;
  /** Names of the secrets that the owner keeps, otherwise all of the manifest's; one that is not here is SECRET_NOT_FOUND. */
  readonly secrets?: readonly string[];
  /** Hosts that the owner chose, where the permission `http` says `chosen`; otherwise those of the answers. */
  readonly hosts?: readonly string[];
  /** Tools of the house, by their names. */
  readonly tools?: Readonly<Record<string, (args: JsonObject) => string>>;
}

/** What a call came to. */
export interface RunReport {
  readonly ok: boolean;
  /** What the tool gave back; null where it failed. */
  readonly result: Json;
  /** Why it failed: the house's code, or PLUGIN_FAILED with the plugin's own words. */
  readonly problem: { readonly code: string; readonly says: string } | null;
  readonly asked: readonly Asked[];
  readonly logged: readonly string[];
}

/** A plugin under test, with a box that stays between its calls. */
export interface RunningPlugin {
  call(tool: string, args?: JsonObject): Promise<RunReport>;
  hear(name: HearableEvent, at: string): Promise<RunReport>;
  /** What its box holds now. */
  kept(): Readonly<Record<string, Json>>;
}

/**
 * Runs a plugin in this very process, before a host that holds it to its manifest. It is no sandbox: the plugin has everything that Node
 * has, and neither its memory nor its processor time is limited. Run your own code with it, and strangers' never:
 * `./moltbot plugin test` runs the same cases behind the wall.
 */
export const runPlugin = (plugin: Plugin, setting: RunSetting): RunningPlugin => {
  const { manifest } = setting;
  let handles = 0;
  const around: Surroundings = {
    manifest,
    answers: setting.answers ?? [],
    kept: new Map(Object.entries(setting.kept ?? {}).map(([key, value]) => [key, passed(value).value])),
    secrets: setting.secrets ?? secretsOf(manifest),
    hosts: setting.hosts ?? (setting.answers ?? []).map(({ url }) => hostOf(url)),
    tools: setting.tools ?? {},
    newHandle: () => `handle-${String((handles += 1))}`,
  };
  const run = async (occasion: Occasion, work: (host: Host) => unknown): Promise<RunReport> => {
    const { promise: ended, reject: end } = Promise.withResolvers<never>();
    const notes: Notes = { asked: [], logged: [], end };
    const { seconds = 15, outputBytes = 32_768 } = manifest.limits ?? {};
    const timer = setTimeout(() => end(pastLimit(`${String(seconds)} seconds`)), seconds * 1_000);
    const { asked, logged } = notes;
    try {
      const answer = await Promise.race([Promise.resolve(heldHost(around, notes, occasion)).then(work), ended]);
      const { value, bytes } = passed(answer);
      if (bytes > outputBytes) throw pastLimit(`${String(outputBytes)} bytes of an answer`);
      return { ok: true, result: value, problem: null, asked, logged };
    } catch (thrown) {
      const problem = problemOf(thrown);
      if (!(thrown instanceof CallEnded)) logged.push(String(thrown).slice(0, MOST_WORDS));
      return { ok: false, result: null, problem, asked, logged };
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    call: (name, args = {}) =>
      run("call", (host) => {
        const tool = manifest.tools.find((one) => one.name === name);
        if (tool === undefined) throw new CallEnded("TOOL_UNKNOWN", `There is no tool called ${name}.`);
        const given = passed(args).value as JsonObject; // an object stays one
        const problem = problemWithArguments(tool.input, given);
        if (problem !== null) throw new CallEnded("TOOL_ARGUMENTS_INVALID", problem);
        const work = Object.hasOwn(plugin.tools, name) ? plugin.tools[name] : undefined;
        if (work === undefined) throw new CallEnded("PLUGIN_FAILED", `main.js has no tool ${name}`);
        return work(given, host);
      }),
    hear: (name, at) =>
      run("event", (host) => {
        const events = manifest.permissions?.find((one) => one.kind === "events");
        if (events?.hears.includes(name) !== true) throw new CallEnded("PLUGIN_MAY_NOT", `hear ${name}`);
        return plugin.events?.[name]?.({ name, at }, host);
      }),
    kept: () => Object.fromEntries(around.kept),
  };
};

const pastLimit = (limit: string): CallEnded => new CallEnded("PLUGIN_LIMIT", limit);

const secretsOf = ({ permissions = [] }: PluginManifest): readonly string[] =>
  permissions.flatMap((one) => (one.kind === "secret" ? [one.name] : []));

/** What ended the call is the house's word; what a plugin throws is a stranger's, and stands in the log. */
const problemOf = (thrown: unknown): NonNullable<RunReport["problem"]> =>
  thrown instanceof CallEnded
    ? { code: thrown.code, says: thrown.message }
    : { code: "PLUGIN_FAILED", says: "it threw an error" };
