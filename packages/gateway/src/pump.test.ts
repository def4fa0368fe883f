import { describe, expect, it } from "vitest";
import { createPump, finishWithin } from "./pump.ts";

/** A promise and what resolves it. */
const gate = () => {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
};
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("a pump", () => {
  it("has one more round follow for all wakes during a round, and never two at once", async () => {
    const gates = [gate(), gate(), gate()];
    let begun = 0;
    const pump = createPump(
      async () => gates[begun++]?.passed,
      () => undefined,
    );
    for (let wakes = 0; wakes < 5; wakes += 1) pump.wake();
    expect(begun).toBe(1);
    gates[0]?.open();
    await settle();
    expect(begun).toBe(2);
    gates[1]?.open();
    await settle();
    expect(begun).toBe(2);
    pump.wake();
    expect(begun).toBe(3);
  });

  it("begins anew after a round that threw, and says what it was", async () => {
    const heard: unknown[] = [];
    let begun = 0;
    const pump = createPump(
      () => {
        begun += 1;
        return Promise.reject(new Error(`round ${String(begun)}`));
      },
      (cause) => heard.push(cause),
    );
    pump.wake();
    await settle();
    pump.wake();
    await settle();
    expect(heard).toEqual([new Error("round 1"), new Error("round 2")]);
  });

  it("waits for the running round when it closes, and begins no other", async () => {
    const first = gate();
    let begun = 0;
    const pump = createPump(
      async () => {
        begun += 1;
        await first.passed;
      },
      () => undefined,
    );
    pump.wake();
    pump.wake();
    let closed = false;
    const closing = pump.close().then(() => {
      closed = true;
    });
    await settle();
    expect([pump.closing, closed]).toEqual([true, false]);
    first.open();
    await closing;
    expect(begun).toBe(1);
  });
});

describe("the end of what runs", () => {
  const running = (ends: Promise<void>) => {
    const controller = new AbortController();
    const aborted = new Promise<void>((resolve) => {
      controller.signal.addEventListener("abort", () => resolve());
    });
    return { controller, finished: Promise.race([ends, aborted]) };
  };

  it("is waited for, and forced with the reason when the grace is over", async () => {
    const quick = running(Promise.resolve());
    const slow = running(new Promise(() => undefined));
    await finishWithin(
      20,
      new Map([
        ["quick", quick],
        ["slow", slow],
      ]),
      () => "enough",
    );
    expect(slow.controller.signal.reason).toBe("enough");
    const prompt = running(Promise.resolve());
    await finishWithin(60_000, new Map([["prompt", prompt]]), () => "enough");
    expect(prompt.controller.signal.aborted).toBe(false);
  });
});
