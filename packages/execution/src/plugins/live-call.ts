import type { AccessScope, Label, PermissionOf, Readers, Source } from "@moltbot/contracts";
import type { ToolRun } from "../tools/index.ts";
import type { PluginToRun } from "./plugin-host.ts";

/** What a process is bound to: one plugin for one person and one set of readers. It remembers where its knowledge came from. */
export interface Belonging {
  readonly plugin: PluginToRun;
  readonly audience: Readers;
  /** Takes note of what the plugin was told: it may come out in everything that it gives back from now on. */
  learn(sources: readonly Source[]): void;
  /** Of everything that it may give back. */
  label(): Label;
}

/** One call that runs now. What its plugin asks for is asked on its behalf, and is over with it. */
export interface LiveCall {
  readonly of: Belonging;
  readonly scope: AccessScope;
  /** The admitted run; null while the plugin hears of an event, which nobody permitted to go out. */
  readonly run: Pick<ToolRun, "call" | "bounds"> | null;
  /** `host:port` that the permit names. */
  readonly hosts: readonly string[];
  /** Ends with the call. */
  readonly signal: AbortSignal;
  /** Handles that were given out during this call, each for one secret. */
  readonly handles: Map<string, PermissionOf<"secret">>;
  /** What it used so far; `requests`: those that wait for their answers now. */
  readonly used: { asks: number; bytesOut: number; emitted: number; requests: number };
  /** Whether something was sent that may have changed the world. */
  changed: boolean;
}
