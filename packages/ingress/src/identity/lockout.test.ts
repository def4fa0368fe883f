import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLockout } from "./lockout.ts";

describe("the lockout's memory", () => {
  it("stays bounded while strangers come from ever new addresses, and keeps who is locked", () => {
    let now = 0;
    const lockout = createLockout({ monotonic: () => now }, 20);
    for (let index = 0; index < 10; index += 1) lockout.wrong("guesser");
    for (let index = 0; index < 500; index += 1) {
      now += 1;
      lockout.wrong(`stranger ${index}`);
    }
    expect(lockout.remaining("guesser")).toBeGreaterThan(0);
    expect(lockout.remaining("stranger 0")).toBe(0);
  });

  it("drops the oldest when all are locked", () => {
    const lockout = createLockout({ monotonic: () => 1 }, 2);
    for (const address of ["a", "b", "c"]) for (let index = 0; index < 10; index += 1) lockout.wrong(address);
    expect(["a", "b", "c"].map((address) => lockout.remaining(address) > 0)).toEqual([false, true, true]);
  });

  it("never locks before ten wrong ones in five minutes, and never longer than fifteen minutes", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 60 }), (gaps) => {
        let now = 0;
        const lockout = createLockout({ monotonic: () => now });
        let times: number[] = [];
        for (const gap of gaps) {
          now += gap;
          times = [...times.filter((at) => now - at < 300_000), now];
          const locks = lockout.wrong("a");
          expect(locks).toBe(times.length >= 10);
          if (locks) times = [];
          expect(lockout.remaining("a")).toBeLessThanOrEqual(900);
        }
      }),
    );
  });
});
