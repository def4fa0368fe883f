/**
 * For an author's own tests in plain Node: runs a plugin before a host that holds it to its manifest with the codes of the real one,
 * and says what it asked for. It is no sandbox, and no proof that a plugin is harmless; nothing of the house calls it.
 */
export { runPlugin } from "./run-plugin.ts";
export type { RunReport, RunSetting, RunningPlugin } from "./run-plugin.ts";
export { runCases, unexpected } from "./run-cases.ts";
export type { CaseReport, Expectation, PluginCase, PluginCases } from "./run-cases.ts";
export type { PreparedAnswer } from "./held-http.ts";
export type { Asked } from "./held-host.ts";
