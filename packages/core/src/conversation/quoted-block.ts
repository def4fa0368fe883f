import type { MessagePart } from "@moltbot/contracts";

/** Words of somebody else in a person's message. `from`: whom or what they name as their origin; a claim. */
export type QuotedBlock = Pick<Extract<MessagePart, { type: "quote" }>, "kind" | "from" | "text">;
