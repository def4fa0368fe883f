import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readChat } from "./read-chat.ts";

const said = (content: unknown) => ({ role: "user", content });
const body = (more: object = {}) => ({ model: "moltbot", messages: [said("hello")], ...more });
const read = (value: unknown) => {
  const result = readChat(value, null);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};
const fault = (value: unknown): string => {
  const result = readChat(value, null);
  return result.ok ? "taken" : `${result.error.code} ${String(result.error.context["problem"])}`;
};
const weather = { type: "function", function: { name: "get_weather", parameters: { type: "object" } } };
const called = {
  role: "assistant",
  content: null,
  tool_calls: [{ id: "call_1", type: "function", function: { name: "get_weather", arguments: "{}" } }],
};

describe("the body of a chat completion", () => {
  it("is read with texts and parts, and without what the client need not send", () => {
    const { request, stream, usage } = read(
      body({
        messages: [
          { role: "developer", content: "be brief" },
          said([
            { type: "text", text: "one" },
            { type: "text", text: "two" },
          ]),
        ],
      }),
    );
    expect(request).toEqual({
      model: "moltbot",
      messages: [
        { role: "system", text: "be brief" },
        { role: "user", text: "one\ntwo" },
      ],
      tools: [],
      choice: "auto",
      oneCall: false,
      user: null,
      maxOutputTokens: null,
      idempotencyKey: null,
    });
    expect([stream, usage]).toEqual([false, false]);
  });

  it("may hold every optional field that clients send", () => {
    const { stream, usage } = read(
      body({
        temperature: 0.2,
        top_p: 1,
        n: 1,
        seed: 7,
        stop: ["\n"],
        presence_penalty: 0,
        frequency_penalty: 0,
        logit_bias: {},
        logprobs: false,
        metadata: { a: "b" },
        store: false,
        reasoning_effort: "low",
        service_tier: "auto",
        response_format: { type: "text" },
        modalities: ["text"],
        a_field_of_tomorrow: { deep: [1] },
        tools: null,
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect([stream, usage]).toEqual([true, true]);
  });

  it.each([
    ["n", 2],
    ["logprobs", true],
    ["top_logprobs", 3],
    ["audio", { voice: "alloy" }],
    ["modalities", ["text", "audio"]],
    ["response_format", { type: "json_object" }],
    ["web_search_options", {}],
    ["functions", [{ name: "f" }]],
    ["function_call", "auto"],
  ])("is refused by the name of %s, which would ask for another answer", (field, value) => {
    expect(fault(body({ [field]: value }))).toMatch(new RegExp(`^REQUEST_INVALID ${field}: `));
  });

  it.each(["image_url", "input_audio", "file"])("is refused by the name of a part of type %s", (type) => {
    expect(fault(body({ messages: [said([{ type, [type]: { url: "data:" } }])] }))).toBe(
      `REQUEST_INVALID messages.0.content.0: a part of type ${type} is not taken; this surface reads text only`,
    );
  });

  it("reads tools, calls and their results", () => {
    const { request } = read(
      body({
        messages: [said("weather?"), called, { role: "tool", tool_call_id: "call_1", content: "sunny" }],
        tools: [weather],
        tool_choice: { type: "function", function: { name: "get_weather" } },
        parallel_tool_calls: false,
        max_tokens: 5,
        max_completion_tokens: 9,
      }),
    );
    expect(request).toMatchObject({
      messages: [
        { role: "user" },
        { role: "assistant", text: "", calls: [{ id: "call_1", tool: "get_weather", arguments: "{}" }] },
        { role: "tool", callId: "call_1", text: "sunny" },
      ],
      tools: [{ name: "get_weather", description: "", input: { type: "object" } }],
      choice: { tool: "get_weather" },
      oneCall: true,
      maxOutputTokens: 9,
    });
  });

  it.each([
    ["two tools of one name", { tools: [weather, weather] }, "two tools have that name"],
    ["a tool of the vendor's own", { tools: [{ type: "web_search" }] }, "a tool of type web_search is not taken"],
    ["a tool without a function", { tools: [{ type: "function" }] }, "is not taken"],
    ["a tool's name with a dot", { tools: [{ type: "function", function: { name: "memory.save" } }] }, "letters"],
    [
      "a choice of a tool that is not there",
      { tools: [weather], tool_choice: { type: "function", function: { name: "x" } } },
      "no tool has that name",
    ],
    ["a choice of nothing known", { tools: [weather], tool_choice: { type: "custom" } }, "tool_choice"],
    ["a call that must be, without tools", { tool_choice: "required" }, "no tools were sent"],
    [
      "a result of a call that nobody made",
      { tools: [weather], messages: [said("?"), { role: "tool", tool_call_id: "call_9", content: "x" }] },
      "no call before it has that id",
    ],
    [
      "a call in an old form",
      { messages: [{ role: "assistant", content: "", function_call: { name: "x" } }, said("?")] },
      "messages.0.function_call",
    ],
    ["an unknown role", { messages: [{ role: "function", content: "x" }] }, "messages.0.role"],
    ["no messages", { messages: [] }, "messages"],
    ["a model that is no text", { model: 3 }, "model"],
    ["a user that is too long", { user: "u".repeat(513) }, "user"],
  ])("is refused for %s", (_, more, says) => {
    expect(fault(body(more))).toContain(says);
  });

  it("is refused when it is no object, or nests so deeply that whoever walks it could fall", () => {
    expect(fault([1])).toContain("not a JSON object");
    const deep = JSON.parse(`${'{"a":'.repeat(80)}1${"}".repeat(80)}`) as unknown;
    expect(fault(body({ tools: [{ type: "function", function: { name: "f", parameters: deep } }] }))).toContain(
      "nests",
    );
  });

  it("never throws, whatever it holds", () => {
    const field = fc.constantFrom("model", "messages", "tools", "tool_choice", "user", "stream", "n", "stream_options");
    fc.assert(
      fc.property(fc.dictionary(field, fc.jsonValue()), (fields) => {
        const result = readChat({ ...body(), ...fields }, null);
        if (!result.ok) expect(result.error.code).toBe("REQUEST_INVALID");
      }),
      { numRuns: 500 },
    );
  });
});
