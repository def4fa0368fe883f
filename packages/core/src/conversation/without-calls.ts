import type { ModelMessage } from "@moltbot/contracts";
import { barredText, onOneLine } from "./quote-text.ts";

/** A view's messages for a model that knows no calls: its calls as words of its own, what came of them as quoted text. */
export const withoutCalls = (messages: readonly ModelMessage[]): readonly ModelMessage[] =>
  messages.map((message): ModelMessage => {
    switch (message.role) {
      case "user":
        return message;
      case "assistant": {
        const called = message.calls.map(({ tool, arguments: json }) => `(called ${tool} with ${json})`);
        return {
          role: "assistant",
          text: [message.text, ...called].filter((line) => line !== "").join("\n"),
          calls: [],
        };
      }
      case "tool": {
        const head = `result of ${onOneLine(message.tool)} (${message.status})`;
        return { role: "user", text: barredText(head, message.text, "result") };
      }
    }
  });
