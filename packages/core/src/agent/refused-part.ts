import type { MessagePart, MoltbotError } from "@moltbot/contracts";
import type { ResultPart } from "./ports.ts";

/** Errors that leave the turn unfinished: it stays in the queue and is taken up again. */
export const LEAVES_TURN_OPEN: ReadonlySet<string> = new Set([
  "QUEUE_LEASE_LOST",
  "AUDIT_UNWRITABLE",
  "DATABASE_UNAVAILABLE",
  "SHUTTING_DOWN",
]);

/** Errors that say that a person wanted the end. */
export const STOPS: ReadonlySet<string> = new Set(["TURN_STOPPED", "EVERYTHING_STOPPED"]);

/** Whether an error is about the turn and not about the one call it happened in. */
export const endsTurn = ({ code }: MoltbotError): boolean => LEAVES_TURN_OPEN.has(code) || STOPS.has(code);

/** What came of a call that the loop itself answered with an error. */
export const refusedPart = (
  call: Extract<MessagePart, { type: "call" }>,
  error: MoltbotError,
  status: "refused" | "failed" = "refused",
): ResultPart => {
  const says = `${error.message} ${error.next}`;
  return { type: "result", callId: call.callId, tool: call.tool, status, text: says, summary: says, code: error.code };
};
