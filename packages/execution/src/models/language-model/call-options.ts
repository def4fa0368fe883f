import type { LanguageModelV4CallOptions, LanguageModelV4Message, LanguageModelV4ToolChoice } from "@ai-sdk/provider";
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

type Result = Extract<ModelMessage, { readonly role: "tool" }>;

const result = ({ callId, tool, status, text }: Result) => ({
  type: "tool-result" as const,
  toolCallId: callId,
  toolName: toVendorName(tool),
  output: { type: "text" as const, value: status === "ok" ? text : `${status}: ${text}` },
});

const spoken = (entry: Exclude<ModelMessage, Result>): LanguageModelV4Message =>
  entry.role === "user"
    ? { role: "user", content: [{ type: "text", text: entry.text }] }
    : {
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

/** Stands where a view begins in the middle: Anthropic and Google want a person to begin. */
const LEFT_OUT: LanguageModelV4Message = {
  role: "user",
  content: [{ type: "text", text: "(What came before is left out.)" }],
};

/** Results that follow one another become one message: Gemini wants all of a turn's results together. */
const conversation = (entries: readonly ModelMessage[]): readonly LanguageModelV4Message[] => {
  const messages: LanguageModelV4Message[] = entries[0]?.role === "assistant" ? [LEFT_OUT] : [];
  for (const entry of entries) {
    const last = messages.at(-1);
    if (entry.role !== "tool") messages.push(spoken(entry));
    else if (last?.role === "tool") messages.splice(-1, 1, { ...last, content: [...last.content, result(entry)] });
    else messages.push({ role: "tool", content: [result(entry)] });
  }
  return messages;
};

/** A tool that was not offered cannot be demanded: then the model chooses. */
const toolChoice = ({ toolChoice: choice, tools }: ModelRequest): LanguageModelV4ToolChoice => {
  if (choice === undefined) return { type: "auto" };
  if (choice === "required") return { type: "required" };
  return tools.some(({ name }) => name === choice.tool)
    ? { type: "tool", toolName: toVendorName(choice.tool) }
    : { type: "auto" };
};

/** A request in the library's words. */
export const callOptions = (request: ModelRequest, signal: AbortSignal): LanguageModelV4CallOptions => ({
  prompt: [
    ...(request.system === "" ? [] : [{ role: "system" as const, content: request.system }]),
    ...conversation(request.messages),
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
        toolChoice: toolChoice(request),
      }),
  maxOutputTokens: request.maxOutputTokens,
  abortSignal: signal,
});
