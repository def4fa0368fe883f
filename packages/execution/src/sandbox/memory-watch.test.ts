import { describe, expect, it, vi } from "vitest";
import { readResidentBytes, residentBytes, watchMemory } from "./memory-watch.ts";

describe("the memory watch", () => {
  it("reads the resident size from the status text of Linux", () => {
    expect(residentBytes("Name:\tnode\nVmPeak:\t  900 kB\nVmRSS:\t  2048 kB\n")).toBe(2048 * 1024);
    expect(residentBytes("Name:\tzombie\n")).toBeNull();
  });

  it("says nothing about a process that is gone", async () => {
    expect(await readResidentBytes(2 ** 30)).toBeNull();
  });

  it("reports an excess once, and nothing after it was ended", async () => {
    vi.useFakeTimers();
    try {
      const sizes = [null, 50, 101, 200];
      let exceeded = 0;
      const stop = watchMemory(
        1,
        100,
        () => (exceeded += 1),
        10,
        async () => sizes.shift() ?? null,
      );
      await vi.advanceTimersByTimeAsync(25);
      expect(exceeded).toBe(0);
      await vi.advanceTimersByTimeAsync(100);
      expect(exceeded).toBe(1);
      stop();

      let after = 0;
      watchMemory(
        1,
        100,
        () => (after += 1),
        10,
        async () => 500,
      )();
      await vi.advanceTimersByTimeAsync(100);
      expect(after).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});
