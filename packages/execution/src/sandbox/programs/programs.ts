import type { ConversationId, Result } from "@moltbot/contracts";
import type { ToolAuthority } from "../../egress/index.ts";
import type { CopyPlace, WorkspaceCopy } from "../copy/workspace-copy.ts";
import type { WallState } from "../wall/check-wall.ts";
import type { WallOutcome, WallStop } from "../wall/wall-job.ts";

/** Where programs of one conversation, agent and person run; one at a time under a key, others wait. */
export interface ProgramPlace extends CopyPlace {
  readonly key: string;
  readonly conversationId: ConversationId;
}

/** One program to run on a copy. */
export interface ProgramWish {
  readonly place: ProgramPlace;
  /** The program by its name or absolute path inside, then its arguments; no shell reads them. */
  readonly argv: readonly string[];
  /** Relative to the workspace. */
  readonly cwd?: string;
  readonly input?: Uint8Array;
  /** `host:port` of each host that it may reach; none: no network. */
  readonly hosts: readonly string[];
  /** On whose word it reaches them: handed to the gate, and read by nobody here. A gate without one reaches no private host. */
  readonly authority?: ToolAuthority;
  /** By the clock: at most `PROGRAM_SECONDS.most` for one that is waited for, `PROGRAM_SECONDS.background` for others. */
  readonly seconds: number;
}

/** How long programs may take: the usual and the most of one that somebody waits for, and the life of one in the background. */
export const PROGRAM_SECONDS = Object.freeze({ usual: 120, most: 600, background: 14_400 });

/** A program that goes on while nobody waits for it. */
export interface RunningProgram {
  readonly id: string;
  /** NOT_FOUND where it has ended; TOOL_FAILED where its input is closed, or full of what it has not read. */
  input(text: Uint8Array, end: boolean): Result<void>;
  /** What it wrote since the last look, errors among it; at most as much as is kept, of which `dropped` bytes before it are no part. */
  output(): {
    readonly output: Uint8Array;
    readonly dropped: number;
    readonly running: boolean;
    readonly exitCode: number | null;
    readonly stop: WallStop | null;
  };
  end(): Promise<void>;
}

/**
 * Opens a way out to these hosts (`host:port`) and no other on a Unix socket at this path; bound by the gateway, because this room dials
 * nobody. This room gives the socket to whoever its programs are, and closes it when they have ended.
 */
export type OpenGate = (
  socket: string,
  hosts: readonly string[],
  wish: ProgramWish,
) => Promise<Result<{ close(): Promise<void> }>>;

/** Runs what models wrote: on a copy of the workspace, behind the wall, and nowhere else. */
export interface Programs {
  /** As the last check found the wall; whoever is refused has it checked again. */
  state(): WallState;
  /**
   * One call after the other on one copy, whoever asks; what runs goes on meanwhile. While `running` programs are there, what a difference
   * lists may be another thing a moment later: whoever brings it back compares the digest.
   */
  readonly copy: WorkspaceCopy;
  /** SANDBOX_UNAVAILABLE, WORKSPACE_TOO_LARGE, TURN_STOPPED while it waits for others, what the gate says of its hosts, or how it ended. */
  run(wish: ProgramWish, signal: AbortSignal): Promise<Result<WallOutcome & { readonly conflicts: readonly string[] }>>;
  /**
   * Starts one that goes on in the background; it dies with the gateway. It begins in its turn and then keeps nobody waiting: others
   * run on the same copy beside it. The signal ends the wait for it, not what has begun.
   * PROGRAMS_FULL where too many run already, TURN_STOPPED where it was stopped before it began.
   */
  start(wish: ProgramWish, signal?: AbortSignal): Promise<Result<RunningProgram>>;
  /** How many run in the background under a key. */
  running(key: string): number;
  /** Null also for what was started under another key: ids are no authority. */
  find(key: string, id: string): RunningProgram | null;
  /** Ends what runs, is waited for or is about to start under a key; everything where none is given. */
  endAll(key?: string): Promise<void>;
  /** Ends what runs there and removes the conversation's copies. */
  forget(conversation: ConversationId): Promise<void>;
  /** Ends everything and starts nothing more. */
  close(): Promise<void>;
}
