import { describe, expect, it } from "vitest";
import {
  agoText,
  keptText,
  openersText,
  rowsText,
  rowsTotal,
  sealedText,
  shortText,
  sizeText,
} from "./words-of-keeping.ts";

describe("words about what is kept", () => {
  it.each([
    [0, "0 bytes"],
    [1023, "1023 bytes"],
    [1024, "1 KB"],
    [1_300_000, "1.2 MB"],
    [26_214_400, "25 MB"],
    [5_000_000_000_000, "4657 GB"],
  ])("say %d bytes as %s", (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });

  it("say ages in days", () => {
    const now = Date.parse("2026-11-22T12:00:00.000Z");
    expect(agoText("2026-11-22T01:00:00.000Z", now)).toBe("today");
    expect(agoText("2026-11-21T01:00:00.000Z", now)).toBe("yesterday");
    expect(agoText("2026-07-21T01:00:00.000Z", now)).toBe("124 days ago");
  });

  it.each([
    ["the days of retention.decisionsDays", "for 365 days"],
    ["the days of retention.workDays after its end", "for 30 days after its end"],
    ["until it is erased, or the days of retention.conversationsDays after its last message", "until it is erased"],
    ["with the log; retention.auditDays", "with the log"],
    ["for ever, or the days of retention.auditDays and after that its hashes", "for ever"],
    ["with the log; retention.decisionsDays", "with the log; 365 days"],
    ["the days of retention.unheardDays", "the days of retention.unheardDays"],
    ["as long as its conversation", "as long as its conversation"],
  ])("put the set days into “%s”", (kept, text) => {
    const days = { conversationsDays: 0, decisionsDays: 365, workDays: 30, auditDays: 0 };
    expect(keptText({ kept }, days)).toBe(text);
  });

  it("say for ever where the days are set to nothing at all", () => {
    expect(keptText({ kept: "the days of retention.decisionsDays" }, { decisionsDays: 0 })).toBe("for ever");
  });

  it("name keys, openers and removed rows", () => {
    expect(sealedText({ sealedBy: ["conversation", "person", "the root\u200B key"] })).toBe(
      "its conversation’s key, your key and the root⟨U+200B⟩ key",
    );
    expect(sealedText({ sealedBy: [] })).toContain("nothing of it is content");
    expect(shortText({ holds: "messages: text, calls" })).toBe("Messages");
    expect(openersText({ openers: ["passphrase", "recovery-code"] })).toBe("your passphrase and a recovery code");
    expect(rowsText({ messages: 12, plan_steps: 1, stops: 0 })).toBe("messages 12, plan steps 1");
    expect([rowsTotal({ a: 1 }), rowsTotal({ a: 1, b: 2 })]).toEqual(["1 record", "3 records"]);
  });
});
