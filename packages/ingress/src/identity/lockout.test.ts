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

describe("the wait before a lock", () => {
  it("is none for five wrong ones, then doubles from a second on, and ends in a lock that doubles too", () => {
    let now = 0;
    const lockout = createLockout({ monotonic: () => now });
    const waits: number[] = [];
    for (let index = 0; index < 20; index += 1) {
      lockout.wrong("a");
      waits.push(lockout.remaining("a"));
      now += lockout.remaining("a") * 1000;
    }
    expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 30, 0, 0, 0, 0, 0, 1, 2, 4, 8, 60]);
  });

  it("lets a guesser who waits as told try ten times in 45 seconds, and then ever less: fewer than a thousand in a day", () => {
    let now = 0;
    const lockout = createLockout({ monotonic: () => now });
    let tries = 0;
    for (; now < 86_400_000; tries += 1) {
      lockout.wrong("a");
      now += Math.max(1, lockout.remaining("a") * 1000);
    }
    expect(tries).toBeLessThan(1_000);
  });

  it("is kept apart for what is counted apart", () => {
    const lockout = createLockout({ monotonic: () => 1 });
    for (let index = 0; index < 10; index += 1) lockout.wrong("token 192.0.2.7");
    expect(lockout.remaining("token 192.0.2.7")).toBe(30);
    expect(lockout.remaining("sign-in 192.0.2.7")).toBe(0);
    expect(lockout.remaining("token 192.0.2.8")).toBe(0);
  });
});
