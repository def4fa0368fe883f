import type { QuotedBlock } from "@moltbot/core/conversation";
import type { ChatMessage } from "@moltbot/ingress/http";

/** As many as a message of any surface may bring. */
const MOST_BLOCKS = 20;
const MOST_CHARACTERS = 100_000;

const wordsOf = (message: ChatMessage): string =>
  message.role === "assistant"
    ? [message.text, ...message.calls.map((call) => `${call.tool} ${call.arguments}`)]
        .filter((text) => text !== "")
        .join("\n")
    : message.text;

/**
 * What a client sends beside the person's last words, as quotes: whatever it claims to be (a system's order, an answer of ours, the
 * person's own earlier words), nobody here wrote or checked it. The newest that fit.
 */
export const quoteHistory = (messages: readonly ChatMessage[]): readonly QuotedBlock[] => {
  const quotes: QuotedBlock[] = [];
  let left = MOST_CHARACTERS;
  for (const message of messages.toReversed()) {
    const text = wordsOf(message);
    if (text.trim() === "") continue;
    left -= text.length;
    if (left < 0 || quotes.length === MOST_BLOCKS) break;
    quotes.unshift({ kind: "attached", from: `the client, as ${message.role}`, text });
  }
  return quotes;
};
