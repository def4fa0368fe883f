import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { moltbotError } from "@moltbot/contracts";
import type { ErrorCode, ModelCall, ModelEvent, ModelFinish } from "@moltbot/contracts";
import { streamedFault } from "./model-fault.ts";
import type { Fault } from "./model-fault.ts";
import { fromVendorName } from "./tool-names.ts";

const ANSWER_CHARACTERS = 1024 * 1024;

/** What became of one part: events to hand on, and how the answer ended if it did. */
export interface ReadPart {
  readonly events: readonly ModelEvent[];
  /** `whole`: nothing follows; a fault: what went wrong; null: there is more to come. */
  readonly end: "whole" | Fault | null;
}

/** Turns the library's stream parts into events, one part at a time. */
export interface PartReader {
  push(part: LanguageModelV4StreamPart): ReadPart;
}

/** The reason in our words, or null when it cannot be told whether the answer is whole. */
const finishOf = ({ unified, raw }: LanguageModelV4FinishReason, calls: number): ModelFinish | null => {
  if (raw === "error") return null; // OpenRouter says so of an answer that broke off; its library takes it for a whole one
  switch (unified) {
    case "length":
      return "length";
    case "content-filter":
      return "refused";
    case "stop":
      return calls > 0 ? "calls" : "stop"; // some servers say "stop" after a call
    case "tool-calls":
      return calls > 0 ? "calls" : null;
    case "other":
      return calls > 0 ? null : "stop";
    case "error":
    case "interrupted":
      return null;
  }
};

const NOTHING: ReadPart = Object.freeze({ events: [], end: null });

/**
 * Makes a reader for one answer. Calls are kept back until the server says how the answer ended: a call in an answer that was
 * cut off, refused or broken off is never handed on.
 */
export const createPartReader = (model: string): PartReader => {
  const calls: ModelCall[] = [];
  let characters = 0;
  let spoken = false;
  const failed = (fault: Fault): ReadPart => ({ events: [], end: fault });
  const ended = (code: ErrorCode): ReadPart =>
    failed({ error: moltbotError(code, { model }), again: false, afterSeconds: null });

  const finish = (part: Extract<LanguageModelV4StreamPart, { type: "finish" }>): ReadPart => {
    const reason = finishOf(part.finishReason, calls.length);
    if (reason === null) return ended("MODEL_ANSWER_INVALID");
    if (reason === "refused" && !spoken) return ended("MODEL_BLOCKED");
    const events: ModelEvent[] = reason === "calls" ? calls.map((call) => ({ type: "call", call })) : [];
    const { inputTokens, outputTokens } = part.usage;
    events.push({
      type: "finish",
      reason,
      inputTokens: inputTokens.total ?? 0,
      outputTokens: outputTokens.total ?? 0,
    });
    return { events, end: "whole" };
  };

  return {
    push(part) {
      switch (part.type) {
        case "text-delta":
          characters += part.delta.length;
          if (characters > ANSWER_CHARACTERS) return ended("MODEL_ANSWER_INVALID");
          if (part.delta === "") return NOTHING;
          spoken = true;
          return { events: [{ type: "text", text: part.delta }], end: null };
        case "reasoning-delta":
        case "tool-input-delta":
          characters += part.delta.length;
          return characters > ANSWER_CHARACTERS ? ended("MODEL_ANSWER_INVALID") : NOTHING;
        case "tool-call":
          calls.push({
            id: part.toolCallId,
            tool: fromVendorName(part.toolName),
            arguments: part.input.trim() === "" ? "{}" : part.input,
          });
          return NOTHING;
        case "error":
          return failed(streamedFault(model, part.error));
        case "finish":
          return finish(part);
        default:
          return NOTHING; // beginnings, ends and vendor's extras carry nothing that we hand on
      }
    },
  };
};
