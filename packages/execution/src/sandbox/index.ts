/**
 * Starts processes: the only room that does. A process gets an exact command line without a shell, an empty environment,
 * pipes and nothing else, a group of its own, a memory limit and an end. It must never hand on the gateway's environment,
 * descriptors or arguments, and never start what a model wrote: `start` exists for the model worker alone (execution/models calls
 * it). What a model wrote runs behind the wall or not at all; tools that do so come later and bring a permit.
 */
export { createSandbox } from "./start-process.ts";
export { createWall } from "./wall/wall.ts";
export type { Wall } from "./wall/wall.ts";
export type { WallState } from "./wall/check-wall.ts";
export type { Sandbox, SandboxLimits, SandboxProcess, SandboxStart } from "./start-process.ts";
