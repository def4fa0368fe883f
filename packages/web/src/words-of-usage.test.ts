import type { Usage } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import {
  amountText,
  bySubject,
  dayOf,
  daysOf,
  fullness,
  shareUsed,
  shortAmount,
  subjectText,
  usedText,
  weekdayText,
} from "./words-of-usage.ts";

const NOON = Date.parse("2026-11-23T12:00:00Z");
const row = (kind: Usage["subject"]["kind"], used: number, wish: Partial<Usage> = {}): Usage => ({
  day: "2026-11-23",
  subject: { kind, id: kind },
  unit: "tokens",
  used,
  limit: null,
  ...wish,
});

describe("words about budgets", () => {
  it("say amounts: tokens whole or short, money in its currency and never as nothing when it was something", () => {
    expect(amountText(12_400, "tokens", "EUR")).toBe("12,400 tokens");
    expect(amountText(1, "tokens", "EUR")).toBe("1 token");
    expect(amountText(310_000, "money", "EUR")).toBe("€0.31");
    expect(amountText(9, "money", "USD")).toBe("less than $0.01");
    expect(amountText(0, "money", "USD")).toBe("$0.00");
    expect([shortAmount(12_400, "tokens", "EUR"), shortAmount(2_000_000, "money", "EUR")]).toEqual(["12.4K", "€2.00"]);
    expect(usedText({ used: 12_400, limit: 100_000, unit: "tokens" }, "EUR")).toBe("12,400 of 100,000 tokens");
    expect(usedText({ used: 5, limit: null, unit: "tokens" }, "EUR")).toBe("5 tokens");
  });

  it("say how full a budget is; one of nothing is full", () => {
    const full = (used: number, limit: number | null) => fullness(shareUsed({ used, limit }));
    expect([full(5, null), full(79, 100), full(80, 100), full(100, 100), full(130, 100), full(0, 0)]).toEqual([
      "none",
      "fine",
      "near",
      "over",
      "over",
      "over",
    ]);
  });

  it("name what a budget is of, also when it is gone", () => {
    const names = new Map([["a", "Molty\u202E"]]);
    expect(subjectText({ kind: "agent", id: "a" }, names)).toBe("Molty⟨U+202E⟩");
    expect(subjectText({ kind: "token", id: "b" }, names)).toBe("A token that is gone");
    expect(subjectText({ kind: "model", id: "claude" }, names)).toBe("claude");
    expect(subjectText({ kind: "house", id: "house" }, names)).toBe("The house");
  });

  it("put a day together by subject, the widest budgets first", () => {
    const rows = [row("model", 9), row("person", 5), row("agent", 2), row("person", 7, { unit: "money" })];
    const uses = bySubject({ rows: [...rows, row("house", 1, { day: "2026-11-22" })] }, "2026-11-23");
    expect(uses.map(({ subject, rows: own }) => [subject.kind, own.length])).toEqual([
      ["person", 2],
      ["agent", 1],
      ["model", 1],
    ]);
  });

  it("put the last days in a row, with nothing where nothing was", () => {
    const rows = [row("person", 5), row("person", 7, { day: "2026-11-21" }), row("agent", 99)];
    expect(daysOf({ rows }, "person", "tokens", { now: NOON, days: 3 })).toEqual([
      { day: "2026-11-21", used: 7 },
      { day: "2026-11-22", used: 0 },
      { day: "2026-11-23", used: 5 },
    ]);
    expect([dayOf(NOON), weekdayText("2026-11-23")]).toEqual(["2026-11-23", "Mon"]);
  });
});
