import { TurnId } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { idOf } from "./operations/testing/fake-house.ts";
import { createTurnWatch } from "./turn-watch.ts";

const id = idOf(TurnId, 1);
const other = idOf(TurnId, 2);
const never = new AbortController().signal;

/** Whether a promise has resolved by now. */
const isOver = async (promise: Promise<void>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);

describe("waiting for a turn", () => {
  it("ends for everybody who waits when the turn settles, and for nobody else", async () => {
    const watch = createTurnWatch();
    const waiting = [watch.wait(id, never), watch.wait(id, never)];
    const elsewhere = watch.wait(other, never);
    watch.settled(id);
    await Promise.all(waiting);
    expect(await isOver(elsewhere)).toBe(false);
  });

  it("ends when the caller goes away, and the others wait on", async () => {
    const watch = createTurnWatch();
    const caller = new AbortController();
    const gone = watch.wait(id, caller.signal);
    const stays = watch.wait(id, never);
    caller.abort();
    await gone;
    expect(await isOver(stays)).toBe(false);
    watch.settled(id);
    await stays;
  });

  it("does not begin when the caller is gone already", async () => {
    const caller = new AbortController();
    caller.abort();
    expect(await isOver(createTurnWatch().wait(id, caller.signal))).toBe(true);
  });

  it("begins anew after each time the turn settled", async () => {
    const watch = createTurnWatch();
    watch.settled(id);
    const later = watch.wait(id, never);
    expect(await isOver(later)).toBe(false);
    watch.settled(id);
    await later;
  });
});
