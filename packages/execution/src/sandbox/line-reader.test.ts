import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLineReader } from "./line-reader.ts";

const collect = async (reader: AsyncIterable<string>): Promise<string[]> => {
  const lines: string[] = [];
  for await (const line of reader) lines.push(line);
  return lines;
};

describe("the line reader", () => {
  it("gives the same lines however the bytes are cut", async () => {
    const line = fc
      .string({ unit: "binary", maxLength: 16 })
      .filter((text) => !text.includes("\n") && !text.startsWith("\uFEFF"));
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        async (lines, cuts) => {
          const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
          const places = [0, ...cuts.filter((at) => at < bytes.length), bytes.length].toSorted((a, b) => a - b);
          const reader = createLineReader(4096, () => undefined);
          places.forEach((at, index) => reader.push(bytes.subarray(places[index - 1] ?? 0, at)));
          reader.end();
          expect(await collect(reader)).toEqual(lines.map((text) => Buffer.from(text).toString()));
        },
      ),
      { numRuns: 40 },
    );
  });

  it("drops a last line that has no end", async () => {
    const reader = createLineReader(100, () => undefined);
    reader.push(Buffer.from("whole\nhal"));
    reader.end();
    expect(await collect(reader)).toEqual(["whole"]);
  });

  it("gives up on a line that never ends and keeps none of it", async () => {
    let overflows = 0;
    const reader = createLineReader(10, () => (overflows += 1));
    for (let count = 0; count < 5; count += 1) reader.push(Buffer.from("12345678"));
    expect(await collect(reader)).toEqual([]);
    expect(overflows).toBe(1);
  });

  it("gives up on a long line that arrives whole", async () => {
    let overflows = 0;
    const reader = createLineReader(10, () => (overflows += 1));
    reader.push(Buffer.from("short\nmuch longer than ten\n"));
    expect(await collect(reader)).toEqual(["short"]);
    expect(overflows).toBe(1);
  });

  it("gives up on a flood of short lines that nobody reads", () => {
    let overflows = 0;
    const reader = createLineReader(10, () => (overflows += 1));
    reader.push(Buffer.from("123456789\n".repeat(100)));
    expect(overflows).toBe(1);
  });

  it("wakes a reader that waits", async () => {
    const reader = createLineReader(100, () => undefined);
    const collected = collect(reader);
    await Promise.resolve();
    reader.push(Buffer.from("late\n"));
    await Promise.resolve();
    reader.end();
    expect(await collected).toEqual(["late"]);
  });
});
