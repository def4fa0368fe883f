import { label, SOMEBODY } from "@moltbot/contracts";
import type { JsonObject, JsonValue, Label, PrincipalId, Readers, Result, Source } from "@moltbot/contracts";
import type { AskChecks, AskPorts } from "./asks/ask-handler.ts";
import { answerAsk } from "./asks/answer-ask.ts";
import { inNumbers } from "./limit-in-numbers.ts";
import type { Belonging, LiveCall } from "./live-call.ts";
import type { PluginToRun } from "./plugin-host.ts";
import type { HostAnswer, HostAsk, PluginProcess } from "./process-port.ts";
import { failed, mayNot, stopped } from "./refusals.ts";

/** Beyond these the names are given up, and somebody unknown stands for all of them. */
const MOST_SOURCES = 200;

/** A call to come: everything of it but what only its instance can know. */
export type CallToMake = Pick<LiveCall, "scope" | "run" | "hosts"> & {
  readonly kind: "tool" | "event";
  readonly name: string;
  readonly args: JsonObject;
  readonly signal: AbortSignal;
};

/** What came of a call, and whether something went out on its way that may have changed the world. */
export interface CallMade {
  readonly result: Result<JsonValue>;
  readonly changed: boolean;
}

/** One plugin for one person and one set of readers: its process while there is one, and the calls that run in it. */
export interface Instance extends Belonging {
  readonly person: PrincipalId;
  /** Runs one call; PLUGIN_STOPPED as soon as the instance ends. It never rejects. */
  call(wish: CallToMake): Promise<CallMade>;
  /** What the plugin has functions for, by its own word. */
  describe(): ReturnType<PluginProcess["describe"]>;
  /** Answers what the process asks, where it carries the token of a call that runs here now. */
  ask(ask: HostAsk): Promise<HostAnswer>;
  /** Calls that have begun and not ended. */
  readonly running: () => number;
  /** No call goes on, and none begins. */
  stop(): void;
}

export interface InstanceParts {
  readonly ports: AskPorts;
  readonly checks: AskChecks;
  readonly isPluginTool: (name: string) => boolean;
  /** The process as it runs, or a new one. */
  readonly process: () => Promise<Result<PluginProcess>>;
  /** Finds the call that an ask belongs to; handed in so that a test can take the check out. */
  readonly findCall: (live: ReadonlyMap<string, LiveCall>, token: string) => LiveCall | undefined;
}

/** The call with exactly this token, among those that run in this very instance. */
export const callWithToken: InstanceParts["findCall"] = (live, token) => live.get(token);

const createKnowledge = (audience: Readers): Pick<Belonging, "learn" | "label"> => {
  let known = label("untrusted", audience);
  return {
    learn: (sources) => {
      const all = label("untrusted", audience, [...known.sources, ...sources]);
      known = all.sources.length > MOST_SOURCES ? label("untrusted", audience, [SOMEBODY]) : all;
    },
    label: () => known,
  };
};

export const createInstance = (
  parts: InstanceParts,
  plugin: PluginToRun,
  person: PrincipalId,
  audience: Readers,
): Instance => {
  const { name } = plugin.manifest;
  const live = new Map<string, LiveCall>();
  let begun = 0;
  const knowledge = createKnowledge(audience);
  const over = new AbortController();
  /** Threat: whoever waits on one promise of the whole instance is held by it, with all that its calls ever gave back. */
  const untilOver = <T>(begin: () => Promise<Result<T>>): Promise<Result<T>> => {
    const first = Promise.withResolvers<Result<T>>();
    const end = (): void => first.resolve(stopped(name, "it was ended"));
    if (over.signal.aborted) end();
    else {
      over.signal.addEventListener("abort", end, { once: true });
      begin().then(first.resolve, first.reject);
    }
    return first.promise.finally(() => over.signal.removeEventListener("abort", end));
  };
  const belonging: Belonging = { plugin, audience, ...knowledge };

  const runIn = async (process: PluginProcess, wish: CallToMake): Promise<CallMade> => {
    const token = parts.ports.newToken();
    const close = new AbortController();
    const signal = AbortSignal.any([wish.signal, over.signal, close.signal]);
    const used = { asks: 0, bytesOut: 0, emitted: 0, requests: 0 };
    const { scope, run, hosts, kind, args } = wish;
    const call: LiveCall = { of: belonging, scope, run, hosts, signal, handles: new Map(), used, changed: false };
    live.set(token, call);
    try {
      const result = await untilOver(() => process.call({ kind, name: wish.name, args, token, signal }));
      return { result: inNumbers(plugin.manifest, result), changed: call.changed };
    } catch {
      return { result: failed(name, "its process could not be spoken to"), changed: call.changed };
    } finally {
      live.delete(token);
      call.handles.clear();
      close.abort();
    }
  };

  return {
    ...belonging,
    person,
    running: () => begun,
    stop: () => over.abort(),
    call: async (wish) => {
      begun += 1;
      try {
        const process = await untilOver(parts.process);
        return process.ok ? await runIn(process.value, wish) : { result: process, changed: false };
      } catch {
        // Nobody waits for a plugin that hears of an event: what is thrown there would end the gateway.
        return { result: failed(name, "its process could not be started"), changed: false };
      } finally {
        begun -= 1;
      }
    },
    describe: async () => {
      try {
        const process = await untilOver(parts.process);
        return process.ok ? await process.value.describe() : process;
      } catch {
        return failed(name, "its process could not be started");
      }
    },
    ask: async ({ callToken, method, params }) => {
      const { ports, checks, isPluginTool } = parts;
      const call = parts.findCall(live, callToken);
      if (call === undefined) return mayNot(name, "it asks for a call that is over or was never made");
      const answer = await answerAsk({ ports, checks, isPluginTool, call }, { method, params });
      // What came too late was asked for a call that nobody waits for any more.
      return call.signal.aborted ? mayNot(name, "the call is over") : answer;
    },
  };
};

/** Of what a tool of the plugin gives back. */
export const labelOfOutput = (of: Belonging, tool: string): Label =>
  label("untrusted", of.audience, [{ kind: "tool", ref: tool }, ...of.label().sources]);

/** Sources of labels that are not the authority's own: what a plugin was told may come out later. */
export const sourcesToLearn = (labels: readonly Label[]): readonly Source[] =>
  labels.filter(({ integrity }) => integrity !== "authority").flatMap(({ sources }) => sources);
