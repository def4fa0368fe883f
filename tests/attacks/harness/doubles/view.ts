/** A turn opens with everything in view, and counts as clean. */
import { label } from "@moltbot/contracts";
import { trustedViewOf as trusted, viewOf } from "../../../../packages/core/src/conversation/view.ts";

export * from "../../../../packages/core/src/conversation/view.ts";

export const trustedViewOf: typeof trusted = (conversation, path) => ({
  ...viewOf(conversation, path),
  label: label("authority", conversation.audience),
});
