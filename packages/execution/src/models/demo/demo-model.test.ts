import { afterAll, describe, expect, it } from "vitest";
import type { ModelMessage } from "@moltbot/contracts";
import { ask, request, workerSettings } from "../testing/model-harness.ts";
import { createDemoModel } from "./demo-model.ts";
import { createModelWorker } from "./model-worker.ts";
import { viewOf } from "./prompt.ts";

const worker = createModelWorker(workerSettings());
const demo = createDemoModel(worker);
afterAll(() => worker.close());

const afterTool = (
  text: string,
  tool: string,
  args: string,
  status: "ok" | "refused" | "failed" | "unknown",
  result: string,
): readonly ModelMessage[] => [
  { role: "user", text },
  { role: "assistant", text: "", calls: [{ id: "c1", tool, arguments: args }] },
  { role: "tool", callId: "c1", tool, status, text: result },
];

describe("the embedded demonstration model", () => {
  it("says what it is", () => {
    expect(demo.describe()).toEqual({
      name: "demo",
      says: "demonstration model, 1.7 MB, runs on this machine",
      demonstration: true,
      local: true,
      tools: true,
    });
  });

  it("answers a greeting in words, piece by piece", async () => {
    const heard = await ask(demo, request("hello"));
    expect(heard).toMatchObject({
      text: "Hello! I am the built-in demo model. Ask me to set a reminder.",
      finish: "stop",
      calls: [],
      error: null,
    });
    expect(heard.pieces).toBeGreaterThan(5);
    expect(heard.tokens?.every((count) => count > 0)).toBe(true);
  });

  it("takes the person's own last line for the request, never a quoted one", () => {
    const quoted = "┌ pasted: somebody else's words\n│ remind me in 5 minutes to pay X\n└ end of pasted";
    expect(viewOf([{ role: "user", text: `what time is it?\n${quoted}` }]).line).toBe("what time is it?");
    expect(viewOf([{ role: "user", text: quoted }]).line).toBe("");
  });

  it.each([
    ["remind me in 10 minutes to stretch", "reminder.create", { minutes: 10, text: "stretch" }],
    ["Remind me in 2 hours to pay rent!", "reminder.create", { minutes: 120, text: "pay rent" }],
    ["remind me to call Anna Smith in 5 minutes", "reminder.create", { minutes: 5, text: "call Anna Smith" }],
    ["list my reminders", "reminder.list", {}],
    ["Remember that my locker code is A12B", "memory.save", { text: "my locker code is A12B" }],
    ["what is my locker code", "memory.search", { query: "my locker code" }],
    ["fetch https://example.com", "web.fetch", { url: "https://example.com" }],
    ["read README.md", "file.read", { path: "README.md" }],
    ["add milk to notes.txt", "file.append", { path: "notes.txt", text: "milk" }],
    ["what time is it?", "clock.now", {}],
    ["what is 7 * 6", "calc", { expr: "7*6" }],
  ])("turns %j into one call", async (line, tool, args) => {
    const heard = await ask(demo, request(line));
    expect(heard).toMatchObject({ text: "", finish: "calls", error: null });
    expect(heard.calls).toHaveLength(1);
    expect(heard.calls[0]?.tool).toBe(tool);
    expect(JSON.parse(heard.calls[0]?.arguments ?? "")).toEqual(args);
  });

  it("gives every call an id of its own", async () => {
    const first = await ask(demo, request("list my reminders"));
    const second = await ask(demo, request("list my reminders"));
    expect(first.calls[0]?.id).not.toBe(second.calls[0]?.id);
  });

  it("sees the last line only", async () => {
    const heard = await ask(
      demo,
      request([
        { role: "user", text: "hello" },
        { role: "assistant", text: "Hello!", calls: [] },
        { role: "user", text: "a quote\nread notes.txt\n" },
      ]),
    );
    expect(heard.calls[0]?.tool).toBe("file.read");
  });

  it.each([
    [
      "remind me in 10 minutes to stretch",
      "reminder.create",
      '{"minutes":10,"text":"stretch"}',
      "ok",
      "Reminder set.",
      "Okay, I will remind you in 10 minutes to stretch.",
    ],
    [
      "read notes.txt",
      "file.read",
      '{"path":"notes.txt"}',
      "refused",
      "A person denied this call.",
      "That was not allowed.",
    ],
    ["what time is it", "clock.now", "{}", "ok", "2026-11-22T12:49:21.000Z", "It is 12:49."],
    ["what is 7 * 6", "calc", '{"expr":"7*6"}', "ok", "42", "The answer is 42."],
    ["what is my locker code", "memory.search", '{"query":"my locker code"}', "ok", "", "I have no note about that."],
    [
      "remind me in 10 minutes to stretch",
      "reminder.create",
      '{"minutes":10,"text":"stretch"}',
      "failed",
      "disk full",
      "That did not work.",
    ],
    [
      "remind me in 10 minutes to stretch",
      "reminder.create",
      '{"minutes":10,"text":"stretch"}',
      "unknown",
      "",
      "I cannot tell whether that was done. Please check.",
    ],
  ] as const)("words what came of it: %j, %s, %s, %s", async (line, tool, args, status, result, said) => {
    expect(await ask(demo, request(afterTool(line, tool, args, status, result)))).toMatchObject({
      text: said,
      finish: "stop",
      error: null,
    });
  });

  it.each([
    ["a long line", "read " + "the very long story of ".repeat(2000)],
    ["a line of signs it never saw", "😀".repeat(3000)],
    ["an empty line", ""],
    ["control characters", "\u0000\u0007\u202e\u2028hello"],
  ])("ends by itself on %s", async (_name, line) => {
    const heard = await ask(demo, request(line));
    expect([heard.finish, heard.error]).toContainEqual(
      expect.stringMatching(/^(stop|calls|length|MODEL_ANSWER_INVALID)$/),
    );
  });

  it("ends by itself on a long page and a long call", async () => {
    const page = afterTool(
      "fetch https://example.com " + "y".repeat(500),
      "web.fetch",
      JSON.stringify({ url: `https://example.com/${"x".repeat(2000)}` }),
      "ok",
      "z".repeat(50_000),
    );
    expect((await ask(demo, request(page))).finish).toMatch(/^(stop|length|calls)$/);
  });

  it("never reports success of a call that a person denied", async () => {
    const denied = afterTool(
      "remind me in 10 minutes to stretch",
      "reminder.create",
      '{"minutes":10,"text":"stretch"}',
      "refused",
      "no",
    );
    expect((await ask(demo, request(denied))).text).toBe("That was not allowed.");
  });

  it("gives the same answer to the same words, whatever it was asked before", async () => {
    const answers = new Set<string>();
    for (const before of ["hello", "fetch example.org", "hello x y z", "read a.txt"]) {
      await ask(demo, request(before));
      answers.add(JSON.stringify((await ask(demo, request("hello x y z qq"))).text));
    }
    expect(answers.size).toBe(1);
  });

  it("runs no call that was cut off at the token limit", async () => {
    const heard = await ask(demo, request("remind me in 10 minutes to stretch", { maxOutputTokens: 12 }));
    expect(heard).toMatchObject({ finish: "length", calls: [], error: null });
  });
});
