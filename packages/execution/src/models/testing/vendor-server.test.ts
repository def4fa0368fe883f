import { afterEach, describe, expect, it } from "vitest";
import { startVendorServer } from "./vendor-server.ts";
import type { Dialect } from "./vendor-server.ts";
import { TEST_VENDORS } from "./ask-vendor.ts";

const ROUTES = {
  anthropic: "/v1/messages",
  google: "/v1beta/models/gemini:streamGenerateContent?alt=sse",
  openai: "/v1/chat/completions",
} as const;
const RIGHT = {
  anthropic: {
    headers: { "x-api-key": "sk-canary-4812", "anthropic-version": "2023-06-01" },
    body: {
      model: "m",
      max_tokens: 5,
      stream: true,
      messages: [
        { role: "user", content: [{ type: "text", text: "hi" }] },
        { role: "assistant", content: [{ type: "tool_use", id: "a", name: "t", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "" }] },
      ],
    },
  },
  google: {
    headers: { "x-goog-api-key": "sk-canary-4812" },
    body: {
      generationConfig: { maxOutputTokens: 5 },
      contents: [
        { role: "user", parts: [{ text: "hi" }] },
        { role: "model", parts: [{ functionCall: { name: "t", args: {} } }] },
        { role: "user", parts: [{ functionResponse: { name: "t", response: {} } }] },
      ],
    },
  },
  openai: {
    headers: { authorization: "Bearer sk-canary-4812" },
    body: {
      model: "gpt-4.1",
      max_tokens: 5,
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: "user", content: "hi" },
        { role: "assistant", tool_calls: [{ id: "a", type: "function", function: { name: "t", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "a", content: "" },
      ],
    },
  },
} as const;

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
const statusOf = async (
  dialect: Dialect,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<number> => {
  const answer = { text: ["hi"], finish: "stop", usage: [1, 1] } as const;
  const server = await startVendorServer(dialect, { does: "answer", answer });
  closing.push(() => server.close());
  const response = await fetch(server.origin + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
};

/** The test is worth nothing with a server that takes anything. */
describe.each(["anthropic", "google", "openai"] as const)("the server that speaks for %s", (kind) => {
  const { headers, body } = RIGHT[kind];
  const dialect = TEST_VENDORS.find((vendor) => vendor.kind === kind)?.dialect;
  if (dialect === undefined) throw new Error("no such vendor");
  const path = ROUTES[kind];
  const list = "messages" in body ? "messages" : "contents";
  const turns: readonly unknown[] = "messages" in body ? body.messages : body.contents;

  it("takes what is right", async () => {
    expect(await statusOf(dialect, path, headers, body)).toBe(200);
  });

  it("refuses an unknown field, a missing one, and another route", async () => {
    expect(await statusOf(dialect, path, headers, { ...body, hello: 1 })).toBe(400);
    const [first = "", ...rest] = Object.keys(body);
    expect(
      await statusOf(dialect, path, headers, Object.fromEntries(rest.map((key) => [key, Reflect.get(body, key)]))),
    ).toBe(400);
    expect(first).not.toBe("");
    expect(await statusOf(dialect, `${path}x`, headers, body)).toBe(400);
  });

  it("refuses each header that is missing, and a wrong key", async () => {
    for (const name of Object.keys(headers)) {
      const others = Object.entries(headers).filter(([other]) => other !== name);
      expect(await statusOf(dialect, path, Object.fromEntries(others), body), name).toBe(400);
      expect(await statusOf(dialect, path, { ...headers, [name]: "wrong" }, body), name).toBe(400);
    }
  });

  it("refuses calls without results, and results without calls", async () => {
    const [person, call, result] = turns;
    for (const order of [
      [person, call],
      [person, result],
      [person, result, call],
      [person, call, person, result],
    ])
      expect(await statusOf(dialect, path, headers, { ...body, [list]: order })).toBe(400);
  });
});
