import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventParser } from "./event-parser.ts";
import type { ParsedEvent } from "./event-parser.ts";

const parse = (pieces: readonly string[]): readonly ParsedEvent[] => {
  const events: ParsedEvent[] = [];
  const parser = createEventParser((event) => events.push(event));
  for (const piece of pieces) parser.push(piece);
  return events;
};

const line = fc.oneof(
  fc.constantFrom(
    "data",
    "data:",
    "data: ",
    "event: a:b",
    "event:",
    "id: 7",
    "id:",
    "id: a\0b",
    ": comment",
    "retry: 10",
    "",
    "",
  ),
  fc.string({ maxLength: 12 }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
);
const ending = fc.constantFrom("\n", "\r", "\r\n");

describe("the event parser", () => {
  it("reads names, ids and data of several lines", () => {
    expect(parse(["\uFEFFevent: turn:report\nid: 1\ndata: a\ndata:b\n\n: still here\n\ndata: c\n\n"])).toEqual([
      { event: "turn:report", data: "a\nb", id: "1" },
      { event: "message", data: "c", id: "1" },
    ]);
  });

  it("drops an event without data and one that was never finished", () => {
    expect(parse(["event: x\n\n", "data: unfinished\n"])).toEqual([]);
  });

  it("forgets the name after an event, keeps the id, and takes no id with a null", () => {
    expect(parse(["id: 1\nevent: a\ndata: x\n\nid: 2\0\ndata: y\n\nid\ndata: z\n\n"])).toEqual([
      { event: "a", data: "x", id: "1" },
      { event: "message", data: "y", id: "1" },
      { event: "message", data: "z", id: "" },
    ]);
  });

  it("gives the same events wherever the pieces are cut, and whatever ends the lines", () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 30 }),
        fc.array(ending, { minLength: 30, maxLength: 30 }),
        fc.array(fc.nat(400), { maxLength: 20 }),
        (lines, endings, cuts) => {
          // A CR that is followed by an LF of the next line's own ending would be one ending: keep kinds unmixed there.
          const kind = endings[0] ?? "\n";
          const text = lines.map((text) => text + kind).join("");
          const whole = parse([text]);
          const places = [...new Set(cuts.map((cut) => Math.min(cut, text.length)))].toSorted((a, b) => a - b);
          const pieces = [0, ...places].map((from, index, all) => text.slice(from, all[index + 1] ?? text.length));
          expect(parse(pieces)).toEqual(whole);
          expect(parse(text.split(""))).toEqual(whole);
          expect(parse([lines.map((item) => `${item}\n`).join("")])).toEqual(whole);
        },
      ),
    );
  });
});
