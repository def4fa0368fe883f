import { err, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, JsonValue, Result } from "@moltbot/contracts";
import type { PluginToRun } from "../plugin-host.ts";
import type {
  HostAnswer,
  HostMethod,
  PluginCallWish,
  PluginProcess,
  ProcessHooks,
  Processes,
} from "../process-port.ts";

/** What code of a plugin may do in these tests: everything that a broken worker could. */
export interface Inside {
  readonly wish: PluginCallWish;
  /** Variables of the plugin, which live as long as its process. */
  readonly memory: Map<string, JsonValue>;
  readonly ask: (method: HostMethod, params: JsonObject, token?: string) => Promise<HostAnswer>;
  readonly log: (text: string) => void;
}

/** Plugin code, as a function of the test. */
export type Act = (inside: Inside) => Promise<Result<JsonValue>>;

/** Processes that are objects of the test. */
export interface FakeProcesses extends Processes {
  /** Runs for every call; replaced by each test. */
  act: Act;
  /** Events that a plugin says it has functions for. */
  handlers: readonly string[];
  /** Tools that a plugin says it has functions for; null: those of its manifest. */
  tools: readonly string[] | null;
  /** What it writes while it is being started, before that fails. */
  lastWords: string | null;
  /** Why none can be started; null: they can. */
  problem: Result<never> | null;
  readonly keys: () => readonly string[];
  readonly started: () => number;
}

export const fakeProcesses = (): FakeProcesses => {
  const running = new Map<string, { readonly plugin: string; readonly process: PluginProcess }>();
  let started = 0;
  const begin = ({ manifest }: PluginToRun, hooks: ProcessHooks): PluginProcess => {
    const memory = new Map<string, JsonValue>();
    started += 1;
    return {
      call: (wish) =>
        fake.act({
          wish,
          memory,
          log: (text) => hooks.log(text),
          ask: (method, params, token = wish.token) =>
            hooks.ask({ callToken: token, method, params, signal: wish.signal }),
        }),
      describe: async () => ok({ tools: fake.tools ?? manifest.tools.map(({ name }) => name), events: fake.handlers }),
      residentBytes: () => 0,
      end: async () => undefined,
    };
  };
  const fake: FakeProcesses = {
    act: async () => ok(null),
    handlers: [],
    tools: null,
    lastWords: null,
    problem: null,
    keys: () => [...running.keys()],
    started: () => started,
    of: async (key, plugin: PluginToRun, _person, hooks) => {
      if (fake.problem !== null) return fake.problem;
      const known = running.get(key);
      if (known !== undefined) return ok(known.process);
      const process = begin(plugin, hooks);
      running.set(key, { plugin: plugin.manifest.name, process });
      return ok(process);
    },
    once: async (plugin, hooks) => {
      if (fake.lastWords !== null) hooks.log(fake.lastWords);
      return fake.problem ?? ok(begin(plugin, hooks));
    },
    end: async (key) => void running.delete(key),
    running: (plugin) => [...running.values()].filter((one) => one.plugin === plugin).length,
    forget: () => undefined,
  };
  return fake;
};

/** How a process tells that code of a plugin threw something. */
export const threw = (problem: string): Result<never> =>
  err(moltbotError("PLUGIN_FAILED", { plugin: "weather", problem }));
