/**
 * All that a plugin may see of the house: one function, and the types of what it is given. It depends on nothing. Inside the isolate
 * `@moltbot/plugin-sdk` is a module of the house with `definePlugin` and nothing else; this package is what an author's editor and tests see.
 */
export { definePlugin } from "./define-plugin.ts";
export type { HeardEvent, Plugin, PluginArguments, PluginEventFunction, PluginToolFunction } from "./define-plugin.ts";
export type { Host, HostError, HttpAnswer, HttpMethod, HttpRequest, SecretHandle } from "./host.ts";
export type { Json, JsonObject } from "./json.ts";
export type {
  ArgumentRole,
  HearableEvent,
  PluginArgument,
  PluginInput,
  PluginLimits,
  PluginManifest,
  PluginPermission,
  PluginTool,
} from "./manifest.ts";
