import type { Attachment, ConversationId, MemoryId, Message } from "@moltbot/contracts";

/** Whose keys together seal what belongs to a conversation and to its owner: erasing either destroys it. */
export const ofConversation = (id: ConversationId, ownerId: string): readonly string[] => [
  `conversation:${id}`,
  `person:${ownerId}`,
];

/**
 * Whose keys seal a message: its conversation's and its author's. Replies, results and notices are for the conversation's owner
 * and follow it.
 */
export const ofMessage = (
  id: ConversationId,
  ownerId: string,
  { role, author }: Pick<Message, "role" | "author">,
): readonly string[] => ofConversation(id, role === "user" ? author : ownerId);

/** Whose keys seal a memory: its own, so that it can be forgotten alone, and its person's. */
export const ofMemory = (id: MemoryId, ownerId: string): readonly string[] => [`memory:${id}`, `person:${ownerId}`];

/** Whose a file is. */
export type AttachmentOwner = Pick<Attachment, "id" | "conversationId" | "ownerId">;

/** Whose keys together seal an attachment: erasing any one of them destroys it. */
export const ofAttachment = ({ id, conversationId, ownerId }: AttachmentOwner): readonly string[] => [
  `attachment:${id}`,
  ...ofConversation(conversationId, ownerId),
];

/** Whose key seals what belongs to nobody in particular. */
export const OF_SYSTEM: readonly string[] = Object.freeze(["system"]);

/** Whose key seals what belongs to one person. */
export const ofPerson = (ownerId: string): readonly string[] => [`person:${ownerId}`];
