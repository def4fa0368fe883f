import { readableBy } from "@moltbot/contracts";
import type { Conversation, Label, Message, PrincipalId } from "@moltbot/contracts";

/** A message with what the whole audience may know of it; null when that is nothing. */
const knownTo = (audience: readonly PrincipalId[], message: Message): Message | null => {
  if (!readableBy(message.label.readers, audience)) return null;
  const parts = message.parts.filter((part) => part.type !== "quote" || readableBy(part.label.readers, audience));
  if (parts.length === message.parts.length) return message;
  return parts.length === 0 ? null : { ...message, parts };
};

/** What of a path every member of the conversation's audience may know. */
export const knownIn = (conversation: Pick<Conversation, "audience">, path: readonly Message[]): readonly Message[] =>
  path.flatMap((message) => knownTo(conversation.audience, message) ?? []);

/** What a message brings into a view: its own label and those of the words it quotes. */
export const labelsOf = (message: Message): readonly Label[] => [
  message.label,
  ...message.parts.flatMap((part) => (part.type === "quote" ? [part.label] : [])),
];

/** Whether a value is no stranger's: fixed by the authority. */
export const isTrusted = ({ integrity }: Label): boolean => integrity === "authority";
