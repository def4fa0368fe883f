/**
 * Other people's plugins: each in a process of its own behind the wall, one for each person and each set of readers, with tools like
 * the house's own and no way to the house but asks that carry the token of a call that runs. It must never believe what a process says,
 * let a plugin reach what its manifest, its permit and its readers do not allow, or keep anything of one audience for another.
 * The gateway loads what was signed, and puts the tools behind the door of `execution/tools`.
 */
export { createPluginHost } from "./create-plugin-host.ts";
export type { PluginHost, PluginHostPorts, PluginToRun, PluginTrialWish } from "./plugin-host.ts";
