import { withoutCalls } from "@moltbot/core/conversation";
import type { ModelMessage, ModelRequest } from "@moltbot/contracts";
import type { ChatChoice, ChatMessage, ChatRequest, ChatTool } from "@moltbot/ingress/http";

/**
 * Names of tools in the form that the models room takes: words joined by dots, which it writes with `_`. A client's name holds no dot,
 * so the two forms correspond one to one.
 */
const inward = (name: string): string => name.replaceAll("_", ".");

const offered = (tools: readonly ChatTool[], choice: ChatChoice): readonly ChatTool[] => {
  if (choice === "none") return [];
  return typeof choice === "string" ? tools : tools.filter(({ name }) => name === choice.tool);
};

/** What the client demands of the model; nothing where it may choose, or has nothing to call. */
const demanded = (choice: ChatChoice): Pick<ModelRequest, "toolChoice"> => {
  if (choice === "auto" || choice === "none") return {};
  return { toolChoice: choice === "required" ? "required" : { tool: inward(choice.tool) } };
};

const messagesOf = (messages: readonly ChatMessage[]): readonly ModelMessage[] => {
  const tools = new Map(
    messages.flatMap((message) =>
      message.role === "assistant" ? message.calls.map(({ id, tool }) => [id, inward(tool)] as const) : [],
    ),
  );
  return messages.flatMap((message): readonly ModelMessage[] => {
    switch (message.role) {
      case "system":
        return [];
      case "user":
        return [{ role: "user", text: message.text }];
      case "assistant": {
        const calls = message.calls.map((call) => ({ ...call, tool: inward(call.tool) }));
        return [{ role: "assistant", text: message.text, calls }];
      }
      case "tool": {
        const { callId, text } = message;
        return [{ role: "tool", callId, tool: tools.get(callId) ?? "tool", status: "ok", text }];
      }
    }
  });
};

/** What the model is asked, and how a name that it writes is the client's again; undefined: it was not offered. */
export interface ToolRequest {
  readonly request: ModelRequest;
  readonly nameOf: (tool: string) => string | undefined;
}

/** A client's request as the model gets it: the client's own system text, messages and tools, and nothing of ours. */
export const toolRequest = ({ messages, tools, choice, maxOutputTokens }: ChatRequest, most: number): ToolRequest => {
  const system = messages.flatMap((message) => (message.role === "system" ? [message.text] : []));
  const shown = offered(tools, choice);
  const names = new Map(shown.map(({ name }) => [inward(name), name]));
  const sent = messagesOf(messages);
  return {
    request: {
      system: system.join("\n\n"),
      // Some vendors refuse calls in a history where no tools are.
      messages: shown.length === 0 ? withoutCalls(sent) : sent,
      tools: shown.map(({ name, description, input }) => ({ name: inward(name), description, input })),
      maxOutputTokens: Math.min(most, maxOutputTokens ?? most),
      ...demanded(choice),
    },
    nameOf: (tool) => names.get(inward(tool)),
  };
};
