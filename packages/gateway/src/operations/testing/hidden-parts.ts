import { CallId } from "@moltbot/contracts";
import type { MessagePart } from "@moltbot/contracts";
import { idOf } from "./fake-house.ts";

/** A key of a kind that is recognised as a secret. */
export const KEY = "sk-live-4f9aK2mPq8Zt7Wv1Bx6Ny3Rd";

const callId = idOf(CallId, 5);

/** A call and its result: what a shared conversation shows nobody. Every word of theirs has "canary" in it. */
export const HIDDEN_CALL = {
  type: "call",
  callId,
  tool: "mail.read",
  arguments: { box: "canary-argument" },
} as const satisfies MessagePart;
export const HIDDEN_RESULT = {
  type: "result",
  callId,
  tool: "mail.read",
  status: "ok",
  text: "canary-result",
  summary: "canary-summary",
  code: null,
} as const satisfies MessagePart;
