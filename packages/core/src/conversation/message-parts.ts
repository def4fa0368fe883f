import { label } from "@moltbot/contracts";
import type { MessageId, MessagePart, PrincipalId } from "@moltbot/contracts";
import type { QuotedBlock } from "./quoted-block.ts";
import { splitBlocks } from "./split-blocks.ts";

/**
 * The parts of what an authenticated person sent: their own words as text, everything quoted in them and every block that
 * came along as a quote, which is untrusted and for the audience alone.
 */
export const messageParts = (
  text: string,
  blocks: readonly QuotedBlock[],
  audience: readonly PrincipalId[],
  messageId: MessageId,
): readonly MessagePart[] => {
  const untrusted = label("untrusted", audience, [{ kind: "message", ref: messageId }]);
  const quote = ({ kind, from, text: words }: QuotedBlock): MessagePart => ({
    type: "quote",
    kind,
    from,
    text: words,
    label: untrusted,
  });
  const own = splitBlocks(text).map((block): MessagePart =>
    block.kind === "own" ? { type: "text", text: block.text } : quote(block),
  );
  const parts = [...own, ...blocks.map(quote)];
  return parts.length === 0 ? [{ type: "text", text }] : parts;
};
