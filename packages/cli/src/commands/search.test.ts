import { ConversationId, MessageId, instantOf } from "@moltbot/contracts";
import type { SearchHit } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const hit = (n: number, change: Partial<SearchHit> = {}): SearchHit => ({
  messageId: MessageId.parse(`01930000-0000-7000-8000-00000000000${String(n)}`),
  conversationId: ConversationId.parse("01930000-0000-7000-8000-0000000000aa"),
  title: "Jam",
  role: "user",
  at: instantOf(Date.UTC(2026, 10, 22, 12)),
  snippet: "buy plums and sugar",
  matches: [[4, 9]],
  ...change,
});
const answer = (
  hits: readonly SearchHit[],
  asked: Readonly<Record<string, string>> = { query: "plums", limit: "20" },
) => ({
  [`GET /v2/search?${new URLSearchParams(asked).toString()}`]: {
    json: { hits, abilities: { phrase: true, prefix: true } },
  },
});

describe("search", () => {
  it("lists messages in aligned columns, every character of them visible", async () => {
    const hits = [hit(1), hit(2, { title: "A long evening", snippet: "…plums\u202e", matches: [[1, 6]] })];
    const { out } = await run(["search", "plums"], answer(hits));
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]?.indexOf("buy plums")).toBe(lines[1]?.indexOf("…plums"));
    expect(lines[1]).toContain("plums\\u202e");
    expect(lines[0]?.startsWith(hit(1).messageId)).toBe(true);
  });

  it("asks for all words, for one argument of several as a phrase, and in one conversation", async () => {
    const { conversationId } = hit(1);
    const asked = { query: '"plum jam" sug*', limit: "3", conversationId };
    const argv = ["search", "plum jam", "sug*", "--in", conversationId, "--limit", "3"];
    const done = await run(argv, answer([], asked));
    expect(done.out).toBe("No message has all these words.\n");
  });

  it("gives the hits as they are with --json", async () => {
    const done = await run(["search", "plums", "--json"], answer([hit(1)]));
    expect(JSON.parse(done.out)).toEqual({ hits: [hit(1)], abilities: { phrase: true, prefix: true } });
  });
});
