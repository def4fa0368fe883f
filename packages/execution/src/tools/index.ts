/**
 * The built-in tools behind one door: what each does to the world stands in its manifest, and nothing happens before a
 * permit was redeemed for exactly that call. It must never start a process, dial by itself or leave the agent's workspace.
 * The guard reads the catalogue, resources and sentences; the turn loop runs admitted calls.
 */
export { createToolExecutor } from "./create-tool-executor.ts";
export type { ToolPorts } from "./tool.ts";
