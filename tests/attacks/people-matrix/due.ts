import type { Case } from "./rules.ts";
import type { Somebody } from "./somebody.ts";
import type { World } from "./world.ts";

type Due = (me: Somebody, world: World) => readonly string[];

const mineAndShared =
  (key: "agentId" | "promptId" | "secretId"): Due =>
  (me, { bob, eve, dan }) =>
    [me, bob, eve, dan].map(({ things }) => things[key]);

/** What has to stand in an answer that was given: one's own, and what others share. Lists and archives alone; ids are enough. */
export const DUE: Partial<Readonly<Record<Case, Due>>> = {
  "agents.list": mineAndShared("agentId"),
  "prompts.list": mineAndShared("promptId"),
  "secrets.list": mineAndShared("secretId"),
  "conversations.list": ({ things }, { bob }) => [things.conversationId, bob.things.conversationId],
  "conversations.messages": ({ things }) => [things.messageId],
  "approvals.list": ({ things }) => [things.approvalId],
  "capabilities.list": ({ things }) => [things.capabilityId],
  "contacts.list": ({ things }) => [things.contactId],
  "reminders.list": ({ things }) => [things.reminderId],
  "tokens.list": ({ things }) => [things.tokenId],
  "sessions.list": ({ things }) => [things.sessionId],
  "devices.list": ({ things }) => [things.deviceId],
  "shares.list": ({ things }) => [things.shareId],
  "people.list": (_me, { people }) => people.map(({ id }) => id),
  "privacy.export": ({ things }) => [things.conversationId, things.messageId],
  // Everything that is kept of them, but for a value of a secret.
  "privacy.export person": ({ word, things }) => [
    word,
    things.agentId,
    things.conversationId,
    things.messageId,
    things.approvalId,
    things.capabilityId,
    things.contactId,
    things.reminderId,
    things.attachmentId,
    things.promptId,
    things.promptText,
    things.shareId,
    things.tokenId,
    things.sessionId,
    things.deviceId,
  ],
};
