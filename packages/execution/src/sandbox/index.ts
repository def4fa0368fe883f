/**
 * Starts processes: the only room that does. A process gets an exact command line without a shell, an empty environment,
 * pipes and nothing else, a group of its own, a memory limit and an end. It must never hand on the gateway's environment,
 * descriptors or arguments, and never start what a model wrote: `start` exists for the model worker alone (execution/models calls
 * it). What a model wrote runs behind the wall, on a copy of the workspace, or not at all: tools that hold a permit call `Programs`.
 */
export { createSandbox } from "./start-process.ts";
export { createWall } from "./wall/wall.ts";
export type { Wall } from "./wall/wall.ts";
export type { WallState } from "./wall/check-wall.ts";
export type { Sandbox, SandboxLimits, SandboxProcess, SandboxStart } from "./start-process.ts";
export { createPrograms } from "./programs/create-programs.ts";
export type { ProgramParts } from "./programs/create-programs.ts";
export { PROGRAM_SECONDS } from "./programs/programs.ts";
export type { OpenGate, ProgramPlace, Programs, ProgramWish, RunningProgram } from "./programs/programs.ts";
export type { CopyChange, CopyDifference, CopyPlace, WorkspaceCopy } from "./copy/workspace-copy.ts";
export type { WallFile, WallJob, WallLimits, WallOutcome, WallStop } from "./wall/wall-job.ts";
export type { Begun, TakeOutput } from "./wall/begin-behind-wall.ts";
export { createWorkspaceCopy } from "./copy/create-workspace-copy.ts";
export type { CopyOptions } from "./copy/create-workspace-copy.ts";
