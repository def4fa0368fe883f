import type { ConversationId } from "@moltbot/contracts";

/** Whose keys together seal what belongs to a conversation and to its owner: erasing either destroys it. */
export const ofConversation = (id: ConversationId, ownerId: string): readonly string[] => [
  `conversation:${id}`,
  `person:${ownerId}`,
];

/** Whose key seals what belongs to one person. */
export const ofPerson = (ownerId: string): readonly string[] => [`person:${ownerId}`];
