import { err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, Instant, Result } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { startIdleLock } from "./idle-lock.ts";
import type { IdlePorts, IdleWatch } from "./idle-lock.ts";

const NEVER = ok<Instant | null>(null);
const watches: IdleWatch[] = [];
afterEach(() => {
  for (const watch of watches.splice(0)) watch.close();
});

const watched = (minutes = 10) => {
  const state = {
    minutes,
    now: 0,
    turns: 0,
    reminder: NEVER as Result<Instant | null>, // a test changes it
    schedule: NEVER as Result<Instant | null>, // a test lets it fail too
    locks: 0,
    logged: 0,
    looks: 0,
    throws: false,
  };
  const nextDue = (of: "reminder" | "schedule") => async (): Promise<Result<Instant | null>> => {
    state.looks += 1;
    if (state.throws) throw new Error("a bug");
    return state[of];
  };
  const store = {
    reminders: { nextDue: nextDue("reminder") },
    schedules: { nextDue: nextDue("schedule") },
  } as unknown as IdlePorts["store"]; // only what the lock asks
  const log = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => (state.logged += 1),
  };
  const watch = startIdleLock({
    minutes: () => state.minutes,
    runningTurns: () => state.turns,
    store,
    system: {} as AccessScope, // handed on, never read here
    clock: { now: () => instantOf(state.now), monotonic: () => state.now },
    log,
    lock: () => (state.locks += 1),
    every: 2,
  });
  watches.push(watch);
  const pass = async (idleMinutes: number): Promise<void> => {
    state.now += idleMinutes * 60_000;
    await new Promise((resolve) => setTimeout(resolve, 15));
  };
  return { state, watch, pass };
};

describe("the idle lock", () => {
  it("locks after so many minutes in which nobody asked for anything", async () => {
    const { state, pass } = watched();
    await pass(9.9);
    expect(state.locks).toBe(0);
    await pass(0.2);
    expect(state.locks).toBeGreaterThan(0);
  });

  it("begins anew with every request, and while a turn runs", async () => {
    const { state, watch, pass } = watched();
    await pass(9);
    watch.touch();
    await pass(9);
    expect(state.locks).toBe(0);
    state.turns = 1;
    await pass(60);
    state.turns = 0;
    await pass(9);
    expect(state.locks).toBe(0);
    await pass(2);
    expect(state.locks).toBeGreaterThan(0);
  });

  it.each(["reminder", "schedule"] as const)("waits for a %s that falls due within the next minute", async (of) => {
    const { state, pass } = watched();
    state[of] = ok(instantOf(11.5 * 60_000));
    await pass(11);
    expect(state.locks).toBe(0);
    state[of] = ok(instantOf(60 * 60_000));
    await pass(0);
    expect(state.locks).toBeGreaterThan(0);
  });

  it("stays open when what is due cannot be read", async () => {
    const { state, pass } = watched();
    state.schedule = err(moltbotError("DATABASE_UNAVAILABLE", { problem: "a test says so" }));
    await pass(60);
    expect(state.locks).toBe(0);
    state.throws = true;
    await pass(1);
    expect([state.locks, state.logged > 0]).toEqual([0, true]);
  });

  it("does nothing when it is set to never, and takes a change of the setting at once", async () => {
    const { state, pass } = watched(0);
    await pass(10_000);
    expect([state.locks, state.looks]).toEqual([0, 0]);
    state.minutes = 5;
    await pass(0);
    expect(state.locks).toBeGreaterThan(0);
  });
});
