import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ModelCall, ModelEvent, ModelFinish, MoltbotError, Result } from "@moltbot/contracts";
import { streamedFault } from "./model-fault.ts";
import { fromVendorName } from "./tool-names.ts";

const ANSWER_CHARACTERS = 1024 * 1024;

/** Turns the library's stream parts into events, one part at a time; `over` says that nothing may follow. */
export interface PartReader {
  push(part: LanguageModelV4StreamPart): { readonly events: readonly Result<ModelEvent>[]; readonly over: boolean };
}

/** The reason in our words, or null when it cannot be told whether the answer is whole. */
const finishOf = ({ unified }: LanguageModelV4FinishReason, calls: number): ModelFinish | null => {
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

/**
 * Makes a reader for one answer. Calls are kept back until the server says how the answer ended: a call in an answer that was
 * cut off, refused or broken off is never handed on.
 */
export const createPartReader = (model: string): PartReader => {
  const calls: ModelCall[] = [];
  let characters = 0;
  const failed = (error: MoltbotError) => ({ events: [err(error)], over: true });
  const invalid = () => failed(moltbotError("MODEL_ANSWER_INVALID", { model }));
  const nothing = { events: [], over: false };

  const finish = (part: Extract<LanguageModelV4StreamPart, { type: "finish" }>) => {
    const reason = finishOf(part.finishReason, calls.length);
    if (reason === null) return invalid();
    const events: Result<ModelEvent>[] = reason === "calls" ? calls.map((call) => ok({ type: "call", call })) : [];
    const { inputTokens, outputTokens } = part.usage;
    events.push(
      ok({ type: "finish", reason, inputTokens: inputTokens.total ?? 0, outputTokens: outputTokens.total ?? 0 }),
    );
    return { events, over: true };
  };

  return {
    push(part) {
      switch (part.type) {
        case "text-delta":
          characters += part.delta.length;
          if (characters > ANSWER_CHARACTERS) return invalid();
          return part.delta === "" ? nothing : { events: [ok({ type: "text", text: part.delta })], over: false };
        case "reasoning-delta":
        case "tool-input-delta":
          characters += part.delta.length;
          return characters > ANSWER_CHARACTERS ? invalid() : nothing;
        case "tool-call":
          calls.push({
            id: part.toolCallId,
            tool: fromVendorName(part.toolName),
            arguments: part.input.trim() === "" ? "{}" : part.input,
          });
          return nothing;
        case "error":
          return failed(streamedFault(model, part.error));
        case "finish":
          return finish(part);
        default:
          return nothing; // beginnings, ends and vendor's extras carry nothing that we hand on
      }
    },
  };
};
