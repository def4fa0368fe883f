import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keepEnds, keepNewest } from "./kept-output.ts";

const bytesOf = (pieces: readonly Uint8Array[]): Buffer => Buffer.concat(pieces);
const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 });

describe("the newest of a stream", () => {
  it("are its last bytes, and what is missing before them is counted", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 0, max: 100 }), (given, limit) => {
        const kept = keepNewest(limit);
        for (const piece of given) kept.push(piece);
        const all = bytesOf(given);
        const { bytes, dropped } = kept.take();
        expect(bytes.length + dropped).toBe(all.length);
        expect(Buffer.from(bytes).equals(all.subarray(dropped))).toBe(true);
        expect(bytes.length).toBe(Math.min(limit, all.length));
        expect(kept.take()).toEqual({ bytes: Buffer.alloc(0), dropped: 0 });
      }),
    );
  });

  it("never hold more than twice the limit, however small the pieces", () => {
    const kept = keepNewest(10);
    for (let at = 0; at < 5_000; at += 1) kept.push(Uint8Array.of(at % 256));
    expect(kept.take()).toEqual({
      bytes: Buffer.from([126, 127, 128, 129, 130, 131, 132, 133, 134, 135]),
      dropped: 4_990,
    });
  });
});

describe("the ends of a stream", () => {
  it("are its beginning and its end, with a line between them where something is missing", () => {
    fc.assert(
      fc.property(pieces, fc.integer({ min: 0, max: 100 }), (given, limit) => {
        const kept = keepEnds(limit);
        for (const piece of given) kept.push(piece);
        const all = bytesOf(given);
        const whole = Buffer.from(kept.whole());
        const dropped = Math.max(0, all.length - limit);
        expect(kept.dropped()).toBe(dropped);
        const half = Math.ceil(limit / 2);
        const gap = Buffer.from(dropped === 0 ? "" : `\n[… ${String(dropped)} bytes left out …]\n`);
        const last = all.subarray(Math.max(half, all.length - (limit - half)));
        expect(whole.equals(Buffer.concat([all.subarray(0, half), gap, last]))).toBe(true);
      }),
    );
  });
});
