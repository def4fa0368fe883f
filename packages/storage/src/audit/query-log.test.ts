import { readFileSync, writeFileSync } from "node:fs";
import { instantOf } from "@moltbot/contracts";
import type { AuditEvent, AuditQuery, AuditRecord } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openAuditLog } from "./index.ts";
import type { AuditLog } from "./index.ts";
import { openLogFile } from "./log-file.ts";
import { fitsQuery, marksOf } from "./query-fields.ts";
import { queryLog } from "./query-log.ts";
import { readBack } from "./read-lines.ts";
import { filledLog } from "./testing/filled-log.ts";
import { fileOf, must, ownFolder, testOptions } from "./testing/open-test-log.ts";

const START = Date.UTC(2026, 10, 22, 12);
const DAY = 24 * 3_600_000;
const sequences = (records: readonly AuditRecord[]): number[] => records.map(({ sequence }) => sequence);

/** All that fit, asked for page by page. */
const allOf = async (log: AuditLog, query: AuditQuery, page: number): Promise<AuditRecord[]> => {
  const all: AuditRecord[] = [];
  for (let before: number | undefined; ;) {
    const found = must(await log.query(query, page, before));
    all.push(...found);
    before = found.at(-1)?.sequence;
    if (found.length < page || before === undefined) return all;
  }
};

describe("asking the log", () => {
  it("finds exactly what fits, newest first, whatever the page", async () => {
    const { log } = await filledLog(2_300);
    const everything = must(await log.list(10_000));
    const word = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
    const instant = fc.integer({ min: -1, max: 24 }).map((days) => instantOf(START + days * DAY));
    const query = fc.record({
      from: word(instant),
      to: word(instant),
      event: word(fc.constantFrom("tool:intended", "tool", "tool:", "audit")),
      agent: word(fc.constantFrom("agent-1", "agent-4", "agent-9")),
      tool: word(fc.constantFrom("calc", "files.read", "files")),
      person: word(fc.constantFrom("agent-2", "nobody")),
      decision: word(fc.constantFrom("call-7", "call-2299", "call-")),
    });
    await fc.assert(
      fc.asyncProperty(query, fc.constantFrom(7, 100, 5_000), async (asked, page) => {
        const expected = everything.filter((record) => fitsQuery(record, asked));
        expect(sequences(await allOf(log, asked, page))).toEqual(sequences(expected));
      }),
      { numRuns: 120 },
    );
    await log.close();
  });

  it("finds what a person, an agent, a tool of a list or an escaped name is named in", async () => {
    const log = must(await openAuditLog(testOptions()));
    const events: AuditEvent[] = [
      { event: "tool:refused", actor: "agent-1", fields: { agentId: "agent-1", authority: 'a "quoted"\nname' } },
      { event: "agent:created", actor: "ada", fields: { agentId: "agent-2", tools: "calc files.read" } },
      { event: "plan:committed", actor: "agent-2", fields: { planId: "plan-1", tools: "calc, web.fetch" } },
      { event: "subject:erased", actor: "ada", fields: { subject: "person:bea", calc: true } },
      { event: "reminder:fired", actor: "system", fields: { reminderId: "r-1", count: 3 } },
    ];
    for (const event of events) must(await log.record(event));
    const ask = async (query: AuditQuery): Promise<number[]> => sequences(must(await log.query(query, 10)));
    expect(await ask({ person: 'a "quoted"\nname' })).toEqual([0]);
    expect(await ask({ agent: "agent-2" })).toEqual([2, 1]);
    expect(await ask({ tool: "calc" })).toEqual([2, 1]);
    expect(await ask({ tool: "web.fetch" })).toEqual([2]);
    expect(await ask({ tool: "web" })).toEqual([]);
    expect(await ask({ person: "ada" })).toEqual([3, 1]);
    expect(await ask({ person: "bea" })).toEqual([3]);
    expect(await ask({ decision: "plan-1" })).toEqual([2]);
    expect(await ask({ trace: "r-1" })).toEqual([4]);
    expect(await ask({ trace: "3" })).toEqual([]);
    expect(await ask({ event: "subject" })).toEqual([3]);
    expect(await ask({})).toEqual([4, 3, 2, 1, 0]);
    expect(must(await log.query({}, 0))).toEqual([]);
    await log.close();
  });

  it("lets others work while it reads a long log", async () => {
    const { options, log } = await filledLog(3_000);
    await log.close();
    // Nothing is checked here, so the same lines may stand there many times.
    const text = readFileSync(fileOf(options));
    const path = `${ownFolder()}/long`;
    writeFileSync(path, Buffer.concat(Array.from({ length: 30 }, () => text)));
    const file = await openLogFile(path);
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    const end = await file.size();
    expect(must(await queryLog(file, end, { decision: "call-none" }, 5))).toEqual([]);
    expect(turns).toBeGreaterThan(end / (256 * 1024) - 2);
    isDone = true;
    await file.close();
  });

  it("says so when what it finds cannot be read, instead of leaving it out", async () => {
    const { options, log } = await filledLog(50);
    const text = readFileSync(fileOf(options), "utf8");
    writeFileSync(fileOf(options), text.replace('"callId":"call-7"', '"callId": "call-7"').replace("x", "x"));
    expect(await log.query({ decision: "call-7" }, 5)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    await log.close();
  });

  it("marks nothing that a fitting record lacks", () => {
    const record: AuditRecord = {
      sequence: 1,
      at: instantOf(0),
      event: "tool:intended",
      actor: "x",
      fields: { tool: "a\u0001b", tools: "ü calc" },
      commitments: {},
    };
    const line = Buffer.from(JSON.stringify(record));
    for (const query of [{ tool: "a\u0001b" }, { tool: "ü" }, { event: "tool" }, { event: "tool:intended" }]) {
      expect(fitsQuery(record, query)).toBe(true);
      expect(marksOf(query).every((mark) => line.includes(mark))).toBe(true);
    }
  });
});

describe("reading a file from its end", () => {
  it("gives every line once, whole, whatever the size of a piece", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ maxLength: 30 }).map((text) => text.replaceAll("\n", " ")),
          { maxLength: 40 },
        ),
        fc.integer({ min: 1, max: 64 }),
        async (lines, chunk) => {
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
          const file = { read: async (at: number, length: number) => bytes.subarray(at, at + length) };
          const pieces: string[] = [];
          for await (const piece of readBack(file, bytes.length, chunk)) pieces.unshift(piece.toString());
          expect(pieces.join("")).toBe(bytes.toString());
          for (const piece of pieces) expect(piece.endsWith("\n")).toBe(true);
        },
      ),
    );
  });
});
