import { Buffer } from "node:buffer";
import { ok } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "attachments.create" | "attachments.list" | "attachments.get" | "attachments.remove"
>;

/** Files of conversations. */
export const attachmentOperations = ({ attachments }: Pick<OperationPorts, "attachments">): Handlers => ({
  "attachments.create": ({ principal }, { content, ...wish }) =>
    attachments.create(principal, { ...wish, content: Buffer.from(content, "base64") }),
  "attachments.list": ({ principal }, { conversationId }) => attachments.list(principal, conversationId),
  "attachments.get": ({ principal }, { attachmentId }) => attachments.get(principal, attachmentId),
  "attachments.remove": async ({ principal }, { attachmentId }) => {
    const removed = await attachments.remove(principal, attachmentId);
    return removed.ok ? ok({}) : removed;
  },
});
