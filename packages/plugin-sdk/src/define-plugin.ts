import type { Host } from "./host.ts";
import type { Json } from "./json.ts";
import type { HearableEvent } from "./manifest.ts";

/** What a tool was called with. The house has checked it against the tool's `input`, so a function may name its own type. */
export interface PluginArguments {
  readonly [name: string]: Json | undefined;
}

/**
 * One tool: what it is given fits its `input` in plugin.json. What it gives back is JSON of at most `limits.outputBytes` and reaches
 * the agent as untrusted text. An error that it throws is PLUGIN_FAILED to the agent, and its words reach the log alone: give back what an agent shall read.
 */
export type PluginToolFunction = {
  // A method's parameters may be narrower than these: TypeScript has no other word for "checked elsewhere".
  call(args: PluginArguments, host: Host): Json | Promise<Json>;
}["call"];

/** That something happened, and when (ISO 8601, UTC); never what was said. */
export interface HeardEvent {
  readonly name: HearableEvent;
  readonly at: string;
}

/** Hears of one event. It has its box and its log, and no way out: `http`, `tools` and `events` are PLUGIN_MAY_NOT here. */
export type PluginEventFunction = (event: HeardEvent, host: Host) => void | Promise<void>;

/** What a plugin is: a function for each tool of its manifest, by its name, and one for each event that it hears. */
export interface Plugin {
  readonly tools: Readonly<Record<string, PluginToolFunction>>;
  readonly events?: Readonly<Partial<Record<HearableEvent, PluginEventFunction>>>;
}

/** Says what the plugin is; main.js exports it as its default. */
export const definePlugin = (plugin: Plugin): Plugin =>
  Object.freeze({
    tools: Object.freeze({ ...plugin.tools }),
    events: Object.freeze({ ...plugin.events }),
  });
