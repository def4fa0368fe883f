import { describe, expect, it } from "vitest";
import { randomBytes } from "./random-bytes.ts";

describe("random bytes", () => {
  it("are as many as were asked for, across every edge of the page", () => {
    for (const length of [0, 1, 12, 16, 63, 64, 65, 8_191, 8_192, 8_193, 100_000])
      expect(randomBytes(length)).toHaveLength(length);
    for (let round = 0; round < 2_000; round += 1) expect(randomBytes(13)).toHaveLength(13);
  });

  it("never come twice, and are nobody else's memory", () => {
    const seen = new Set<string>();
    for (let round = 0; round < 20_000; round += 1) {
      const bytes = randomBytes(12);
      seen.add(Buffer.from(bytes).toString("hex"));
      expect(bytes.buffer.byteLength).toBe(12);
      bytes.fill(0);
    }
    expect(seen.size).toBe(20_000);
    expect(seen.has("0".repeat(24))).toBe(false);
  });
});
