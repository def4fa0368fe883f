import { describe, expect, it } from "vitest";
import { AgentId, Digest, Instant, ToolName, instantOf, millisecondsOf } from "./index.ts";

const good = (schema: { safeParse(text: unknown): { success: boolean } }, text: unknown): boolean =>
  schema.safeParse(text).success;

describe("an id", () => {
  it("is a UUID of version 7 and nothing else", () => {
    expect(good(AgentId, "01930000-0000-7000-8000-000000000001")).toBe(true);
    expect(good(AgentId, "01930000-0000-4000-8000-000000000001")).toBe(false);
    expect(good(AgentId, "../01930000-0000-7000-8000-000000000001")).toBe(false);
    expect(good(AgentId, "01930000-0000-7000-8000-000000000001\n")).toBe(false);
    expect(good(AgentId, "")).toBe(false);
    expect(good(AgentId, 7)).toBe(false);
  });
});

describe("a tool's name", () => {
  it("is lower-case words with dots, at most 64 characters", () => {
    for (const name of ["reminder.create", "calc", "web.fetch2"]) expect(good(ToolName, name)).toBe(true);
    for (const name of ["", ".a", "a.", "a..b", "A.b", "a b", "reminder.create\n", "a".repeat(65), "1a"])
      expect(good(ToolName, name)).toBe(false);
  });
});

describe("a digest", () => {
  it("is 64 lower-case hex digits", () => {
    expect(good(Digest, "0123456789abcdef".repeat(4))).toBe(true);
    expect(good(Digest, "0123456789ABCDEF".repeat(4))).toBe(false);
    expect(good(Digest, "0".repeat(63))).toBe(false);
    expect(good(Digest, `${"0".repeat(64)}\n`)).toBe(false);
  });
});

describe("an instant", () => {
  it("is UTC with milliseconds, so that text order is time order", () => {
    expect(good(Instant, "2026-11-22T12:00:00.000Z")).toBe(true);
    for (const text of [
      "2026-11-22T12:00:00Z",
      "2026-11-22T12:00:00.000+01:00",
      "2026-11-22",
      "2026-13-01T00:00:00.000Z",
    ])
      expect(good(Instant, text)).toBe(false);
    const times = [0, 999, 1_000, Date.UTC(1999, 11, 31), Date.UTC(2026, 10, 22, 12), Date.UTC(9999, 0)];
    expect(times.map(instantOf).toSorted().map(millisecondsOf)).toEqual(times);
  });

  it("comes back as the milliseconds it was made from", () => {
    expect(instantOf(0)).toBe("1970-01-01T00:00:00.000Z");
    expect(millisecondsOf(instantOf(1_800_000_000_123))).toBe(1_800_000_000_123);
  });

  it("refuses what is no time", () => {
    expect(() => instantOf(Number.NaN)).toThrow(RangeError);
  });
});
