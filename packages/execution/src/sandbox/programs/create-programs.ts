import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { WorkspaceCopy } from "../copy/workspace-copy.ts";
import { unavailable } from "../unavailable.ts";
import { endLeftBehind } from "../wall/left-behind.ts";
import type { Wall } from "../wall/wall.ts";
import type { WallJob, WallLimits } from "../wall/wall-job.ts";
import { createBackgroundPrograms } from "./background-programs.ts";
import { oneCallAtATime } from "./one-call-at-a-time.ts";
import { openWayOut } from "./open-way-out.ts";
import type { WayOut } from "./open-way-out.ts";
import { backgroundLimitsOf, limitsOf } from "./program-limits.ts";
import type { OpenGate, ProgramPlace, Programs, ProgramWish, RunningProgram } from "./programs.ts";
import { createStoppable } from "./stoppable.ts";
import { takeTurns } from "./take-turns.ts";

/** Waited for at once, of all keys. */
const MOST_AT_ONCE = 16;
/** What a program's own loopback is called. */
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]", "::1"];

/** What programs need of others. */
export interface ProgramParts {
  readonly wall: Wall;
  readonly copy: WorkspaceCopy;
  readonly openGate: OpenGate;
  /** The folder of all copies: `<copies>/<conversationId>/…` is what `forget` removes. */
  readonly copies: string;
  /** Absolute path of the runtime (`process.execPath`), which programs get where the system has none. */
  readonly nodePath: string;
  /** Absolute path of the forwarder: `dist/forward.mjs`, or its source in packages/sandbox-runner. */
  readonly forwarderPath: string;
  /** New ids of programs in the background; they are handles, no authority. */
  readonly newId: () => string;
}

/** Names of loopback that lead to the program's own; an owner who granted this machine's means that one. */
const around = (hosts: readonly string[]): readonly string[] =>
  LOOPBACK.filter((name) => !hosts.some((host) => host.startsWith(`${name}:`)));

const jobOf = (parts: ProgramParts, wish: ProgramWish, way: WayOut | null, limits: WallLimits): WallJob => ({
  argv: wish.argv,
  workspace: wish.place.copy,
  node: parts.nodePath,
  limits,
  ...(wish.cwd === undefined ? {} : { cwd: wish.cwd }),
  ...(wish.input === undefined ? {} : { input: wish.input }),
  ...(way === null ? {} : { gate: { socket: way.socket, forwarder: parts.forwarderPath, around: around(wish.hosts) } }),
});

const removeCopies = async (copies: string, copy: WorkspaceCopy, conversation: string): Promise<void> => {
  // Threat: an id that is a path would lead out of the folder of copies.
  if (basename(conversation) !== conversation || conversation.startsWith(".")) return;
  const folder = join(copies, conversation);
  const found = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const one of found) if (one.isDirectory()) await copy.remove(join(folder, one.name));
  await rm(folder, { recursive: true, force: true });
};

type Act<T> = (way: WayOut | null, conflicts: readonly string[], signal: AbortSignal) => Promise<Result<T>>;

/** Joins wall, copy and gate. It ends what a killed gateway left on these copies, and begins to watch the wall at once. */
export const createPrograms = (parts: ProgramParts): Programs => {
  const { wall } = parts;
  endLeftBehind(parts.copies);
  const copy = oneCallAtATime(parts.copy);
  const turns = takeTurns(MOST_AT_ONCE);
  const foreground = createStoppable();
  const background = createBackgroundPrograms();
  let isClosed = false;

  const mayBegin = (): Result<void> => {
    if (isClosed) return unavailable("the gateway is ending");
    const state = wall.state();
    if (state.kind === "ready") return done;
    // It may hold again: who asks next need not wait for the clock.
    void wall.check();
    return unavailable(state.problem);
  };
  /** Acts when the copy is fresh, the way out is open, and nobody else of this key is at it. */
  const inTurn = async <T>(wish: ProgramWish, signal: AbortSignal, act: Act<T>): Promise<Result<T>> => {
    const endTurn = await turns.take(wish.place.key, signal);
    if (endTurn === null) return err(moltbotError("TURN_STOPPED"));
    try {
      const begin = mayBegin();
      if (!begin.ok) return begin;
      const fresh = await copy.refresh(wish.place, signal);
      if (!fresh.ok) return fresh;
      const way = wish.hosts.length === 0 ? ok(null) : await openWayOut(parts.openGate, wish);
      return way.ok ? await act(way.value, fresh.value.conflicts, signal) : way;
    } finally {
      endTurn();
    }
  };
  const once = async <T>(wish: ProgramWish, signal: AbortSignal | null, act: Act<T>): Promise<Result<T>> => {
    const begin = mayBegin();
    return begin.ok ? foreground.run(wish.place, signal, (either) => inTurn(wish, either, act)) : begin;
  };
  const startNow = async (
    wish: ProgramWish,
    way: WayOut | null,
    signal: AbortSignal,
  ): Promise<Result<RunningProgram>> => {
    const begin = signal.aborted ? err(moltbotError("TURN_STOPPED")) : background.mayBegin(wish.place.key);
    const started = begin.ok ? wall.start(jobOf(parts, wish, way, backgroundLimitsOf(wish.seconds))) : begin;
    if (!started.ok) {
      await way?.close();
      return started;
    }
    void started.value.whenEnded.then(() => way?.close());
    return ok(background.keep(parts.newId(), wish.place, started.value));
  };
  const endWhere = async (isMeant: (place: ProgramPlace) => boolean): Promise<void> => {
    await Promise.all([foreground.stopWhere(isMeant), background.endWhere(isMeant)]);
    // What was just starting when the stop came.
    await background.endWhere(isMeant);
  };
  const everywhere = (): boolean => true;
  // What is behind a wall that stopped holding is held by nothing.
  const endWatch = wall.watch((state) => {
    if (state.kind === "missing") void endWhere(everywhere);
  });

  return {
    state: () => wall.state(),
    copy,
    run: (wish, signal) =>
      once(wish, signal, async (way, conflicts, either) => {
        try {
          const ran = await wall.run(jobOf(parts, wish, way, limitsOf(wish.seconds)), either);
          return ran.ok ? ok({ ...ran.value, conflicts }) : ran;
        } finally {
          await way?.close();
        }
      }),
    start: (wish, signal) => once(wish, signal ?? null, (way, _conflicts, either) => startNow(wish, way, either)),
    running: (key) => background.running(key),
    find: (key, id) => background.find(key, id),
    endAll: (key) => endWhere(key === undefined ? everywhere : (place) => place.key === key),
    forget: async (conversation) => {
      await endWhere((place) => place.conversationId === conversation);
      await removeCopies(parts.copies, copy, conversation);
    },
    close: async () => {
      isClosed = true;
      endWatch();
      await endWhere(everywhere);
    },
  };
};
