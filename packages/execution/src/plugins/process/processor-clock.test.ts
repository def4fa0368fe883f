import { describe, expect, it, vi } from "vitest";
import { createProcessorClock } from "./processor-clock.ts";

const pause = (milliseconds: number) => new Promise((resolve) => void setTimeout(resolve, milliseconds));

/** A process that computes this share of the time. */
const clockOf = (share: number, limitMs = 100) => {
  const began = performance.now();
  const onSpent = vi.fn<() => void>();
  let looks = 0;
  const computedMs = (): number => {
    looks += 1;
    return share * (performance.now() - began);
  };
  return { clock: createProcessorClock({ computedMs, limitMs, onSpent }), onSpent, looks: () => looks };
};

describe("a clock over the processor time of a process", () => {
  it("ends what computes longer than its call may, once", async () => {
    const { clock, onSpent } = clockOf(1);
    clock.begin("a");
    await pause(150);
    expect(onSpent).not.toHaveBeenCalled();
    await pause(350);
    expect(onSpent).toHaveBeenCalledTimes(1);
  });

  it("lets a call wait for as long as it does not compute", async () => {
    const { clock, onSpent } = clockOf(0.1);
    clock.begin("a");
    await pause(700);
    expect(onSpent).not.toHaveBeenCalled();
  });

  it("gives each call that runs beside others its time, and takes no time from calls that are over", async () => {
    const { clock, onSpent } = clockOf(1, 300);
    clock.begin("over");
    clock.end("over");
    for (const token of ["a", "b"]) clock.begin(token);
    await pause(550);
    expect(onSpent).not.toHaveBeenCalled();
    await pause(450);
    expect(onSpent).toHaveBeenCalledTimes(1);
  });

  it("ends what computes on after its call, when nobody waits for it", async () => {
    const { clock, onSpent } = clockOf(1);
    clock.begin("a");
    clock.end("a");
    await pause(600);
    expect(onSpent).toHaveBeenCalledTimes(1);
  });

  it("looks seldom at what rests, and at once again when it is called", async () => {
    const { clock, looks, onSpent } = clockOf(0.01);
    for (let times = 0; times < 100; times += 1) {
      clock.begin("a");
      clock.end("a");
    }
    await pause(400);
    expect(looks()).toBe(2);
    clock.begin("b");
    await pause(150);
    expect([looks() > 2, onSpent.mock.calls.length]).toEqual([true, 0]);
  });

  it("asks no more when the process is gone, or is given up", async () => {
    let looks = 0;
    const gone = (): null => {
      looks += 1;
      return null;
    };
    const ports = { limitMs: 1, onSpent: () => undefined };
    createProcessorClock({ computedMs: gone, ...ports }).begin("a");
    const closed = clockOf(1);
    closed.clock.begin("a");
    closed.clock.close();
    await pause(200);
    expect([looks, closed.looks()]).toEqual([1, 0]);
  });
});
