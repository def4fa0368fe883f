import { z } from "zod";
import { JsonObject, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

const Answer = z.union([
  z.strictObject({ say: z.string() }),
  z.strictObject({ tool: z.string().min(1).max(64), args: JsonObject }),
]);

export type DemoAnswer =
  | { readonly kind: "say"; readonly rest: string }
  | { readonly kind: "call"; readonly tool: string; readonly arguments: JsonObject };

/** Reads the model's JSON while it is being written: words to say are handed on at once, a call only when it is whole. */
export interface AnswerReader {
  /** Takes a piece of JSON text; returns the words in it that can be shown already. */
  push(piece: string): string;
  /** The answer, once the model has stopped; MODEL_ANSWER_INVALID when it is none. */
  end(): Result<DemoAnswer>;
}

const SAYS = '{"say":"';

/** Makes a reader for one answer. */
export const createAnswerReader = (model: string): AnswerReader => {
  let text = "";
  let shown = 0;
  const sayable = (): string => {
    if (!text.startsWith(SAYS)) return "";
    const words = /^[^"\\]*/.exec(text.slice(SAYS.length))?.[0] ?? "";
    const fresh = words.slice(shown);
    shown = words.length;
    return fresh;
  };
  return {
    push(piece) {
      text += piece;
      return sayable();
    },
    end() {
      try {
        const answer = Answer.parse(JSON.parse(text));
        return "say" in answer
          ? ok({ kind: "say", rest: answer.say.slice(shown) })
          : ok({ kind: "call", tool: answer.tool, arguments: answer.args });
      } catch {
        return err(moltbotError("MODEL_ANSWER_INVALID", { model }));
      }
    },
  };
};
