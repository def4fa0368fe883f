import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ModelPort, ModelRequest } from "@moltbot/contracts";
import type { ProviderSettings } from "./model-settings.ts";
import { KEY, TEST_VENDORS, startVendor } from "./testing/ask-vendor.ts";
import { ask, request } from "./testing/model-harness.ts";
import { VENDORS_WORDS } from "./testing/vendor-server.ts";
import type { Act, Trouble, VendorServer, WholeAnswer } from "./testing/vendor-server.ts";

const HELLO: WholeAnswer = { text: ["Good ", "morning ", "to you."], finish: "stop", usage: [12, 7] };
const CALLS: WholeAnswer = {
  text: ["Let me see."],
  calls: [
    { id: "call_a", name: "file_read", pieces: ['{"pa', 'th":"a', '.txt"}'] },
    { id: "call_b", name: "clock_now", pieces: ["{}"] },
    { id: "call_c", name: "file_read", pieces: ['{"path":', '"b.txt"}'] },
  ],
  finish: "calls",
  usage: [20, 9],
};

/** A conversation with all that a request can hold. */
const FULL: ModelRequest = request(
  [
    { role: "user", text: "remind me, and read a file" },
    {
      role: "assistant",
      text: "I will.",
      calls: [
        { id: "c1", tool: "reminder.create", arguments: '{"minutes":10}' },
        { id: "c2", tool: "file.read", arguments: "not json" },
      ],
    },
    { role: "tool", callId: "c1", tool: "reminder.create", status: "refused", text: "A person denied this call." },
    { role: "tool", callId: "c2", tool: "file.read", status: "ok", text: "" },
    { role: "assistant", text: "It is empty.", calls: [] },
    { role: "user", text: "and now?" },
  ],
  {
    system: "Be brief.",
    maxOutputTokens: 321,
    tools: [
      {
        name: "reminder.create",
        description: "Sets a reminder",
        input: {
          type: "object",
          properties: {
            minutes: { type: "integer", minimum: 1, maximum: 500 },
            text: { type: "string", minLength: 1, description: "What of" },
            repeat: { anyOf: [{ type: "string", enum: ["day", "week"] }, { type: "null" }] },
            tags: { type: "array", items: { type: "string" }, maxItems: 5 },
          },
          required: ["minutes"],
          additionalProperties: false,
        },
      },
      { name: "clock.now", description: "Tells the time", input: { type: "object", properties: {} } },
    ],
  },
);

const EXPECTED: readonly (readonly [Trouble, string, asked: number])[] = [
  ["bad-key", "MODEL_KEY_REFUSED", 1],
  ["no-credit", "MODEL_QUOTA_EXHAUSTED", 1],
  ["forbidden", "MODEL_KEY_REFUSED", 1],
  ["no-such-model", "MODEL_REFUSED", 1],
  ["too-long", "MODEL_INPUT_TOO_LONG", 1],
  ["too-large", "MODEL_INPUT_TOO_LONG", 1],
  ["filtered", "MODEL_BLOCKED", 1],
  ["rate", "MODEL_RATE_LIMITED", 3],
  ["broken", "MODEL_UNAVAILABLE", 3],
  ["busy", "MODEL_UNAVAILABLE", 3],
  ["overloaded", "MODEL_UNAVAILABLE", 3],
];

const hungUp = async (server: VendorServer): Promise<number> => {
  for (let count = 0; count < 100 && server.open() > 0; count += 1)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return server.open();
};

afterEach(() => vi.unstubAllEnvs());

describe.each(TEST_VENDORS)("$kind, $model", (vendor) => {
  const start = (settings: Partial<ProviderSettings>, ...acts: readonly Act[]) =>
    startVendor(vendor, settings, ...acts);
  const answer = (whole: WholeAnswer): Act => ({ does: "answer", answer: whole });
  const askIt = (model: ModelPort) => ask(model, request("hello"));

  it("streams words, usage and the end", async () => {
    const { server, model } = await start({}, answer(HELLO));
    expect(await askIt(model)).toEqual({
      text: "Good morning to you.",
      pieces: 3,
      calls: [],
      finish: "stop",
      tokens: [12, 7],
      error: null,
    });
    expect(server.problems).toEqual([]);
  });

  it("puts a whole conversation with tools as the vendor wants it", async () => {
    const { server, model } = await start({}, answer(HELLO));
    const heard = await ask(model, FULL);
    expect(server.problems).toEqual([]);
    expect(heard).toMatchObject({ finish: "stop", error: null });
    const sent = JSON.stringify(server.seen[0]?.body);
    for (const part of ["Be brief.", "reminder_create", "A person denied this call.", "and now?", "321"])
      expect(sent).toContain(part);
  });

  it("demands a tool, or any of them, in the vendor's own words, and never one that was not offered", async () => {
    const { server, model } = await start({}, answer(HELLO));
    const chosen = async (toolChoice?: ModelRequest["toolChoice"]): Promise<unknown> => {
      expect(await ask(model, { ...FULL, ...(toolChoice === undefined ? {} : { toolChoice }) })).toMatchObject({
        error: null,
      });
      const body = server.seen.at(-1)?.body as Readonly<Record<string, unknown>>; // the vendor took it
      return body["tool_choice"] ?? body["toolConfig"] ?? "auto";
    };
    const free = await chosen();
    const any = await chosen("required");
    const one = await chosen({ tool: "clock.now" });
    expect(new Set([free, any, one].map((choice) => JSON.stringify(choice))).size).toBe(3);
    expect(JSON.stringify([free, any])).not.toContain("clock_now");
    expect(JSON.stringify(one)).toContain("clock_now");
    expect(await chosen({ tool: "mail.send" })).toEqual(free);
    expect(server.problems).toEqual([]);
  });

  it("takes a view that begins in the middle", async () => {
    const { server, model } = await start({}, answer(HELLO));
    expect(await ask(model, { ...FULL, messages: FULL.messages.slice(1) })).toMatchObject({ error: null });
    expect(server.problems).toEqual([]);
  });

  it("puts the key into its one header, and nothing else says a word of it", async () => {
    const { server, model, log } = await start({}, answer(HELLO));
    const heard = await askIt(model);
    const { headers, body, path } = server.seen[0] ?? { headers: {}, body: null, path: "" };
    const holding = Object.entries(headers).filter(([, value]) => String(value).includes(KEY));
    expect(holding).toHaveLength(vendor.key === null ? 0 : 1);
    expect(JSON.stringify([body, path, heard, log.lines])).not.toContain(KEY);
    expect(JSON.stringify(headers)).not.toContain("kept-in-the-vault");
  });

  it("keeps to our address and our key, whatever the environment holds", async () => {
    const elsewhere = await startVendor(vendor, {}, answer(HELLO));
    for (const name of ["ANTHROPIC", "OPENAI", "GOOGLE_GENERATIVE_AI", "OPENROUTER", "OLLAMA"]) {
      vi.stubEnv(`${name}_API_KEY`, "canary-of-the-environment");
      vi.stubEnv(`${name}_AUTH_TOKEN`, "canary-of-the-environment");
      vi.stubEnv(`${name}_BASE_URL`, `${elsewhere.server.origin}${vendor.path}`);
    }
    const { server, model } = await start({}, answer(HELLO));
    expect((await askIt(model)).error).toBeNull();
    expect(server.seen).toHaveLength(1);
    expect(elsewhere.server.seen).toHaveLength(0);
    expect(JSON.stringify(server.seen)).not.toContain("canary-of-the-environment");
  });

  it("hands on parallel calls whose arguments come in pieces", async () => {
    const { model } = await start({}, answer(CALLS));
    const heard = await ask(model, FULL);
    expect(heard).toMatchObject({ text: "Let me see.", finish: "calls", tokens: [20, 9], error: null });
    expect(heard.calls.map(({ tool, arguments: text }) => [tool, JSON.parse(text) as unknown])).toEqual([
      ["file.read", { path: "a.txt" }],
      ["clock.now", {}],
      ["file.read", { path: "b.txt" }],
    ]);
    expect(new Set(heard.calls.map(({ id }) => id)).size).toBe(3);
  });

  it("runs no call of an answer that was cut off at its limit", async () => {
    const { model } = await start({}, answer({ ...CALLS, finish: "length" }));
    expect(await askIt(model)).toMatchObject({ finish: "length", calls: [], error: null });
  });

  it("tells a refusal: with words as it ended, without any as an error", async () => {
    const { model } = await start({}, answer({ ...CALLS, finish: "filtered" }), {
      does: "answer",
      answer: { finish: "filtered", usage: [1, 0] },
    });
    expect(await askIt(model)).toMatchObject({ text: "Let me see.", finish: "refused", calls: [], error: null });
    expect(await askIt(model)).toMatchObject({ finish: null, calls: [], error: "MODEL_BLOCKED" });
  });

  it.each(EXPECTED)("names %s: %s, asked %d times, in no word of the vendor's", async (trouble, code, asked) => {
    const { server, model, log } = await start({}, { does: "refuse", trouble });
    const errors: unknown[] = [];
    for await (const event of model.stream(request("hello"), new AbortController().signal)) errors.push(event);
    expect(errors).toMatchObject([{ ok: false, error: { code } }]);
    expect(JSON.stringify(errors) + log.lines.join()).not.toMatch(new RegExp(VENDORS_WORDS.slice(0, 11)));
    expect(server.seen).toHaveLength(asked);
    expect(server.problems).toEqual([]);
  });

  it("asks again after what passes, and answers", async () => {
    const { server, model, log } = await start(
      {},
      { does: "refuse", trouble: "overloaded" },
      { does: "refuse", trouble: "rate", retryAfter: "0" },
      answer(HELLO),
    );
    expect(await askIt(model)).toMatchObject({ text: "Good morning to you.", pieces: 3, error: null });
    expect(server.seen).toHaveLength(3);
    expect(log.lines.filter((line) => line.startsWith("a model"))).toMatchObject([
      expect.stringMatching(/did not answer.*"attempt":1.*MODEL_UNAVAILABLE/),
      expect.stringMatching(/did not answer.*"attempt":2.*MODEL_RATE_LIMITED/),
      expect.stringMatching(/answered.*"attempt":3/),
    ]);
  });

  it("keeps to Retry-After, and does not wait for one that asks too much", async () => {
    const soon = await start({}, { does: "refuse", trouble: "rate", retryAfter: "600" }, answer(HELLO));
    expect((await askIt(soon.model)).error).toBe("MODEL_RATE_LIMITED");
    expect(soon.server.seen).toHaveLength(1);
  });

  it("is cut in the middle: what was said stays said, nothing is asked again, no call runs", async () => {
    for (const next of ["cut", "end", "error", "nonsense"] as const) {
      const { server, model } = await start({}, { does: "begin", answer: CALLS, events: 3, next }, answer(HELLO));
      const heard = await askIt(model);
      expect(heard, next).toMatchObject({ text: "Let me see.", finish: null, calls: [] });
      expect(heard.error, next).toBe(next === "cut" || next === "error" ? "MODEL_UNAVAILABLE" : "MODEL_ANSWER_INVALID");
      expect(server.seen, next).toHaveLength(1);
    }
  });

  it("is cut before a word: it is asked again", async () => {
    const { server, model } = await start(
      {},
      { does: "begin", answer: HELLO, events: vendor.kind === "google" ? 0 : 1, next: "cut" },
      answer(HELLO),
    );
    expect(await askIt(model)).toMatchObject({ text: "Good morning to you.", pieces: 3, error: null });
    expect(server.seen).toHaveLength(2);
  });

  it.each([
    ["nonsense for an event", { does: "begin", answer: HELLO, events: 0, next: "nonsense" }],
    ["an empty body", { does: "send", status: 200, body: "", headers: { "content-type": "text/event-stream" } }],
    [
      "a page instead",
      { does: "send", status: 200, body: "<html>hello</html>", headers: { "content-type": "text/html" } },
    ],
    [
      "JSON of another kind",
      {
        does: "send",
        status: 200,
        body: 'data: {"hello":"world"}\n\n',
        headers: { "content-type": "text/event-stream" },
      },
    ],
  ] as const)("takes %s for no answer", async (_name, act) => {
    const { model } = await start({}, act);
    expect(await askIt(model)).toMatchObject({ text: "", finish: null, calls: [], error: "MODEL_ANSWER_INVALID" });
  });

  it("reads an error page that is no JSON", async () => {
    const { model } = await start({}, { does: "send", status: 502, body: "<html>bad gateway</html>" });
    expect((await askIt(model)).error).toBe("MODEL_UNAVAILABLE");
  });

  it("times out in silence, before a word and after one, also where comments keep the line open, and hangs up", async () => {
    for (const act of [
      { does: "silence" },
      { does: "begin", answer: HELLO, events: 2, next: "silence" },
      { does: "begin", answer: HELLO, events: 2, next: "comments" },
    ] as const) {
      const { server, model } = await start({ timeoutSeconds: 0.2 }, act);
      expect(await askIt(model)).toMatchObject({ finish: null, error: "MODEL_TIMEOUT" });
      expect(server.seen).toHaveLength(1);
      expect(await hungUp(server)).toBe(0);
    }
  });

  it("is patient with a slow answer that never falls silent", async () => {
    const { model } = await start({ timeoutSeconds: 0.4 }, { does: "answer", answer: HELLO, dripMilliseconds: 80 });
    expect(await askIt(model)).toMatchObject({ text: "Good morning to you.", error: null });
  });

  it("gives up an answer without end", async () => {
    const flood: WholeAnswer = { ...HELLO, text: Array.from({ length: 40 }, () => "x".repeat(30_000)) };
    const { model } = await start({}, answer(flood));
    expect(await askIt(model)).toMatchObject({ finish: null, error: "MODEL_ANSWER_INVALID" });
  });

  it("reads an answer that came compressed", async () => {
    const { model } = await start({}, { does: "answer", answer: CALLS, gzip: true });
    expect(await ask(model, FULL)).toMatchObject({ text: "Let me see.", finish: "calls", error: null });
  });

  it("reads the same answer wherever the network parts it", async () => {
    let at: readonly number[] = [];
    const whole: WholeAnswer = { ...CALLS, text: ["Grüße, ", "Wörld 😀"] };
    const { model } = await start({}, { does: "part", answer: whole, at: () => at });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }), async (places) => {
        at = places;
        const heard = await ask(model, FULL);
        expect(heard).toMatchObject({ text: "Grüße, Wörld 😀", finish: "calls", error: null });
        expect(heard.calls.map(({ tool }) => tool)).toEqual(["file.read", "clock.now", "file.read"]);
      }),
      { numRuns: 12 },
    );
  });

  it("hangs up when whoever reads walks away", async () => {
    const { server, model } = await start({}, { does: "begin", answer: HELLO, events: 3, next: "silence" });
    for await (const event of model.stream(request("hello"), new AbortController().signal)) {
      expect(event.ok).toBe(true);
      break;
    }
    expect(await hungUp(server)).toBe(0);
  });

  it("stops at once: while it waits to ask again, before a word and after one", async () => {
    const waiting = await start({}, { does: "refuse", trouble: "rate", retryAfter: "0" }, { does: "silence" });
    for (const { server, model } of [
      waiting,
      await start({}, { does: "silence" }),
      await start({}, { does: "begin", answer: HELLO, events: 2, next: "silence" }),
    ]) {
      const stop = new AbortController();
      setTimeout(() => stop.abort(), 60);
      const began = performance.now();
      expect((await ask(model, request("hello"), stop.signal)).error).toBe("TURN_STOPPED");
      expect(performance.now() - began).toBeLessThan(2_000); // far from every patience
      expect(await hungUp(server)).toBe(0);
    }
  });

  it("asks nobody when it was stopped before", async () => {
    const { server, model } = await start({}, answer(HELLO));
    expect((await ask(model, request("hello"), AbortSignal.abort())).error).toBe("TURN_STOPPED");
    expect(server.seen).toHaveLength(0);
  });
});
