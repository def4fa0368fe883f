import type { PrincipalId, Result } from "@moltbot/contracts";
import type { Wall } from "../../sandbox/index.ts";
import type { PluginToRun } from "../plugin-host.ts";
import type { PluginProcess, PluginProcessWish, Processes, ProcessHooks, StartProcess } from "../process-port.ts";
import { failed, overLimit } from "../refusals.ts";
import { createRestartBudget } from "./restart-budget.ts";
import type { RestartBudget } from "./restart-budget.ts";
import { TOO_OLD, startPluginProcess } from "./start-plugin-process.ts";
import { findWorkerPlaces } from "./worker-job.ts";

/** What a keeper stands on; tests hand in their own. */
export interface KeeperGround {
  readonly start: StartProcess;
  readonly engine: PluginProcessWish["engine"];
  readonly budget: RestartBudget;
  /** As many processes as run at once. */
  readonly most: number;
  /** A process that ran no call for so long ends. */
  readonly idleMs: number;
}

const MOST = 16;
const IDLE_MS = 5 * 60_000;

/** The isolate where one was built for this runtime, and QuickJS where none was. */
export const keeperGround = (wall: Wall, nodePath: string, workerPath: string): KeeperGround => {
  const places = findWorkerPlaces(nodePath, workerPath);
  return {
    start: async (wish) => startPluginProcess({ wall, ...places }, wish),
    engine: places.addonPath === null ? "quickjs" : "isolate",
    budget: createRestartBudget(() => performance.now()),
    most: MOST,
    idleMs: IDLE_MS,
  };
};

interface Kept {
  readonly plugin: string;
  readonly process: Promise<Result<PluginProcess>>;
  /** Aborted to give up its start. */
  readonly over: AbortController;
  /** Its calls, and its start. */
  running: number;
  isWanted: boolean;
  idle: NodeJS.Timeout | null;
}

/** Keeps one process for each key, starts it when it is first needed, and ends it when nobody needs it or somebody else does more. */
export const createPluginKeeper = ({ start, engine, budget, most, idleMs }: KeeperGround): Processes => {
  /** The longest unused first. */
  const kept = new Map<string, Kept>();
  /** Those that nobody is given any more, until they are gone, with their keys. */
  const leaving = new Map<Kept, string>();

  const wishOf = (
    { manifest: { name, limits }, source }: PluginToRun,
    hooks: ProcessHooks,
    signal: AbortSignal,
  ): PluginProcessWish => {
    const { cpuMs, seconds, memoryMiB, outputBytes, asksPerCall } = limits;
    const { ask, log, ended } = hooks;
    return {
      plugin: name,
      source,
      engine,
      limits: { cpuMs, seconds, memoryMiB, outputBytes, asksPerCall },
      signal,
      ask: async (asked) => ask(asked),
      log: (text) => log(text),
      ended: (why) => ended(why),
    };
  };
  /** From now on nobody is given it. */
  const leave = (key: string, one: Kept): void => {
    if (kept.get(key) === one) kept.delete(key);
    if (one.idle !== null) clearTimeout(one.idle);
    one.isWanted = false;
  };
  /** Resolves when it is gone, whether it was loaded or not. */
  const endOne = async (key: string, one: Kept): Promise<void> => {
    leave(key, one);
    leaving.set(one, key);
    try {
      const process = await one.process;
      if (process.ok) await process.value.end();
    } finally {
      leaving.delete(one);
    }
  };
  const end = async (key: string): Promise<void> => {
    const last = kept.get(key);
    last?.over.abort();
    const earlier = [...leaving].filter(([, itsKey]) => itsKey === key).map(([one]) => one);
    await Promise.all([...earlier, ...(last === undefined ? [] : [last])].map(async (one) => endOne(key, one)));
  };
  const endWhenIdle = (key: string, one: Kept): void => {
    if (one.idle !== null) clearTimeout(one.idle);
    one.idle = null;
    if (one.running > 0 || !one.isWanted) return;
    one.idle = setTimeout(() => void (kept.get(key) === one ? end(key) : undefined), idleMs).unref();
  };
  const makeRoom = (): boolean => {
    if (kept.size < most) return true;
    const unused = [...kept].find(([, one]) => one.running === 0);
    if (unused === undefined) return false;
    void end(unused[0]);
    return true;
  };
  /** The process with its calls counted, so that it does not end in the middle of one. */
  const counted = (key: string, one: Kept, process: PluginProcess): PluginProcess => ({
    ...process,
    call: async (wish) => {
      if (!one.isWanted) return failed(one.plugin, "its process has ended");
      one.running += 1;
      endWhenIdle(key, one);
      try {
        return await process.call(wish);
      } finally {
        one.running -= 1;
        endWhenIdle(key, one);
      }
    },
  });
  const begin = (key: string, plugin: PluginToRun, person: PrincipalId, hooks: ProcessHooks): Kept => {
    const { name } = plugin.manifest;
    const over = new AbortController();
    const ended = (why: string): void => {
      if (why !== TOO_OLD) budget.fault(name, person);
      void endOne(key, one);
      hooks.ended(why);
    };
    const started = start(wishOf(plugin, { ...hooks, ended }, over.signal));
    const process = started
      .catch(() => failed(name, "its process could not be started"))
      .then((result): Result<PluginProcess> => {
        one.running -= 1;
        if (!result.ok) leave(key, one);
        else endWhenIdle(key, one);
        return result.ok ? { ok: true, value: counted(key, one, result.value) } : result;
      });
    const one: Kept = { plugin: name, process, over, running: 1, isWanted: true, idle: null };
    return one;
  };

  return {
    of: async (key, plugin, person, hooks) => {
      const { name } = plugin.manifest;
      const known = kept.get(key);
      if (known === undefined) {
        const may = budget.mayStart(name, person);
        if (!may.ok) return may;
        if (!makeRoom()) return overLimit(name, "too many plugins run at once");
      }
      const one = known ?? begin(key, plugin, person, hooks);
      kept.delete(key);
      kept.set(key, one);
      return one.process;
    },
    once: async (plugin, hooks) => start(wishOf(plugin, hooks, hooks.signal)),
    end,
    running: (plugin) => [...kept.values()].filter((one) => one.plugin === plugin).length,
    forget: (plugin) => budget.forget(plugin),
  };
};
