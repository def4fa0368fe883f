import { describe, expect, it } from "vitest";
import { listenTo } from "./listen.ts";

const pause = (milliseconds: number) => new Promise((resolve) => void setTimeout(resolve, milliseconds));
const refusal = (code: string): Error => Object.assign(new Error(code), { code });

/** An input that gives these, one for each read; nothing yet after the last. */
const inputOf = (gives: (number | Error)[], isResting: boolean) => {
  const taken: number[] = [];
  let [reads, failures] = [0, 0];
  const next = (): number | Error => {
    reads += 1;
    return gives.shift() ?? refusal("EAGAIN");
  };
  listenTo({
    isResting: () => isResting,
    read: () => {
      const given = next();
      if (typeof given === "number") return given;
      throw given;
    },
    readLater: (then) => {
      const given = next();
      setImmediate(() => (typeof given === "number" ? then(null, given) : then(given, 0)));
    },
    take: (count) => void taken.push(count),
    fail: () => (failures += 1),
  });
  return { taken, gives, reads: () => reads, failures: () => failures };
};

describe.each([
  ["rests", true],
  ["has timers", false],
] as const)("an input that does not wait, while the worker %s", (_, isResting) => {
  it("is looked at again when it has nothing yet, seldom, and gives what comes then", async () => {
    const input = inputOf([3, refusal("EAGAIN"), refusal("EWOULDBLOCK"), 5], isResting);
    await pause(300);
    expect([input.taken, input.failures()]).toEqual([[3, 5], 0]);
    expect(input.reads()).toBeLessThan(16);
    input.gives.push(7);
    await pause(120);
    expect(input.taken).toEqual([3, 5, 7]);
    input.gives.push(refusal("EBADF"));
    await pause(120);
    expect(input.failures()).toBe(1);
  });

  it("ends the listening where it cannot be read", async () => {
    const input = inputOf([refusal("EIO"), 1], isResting);
    await pause(50);
    expect([input.taken, input.failures(), input.reads()]).toEqual([[], 1, 1]);
  });
});
