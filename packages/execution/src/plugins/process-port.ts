import type { JsonObject, JsonValue, PrincipalId, Result } from "@moltbot/contracts";
import type { PluginToRun } from "./plugin-host.ts";

/** What a plugin may ask of the house. */
export const HOST_METHODS = [
  "http.fetch",
  "storage.get",
  "storage.set",
  "storage.delete",
  "storage.keys",
  "secrets.handle",
  "events.emit",
  "tools.call",
] as const;
export type HostMethod = (typeof HOST_METHODS)[number];

/** One ask, as it came from the other side: nothing of it is believed. */
export interface HostAsk {
  readonly callToken: string;
  readonly method: HostMethod;
  readonly params: JsonObject;
  readonly signal: AbortSignal;
}

export type HostAnswer = Result<JsonValue>;

export interface PluginProcessWish {
  readonly plugin: string;
  readonly source: string;
  readonly engine: "isolate" | "quickjs";
  readonly limits: {
    readonly cpuMs: number;
    readonly seconds: number;
    readonly memoryMiB: number;
    readonly outputBytes: number;
    readonly asksPerCall: number;
  };
  /** Gives up its start: ends it at once while its plugin is being loaded, and does nothing later. */
  readonly signal: AbortSignal;
  ask(ask: HostAsk): Promise<HostAnswer>;
  log(text: string): void;
  /** Called once, as soon as it must not be used any more and nobody told it to end: its process may still be there for a moment. */
  ended(why: string): void;
}

export interface PluginCallWish {
  readonly kind: "tool" | "event";
  readonly name: string;
  readonly args: JsonObject;
  readonly token: string;
  readonly signal: AbortSignal;
}

export interface PluginProcess {
  call(wish: PluginCallWish): Promise<Result<JsonValue>>;
  describe(): Promise<Result<{ readonly tools: readonly string[]; readonly events: readonly string[] }>>;
  residentBytes(): number;
  end(): Promise<void>;
}

export type StartProcess = (wish: PluginProcessWish) => Promise<Result<PluginProcess>>;

/** What a process calls back. */
export type ProcessHooks = Pick<PluginProcessWish, "ask" | "log" | "ended">;

/** The processes of all plugins. */
export interface Processes {
  /** The process under that key, or a new one; PLUGIN_RESTARTS_SPENT where the plugin failed too often for that person. */
  of(key: string, plugin: PluginToRun, person: PrincipalId, hooks: ProcessHooks): Promise<Result<PluginProcess>>;
  /** A process that nobody else gets; the signal gives up its start. */
  once(plugin: PluginToRun, hooks: ProcessHooks & Pick<PluginProcessWish, "signal">): Promise<Result<PluginProcess>>;
  /** Ends the process under that key at once; resolves when it is gone. */
  end(key: string): Promise<void>;
  /** How many run for the plugin of that name. */
  running(plugin: string): number;
  /** Forgets how often the plugin failed. */
  forget(plugin: string): void;
}
