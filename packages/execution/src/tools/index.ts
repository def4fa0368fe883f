/**
 * The built-in tools behind one door: what each does to the world stands in its manifest, and nothing happens before a
 * permit was redeemed for exactly that call. It must never start a process, dial by itself or leave the agent's workspace.
 * The guard reads the catalogue, resources and sentences; the turn loop runs admitted calls.
 */
export { BUILT_IN_TOOLS, createToolExecutor } from "./create-tool-executor.ts";
export { RequestHeaders } from "./http/arguments.ts";
export type { KeepSecretsBack } from "./keep-secrets-back.ts";
export { quote } from "./quote.ts";
export { hostResource, toolAuthority } from "./tool-authority.ts";
export { keepBack } from "./secrets/keep-back.ts";
export { defineTool } from "./tool.ts";
export type { Tool, ToolOutput, SecretNames, ToolPorts, ToolRun } from "./tool.ts";
export { listWorkspaceFiles } from "./workspace/list-files.ts";
export type { WorkspaceFile, WorkspaceListing } from "./workspace/list-files.ts";
export { standingOf } from "./workspace/standing-of.ts";
export type { LookBudget } from "./workspace/standing-of.ts";
export { sweepUnfinished } from "./workspace/sweep-unfinished.ts";
export { undoChanges } from "./workspace/undo-changes.ts";
export { setAsideFile } from "./workspace/set-aside.ts";
