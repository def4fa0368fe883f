import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ModelPort, PersonalSecretLender, SecretLender, SecretWatch } from "@moltbot/contracts";
import { createEgress } from "../../egress/index.ts";
import type { ProviderSettings } from "../model-settings.ts";
import { ask, clock, request, silent } from "../testing/model-harness.ts";
import { startScriptedServer } from "../testing/scripted-openai-server.ts";
import type { Script } from "../testing/scripted-openai-server.ts";
import { startWireServer } from "../testing/wire-server.ts";
import type { WireServer } from "../testing/wire-server.ts";
import { createVendorModel } from "../vendor-model.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const noSecrets: SecretLender & PersonalSecretLender & SecretWatch = {
  lendTo: async (_person, id) => err(moltbotError("SECRET_NOT_FOUND", { name: id })),
  lendAll: (use) => ok(use([])),
  lend: async (name) => err(moltbotError("SECRET_NOT_FOUND", { name })),
};
const vault: SecretLender & PersonalSecretLender & SecretWatch = {
  lendTo: async (_person, id) => err(moltbotError("SECRET_NOT_FOUND", { name: id })),
  lendAll: (use) => ok(use(["sk-canary-4812"])),
  lend: async (_name, _host, use) => ok(await use("sk-canary-4812")),
};

const modelAt = (origin: string, settings: Partial<ProviderSettings> = {}, secrets = noSecrets): ModelPort => {
  const egress = createEgress({ secrets, isCanary: () => false, log: silent });
  closing.push(() => egress.close());
  const model = createVendorModel({
    name: "local",
    provider: { baseUrl: `${origin}/v1`, model: "tiny", secret: null, timeoutSeconds: 5, ...settings },
    egress,
    clock,
    log: silent,
    random: () => 0.5,
    patience: { retries: 1, firstSeconds: 0.01, longestSeconds: 1 },
  });
  if (!model.ok) throw new Error(model.error.message);
  return model.value;
};
const scripted = async (script: Script) => {
  const server = await startScriptedServer(script);
  closing.push(() => server.close());
  return { server, model: modelAt(server.origin) };
};
const wire = async (
  answer: Parameters<typeof startWireServer>[0],
  settings: Partial<ProviderSettings> = {},
): Promise<{ server: WireServer; model: ModelPort }> => {
  const server = await startWireServer(answer);
  closing.push(() => server.close());
  return { server, model: modelAt(server.origin, settings) };
};

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const delta = (piece: unknown, finish: string | null = null): string =>
  data({ id: "1", object: "chat.completion.chunk", choices: [{ index: 0, delta: piece, finish_reason: finish }] });
const DONE = "data: [DONE]\n\n";
const stream =
  (...events: readonly string[]) =>
  (response: {
    writeHead(status: number, headers: Record<string, string>): unknown;
    end(text: string): unknown;
  }): void => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.end(events.join(""));
  };
const callDelta = (index: number, name: string | undefined, args: string, id?: string): string =>
  delta({
    tool_calls: [
      {
        index,
        ...(id === undefined ? {} : { id, type: "function" }),
        function: { ...(name === undefined ? {} : { name }), arguments: args },
      },
    ],
  });

describe("a model server that speaks OpenAI's chat completions", () => {
  it("says which model it is, and whether what it reads stays here", () => {
    expect(modelAt("http://127.0.0.1:11434").describe()).toEqual({
      name: "local",
      says: "tiny at 127.0.0.1:11434",
      demonstration: false,
      local: true,
      tools: true,
    });
    expect(modelAt("http://127.0.0.1:11434", { tools: false }).describe().tools).toBe(false);
    expect(modelAt("http://127.0.0.1:11434", { tools: true }).describe().tools).toBe(true);
    expect(modelAt("https://api.example.com").describe().local).toBe(false);
    expect(modelAt("https://127.0.0.1.example.com").describe().local).toBe(false);
  });

  it("streams words, usage and the end", async () => {
    const { model } = await scripted(() => ({ text: "Good morning to you." }));
    expect(await ask(model, request("hello"))).toMatchObject({
      text: "Good morning to you.",
      pieces: 4,
      finish: "stop",
      tokens: [10, 4],
      calls: [],
      error: null,
    });
  });

  it("sends no word of tools where the request has none", async () => {
    const { server, model } = await scripted(() => ({ text: "ok" }));
    await ask(model, request("hello"));
    expect(server.requests).toHaveLength(1);
    expect(Object.keys(server.requests[0]?.body ?? {})).toContain("messages");
    expect(Object.keys(server.requests[0]?.body ?? {}).filter((key) => key.startsWith("tool"))).toEqual([]);
  });

  it("sends system, conversation, tools and limit in the wire's form", async () => {
    const { server, model } = await scripted(() => ({ text: "ok" }));
    await ask(
      model,
      request(
        [
          { role: "user", text: "remind me" },
          { role: "assistant", text: "", calls: [{ id: "c1", tool: "reminder.create", arguments: '{"minutes":10}' }] },
          {
            role: "tool",
            callId: "c1",
            tool: "reminder.create",
            status: "refused",
            text: "A person denied this call.",
          },
          { role: "assistant", text: "Fine.", calls: [{ id: "c2", tool: "calc", arguments: "not json" }] },
          { role: "tool", callId: "c2", tool: "calc", status: "ok", text: "42" },
        ],
        {
          system: "Be brief.",
          maxOutputTokens: 321,
          tools: [
            {
              name: "reminder.create",
              description: "Set a reminder",
              input: { type: "object", properties: { minutes: { type: "integer" } } },
            },
          ],
        },
      ),
    );
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.path).toBe("/v1/chat/completions");
    expect(server.requests[0]?.body).toMatchObject({
      model: "tiny",
      stream: true,
      max_tokens: 321,
      tool_choice: "auto",
      tools: [
        {
          type: "function",
          function: {
            name: "reminder_create",
            description: "Set a reminder",
            parameters: { type: "object", properties: { minutes: { type: "integer" } } },
          },
        },
      ],
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "remind me" },
        {
          role: "assistant",
          tool_calls: [{ id: "c1", function: { name: "reminder_create", arguments: '{"minutes":10}' } }],
        },
        { role: "tool", tool_call_id: "c1", content: "refused: A person denied this call." },
        {
          role: "assistant",
          content: "Fine.",
          tool_calls: [{ id: "c2", function: { name: "calc", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c2", content: "42" },
      ],
    });
  });

  it("puts the key on the wire, for this server, and nowhere else", async () => {
    const server = await startScriptedServer(() => ({ text: "ok" }));
    closing.push(() => server.close());
    const heard = await ask(modelAt(server.origin, { secret: "model-key" }, vault), request("hello"));
    expect(server.requests[0]?.headers["authorization"]).toBe("Bearer sk-canary-4812");
    expect(JSON.stringify(heard)).not.toContain("sk-canary");
  });

  it("names the missing key and sends nothing", async () => {
    const server = await startScriptedServer(() => ({ text: "ok" }));
    closing.push(() => server.close());
    expect((await ask(modelAt(server.origin, { secret: "model-key" }), request("hello"))).error).toBe(
      "SECRET_NOT_FOUND",
    );
    expect(server.requests).toHaveLength(0);
  });

  it("hands on several calls of one answer, in order, in our names", async () => {
    const { model } = await scripted(() => ({
      text: "Let me see.",
      calls: [
        { tool: "file.read", arguments: { path: "a.txt" } },
        { tool: "clock.now", arguments: "" },
        { tool: "web.fetch", arguments: '{"url":' },
      ],
    }));
    const heard = await ask(model, request("hello"));
    expect(heard).toMatchObject({ text: "Let me see.", finish: "calls", error: null });
    expect(heard.calls.map(({ tool, arguments: text }) => [tool, text])).toEqual([
      ["file.read", '{"path":"a.txt"}'],
      ["clock.now", "{}"],
      ["web.fetch", '{"url":'],
    ]);
    expect(new Set(heard.calls.map(({ id }) => id)).size).toBe(3);
  });

  it("joins calls that arrive interleaved and in pieces", async () => {
    const { model } = await wire(
      stream(
        callDelta(0, "file_read", "", "a"),
        callDelta(1, "calc", '{"ex', "b"),
        callDelta(0, undefined, '{"path":"x'),
        callDelta(1, undefined, 'pr":"1+1"}'),
        callDelta(0, undefined, '.txt"}'),
        delta({}, "tool_calls"),
        DONE,
      ),
    );
    const heard = await ask(model, request("hello"));
    expect(heard.calls.toSorted((a, b) => a.id.localeCompare(b.id))).toEqual([
      { id: "a", tool: "file.read", arguments: '{"path":"x.txt"}' },
      { id: "b", tool: "calc", arguments: '{"expr":"1+1"}' },
    ]);
  });

  it("reads the same answer wherever the network cuts it", async () => {
    const bytes = Buffer.from(
      [
        delta({ role: "assistant", content: "" }),
        delta({ content: "Grüße, " }),
        delta({ content: "Wörld 😀" }),
        callDelta(0, "clock_now", "{}", "a"),
        delta({}, "tool_calls"),
        DONE,
      ].join(""),
    );
    let cuts: readonly number[] = [];
    const { model } = await wire(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      let from = 0;
      for (const at of [...cuts, bytes.length]) {
        response.write(bytes.subarray(from, at));
        from = at;
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 12 }),
        async (places) => {
          cuts = places.toSorted((a, b) => a - b);
          expect(await ask(model, request("hello"))).toMatchObject({
            text: "Grüße, Wörld 😀",
            finish: "calls",
            error: null,
            calls: [{ tool: "clock.now", arguments: "{}" }],
          });
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("an answer that is not whole", () => {
  it("hands on no call when it was cut off at the token limit", async () => {
    const { model } = await scripted(() => ({
      calls: [{ tool: "file.read", arguments: { path: "a" } }],
      finish: "length",
    }));
    expect(await ask(model, request("hello"))).toMatchObject({ finish: "length", calls: [], error: null });
  });

  it("unplug: the library alone hands the same call on before anybody knows that the answer was cut off", async () => {
    const { server } = await scripted(() => ({
      calls: [{ tool: "file.read", arguments: { path: "a" } }],
      finish: "length",
    }));
    const library = createOpenAICompatible({ name: "local", baseURL: `${server.origin}/v1` }).chatModel("tiny");
    const { stream: parts } = await library.doStream({
      prompt: [{ role: "user", content: [{ type: "text", text: "hello" }] }],
    });
    const types: string[] = [];
    for await (const part of parts) types.push(part.type);
    expect(types.indexOf("tool-call")).toBeGreaterThan(-1);
    expect(types.indexOf("tool-call")).toBeLessThan(types.indexOf("finish"));
  });

  it("hands on no call when the vendor filtered it", async () => {
    const { model } = await scripted(() => ({
      text: "I will.",
      calls: [{ tool: "file.read", arguments: { path: "a" } }],
      finish: "content_filter",
    }));
    expect(await ask(model, request("hello"))).toMatchObject({ finish: "refused", calls: [], error: null });
  });

  it("is an error when the vendor filtered all of it: there is nothing to show", async () => {
    const { model } = await scripted(() => ({
      calls: [{ tool: "file.read", arguments: { path: "a" } }],
      finish: "content_filter",
    }));
    expect(await ask(model, request("hello"))).toMatchObject({ finish: null, calls: [], error: "MODEL_BLOCKED" });
  });

  it("is invalid when its last reason is an error, which the library takes for a whole answer", async () => {
    const { model } = await wire(stream(delta({ content: "half a sen" }), delta({}, "error"), DONE));
    expect(await ask(model, request("hello"))).toMatchObject({ finish: null, error: "MODEL_ANSWER_INVALID" });
  });

  it("takes `stop` after a call for a call, as some servers say it", async () => {
    const { model } = await scripted(() => ({ calls: [{ tool: "clock.now", arguments: {} }], finish: "stop" }));
    expect((await ask(model, request("hello"))).finish).toBe("calls");
  });

  it.each([
    ["says `tool_calls` and names none", [delta({ content: "x" }), delta({}, "tool_calls"), DONE]],
    ["ends a call with a reason nobody knows", [callDelta(0, "clock_now", "{}", "a"), delta({}, "gone_fishing"), DONE]],
    ["ends without a reason", [delta({ content: "x" }), callDelta(0, "clock_now", "{}", "a"), DONE]],
    ["is empty", [""]],
    ["breaks its JSON off", [delta({ content: "x" }), 'data: {"choices":[{"delta":\n\n', delta({}, "stop"), DONE]],
    ["is JSON of another kind", [data({ hello: "world" }), DONE]],
    [
      "never stops",
      [...Array.from({ length: 40 }, () => delta({ content: "x".repeat(30_000) })), delta({}, "stop"), DONE],
    ],
    [
      "hides a flood in a call",
      [callDelta(0, "calc", `{"expr":"${"x".repeat(1_100_000)}"}`, "a"), delta({}, "tool_calls"), DONE],
    ],
  ])("is invalid when it %s, and runs nothing", async (_name, events) => {
    const { model } = await wire(stream(...events));
    expect(await ask(model, request("hello"))).toMatchObject({
      error: "MODEL_ANSWER_INVALID",
      finish: null,
      calls: [],
    });
  });

  it("is unavailable when the connection is cut in the middle", async () => {
    const { model } = await wire((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(delta({ content: "half a sen" }) + callDelta(0, "file_read", '{"path":"a"}', "a"));
      setTimeout(() => response.destroy(), 30);
    });
    expect(await ask(model, request("hello"))).toMatchObject({
      text: "half a sen",
      error: "MODEL_UNAVAILABLE",
      finish: null,
      calls: [],
    });
  });

  it.each([
    [{ message: "canary", code: 429 }, "MODEL_RATE_LIMITED"],
    [{ message: "canary", code: "server_error" }, "MODEL_UNAVAILABLE"],
  ])("has a name when the server reports %j inside the stream", async (error, code) => {
    const { model } = await wire(stream(delta({ content: "x" }), data({ error })));
    expect(await ask(model, request("hello"))).toMatchObject({ error: code, finish: null });
  });
});

describe("a server that does not answer", () => {
  it.each([
    [401, "MODEL_KEY_REFUSED", 1],
    [404, "MODEL_REFUSED", 1],
    [429, "MODEL_RATE_LIMITED", 2],
    [500, "MODEL_UNAVAILABLE", 2],
    [503, "MODEL_UNAVAILABLE", 2],
  ])("is asked again only where that may help: status %d is %s", async (status, code, asked) => {
    const { server, model } = await scripted(() => ({ status }));
    expect((await ask(model, request("hello"))).error).toBe(code);
    expect(server.requests).toHaveLength(asked);
  });

  it("never lets a vendor's words into the error", async () => {
    const { model } = await wire((response) => {
      response.writeHead(400, { "content-type": "application/json" });
      response.end('{"error":{"message":"canary-4812: your prompt was hello"}}');
    });
    for await (const event of model.stream(request("hello"), new AbortController().signal))
      expect(JSON.stringify(event)).not.toMatch(/canary|prompt was/);
  });

  it("is not followed to another address", async () => {
    const other = await scripted(() => ({ text: "elsewhere" }));
    const { model } = await wire((response) => {
      response.writeHead(307, { location: `${other.server.origin}/v1/chat/completions` });
      response.end();
    });
    expect((await ask(model, request("hello"))).error).toMatch(/^MODEL_/);
    expect(other.server.requests).toHaveLength(0);
  });

  it("is unavailable when nobody listens", async () => {
    const server = await startWireServer(() => undefined);
    await server.close();
    expect((await ask(modelAt(server.origin), request("hello"))).error).toBe("MODEL_UNAVAILABLE");
  });

  it.each([
    ["before the first byte", () => undefined],
    [
      "in the middle",
      (response: {
        writeHead(status: number, headers: Record<string, string>): unknown;
        write(text: string): unknown;
      }) => {
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.write(delta({ content: "x" }));
      },
    ],
  ])("times out when it falls silent %s, and is hung up on", async (_name, answer) => {
    const { server, model } = await wire(answer, { timeoutSeconds: 0.2 });
    expect(await ask(model, request("hello"))).toMatchObject({ error: "MODEL_TIMEOUT", finish: null });
    for (let count = 0; count < 100 && server.open() > 0; count += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.open()).toBe(0);
  });

  it("is hung up on when a person stops", async () => {
    const { server, model } = await wire((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(delta({ content: "x" }));
    });
    const stop = new AbortController();
    const heard: string[] = [];
    for await (const event of model.stream(request("hello"), stop.signal)) {
      heard.push(event.ok ? event.value.type : event.error.code);
      stop.abort();
    }
    expect(heard).toEqual(["text", "TURN_STOPPED"]);
    for (let count = 0; count < 100 && server.open() > 0; count += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.open()).toBe(0);
    expect((await ask(model, request("hello"), AbortSignal.abort())).error).toBe("TURN_STOPPED");
  });
});
