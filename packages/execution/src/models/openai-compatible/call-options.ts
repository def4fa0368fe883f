import type { LanguageModelV4CallOptions, LanguageModelV4Message } from "@ai-sdk/provider";
import type { ModelMessage, ModelRequest } from "@moltbot/contracts";
import { toVendorName } from "./tool-names.ts";

/** The arguments a model wrote, as a value; what never was JSON was never run, and goes back as an empty object. */
const argumentsOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

const message = (entry: ModelMessage): LanguageModelV4Message => {
  switch (entry.role) {
    case "user":
      return { role: "user", content: [{ type: "text", text: entry.text }] };
    case "assistant":
      return {
        role: "assistant",
        content: [
          ...(entry.text === "" ? [] : [{ type: "text" as const, text: entry.text }]),
          ...entry.calls.map(({ id, tool, arguments: text }) => ({
            type: "tool-call" as const,
            toolCallId: id,
            toolName: toVendorName(tool),
            input: argumentsOf(text),
          })),
        ],
      };
    case "tool":
      return {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: entry.callId,
            toolName: toVendorName(entry.tool),
            output: { type: "text", value: entry.status === "ok" ? entry.text : `${entry.status}: ${entry.text}` },
          },
        ],
      };
  }
};

/** A request in the library's words. */
export const callOptions = (request: ModelRequest, signal: AbortSignal): LanguageModelV4CallOptions => ({
  prompt: [
    ...(request.system === "" ? [] : [{ role: "system" as const, content: request.system }]),
    ...request.messages.map(message),
  ],
  ...(request.tools.length === 0
    ? {}
    : {
        tools: request.tools.map(({ name, description, input }) => ({
          type: "function" as const,
          name: toVendorName(name),
          description,
          inputSchema: input,
        })),
        toolChoice: { type: "auto" as const },
      }),
  maxOutputTokens: request.maxOutputTokens,
  abortSignal: signal,
});
