/**
 * The words between the gateway and the model worker: one JSON object per line. Requests arrive on standard input and are
 * read as if an enemy had written them; replies leave on descriptor 3.
 */
export type WorkerRequest =
  | {
      readonly type: "load";
      readonly id: number;
      /** Path of a GGUF file. */
      readonly model: string;
      /** GBNF that every answer obeys. */
      readonly grammar: string;
      /** Prompt and answer together. */
      readonly contextTokens: number;
      /** Absent: all cores but one. */
      readonly threads?: number;
    }
  | {
      readonly type: "complete";
      readonly id: number;
      /** Control tokens in it count: whoever writes it has made strangers' text harmless. */
      readonly prompt: string;
      readonly maxTokens: number;
      readonly stop: readonly string[];
    }
  | { readonly type: "cancel"; readonly id: number };

export type WorkerErrorCode = "bad-request" | "not-loaded" | "load-failed" | "busy" | "too-long" | "failed";
export type WorkerReply =
  | { readonly type: "ready"; readonly id: number }
  | { readonly type: "token"; readonly id: number; readonly text: string }
  | {
      readonly type: "done";
      readonly id: number;
      readonly reason: "stop" | "length" | "cancelled";
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  /** `tokens` of the prompt against the most that fit, when it was too long. */
  | {
      readonly type: "error";
      readonly id: number;
      readonly code: WorkerErrorCode;
      readonly tokens?: number;
      readonly limit?: number;
    };

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  load: ["type", "id", "model", "grammar", "contextTokens", "threads"],
  complete: ["type", "id", "prompt", "maxTokens", "stop"],
  cancel: ["type", "id"],
};

const whole = (value: unknown, least: number, most: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
const text = (value: unknown, most: number): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= most;

/** The request in a line, or null when anything about it is not as it must be. */
export const readRequest = (line: string): WorkerRequest | null => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null;
  const fields: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(parsed));
  const { type, id, model, grammar, contextTokens, threads, prompt, maxTokens, stop } = fields;
  const known = typeof type === "string" && Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
  if (known === undefined || !whole(id, 1, Number.MAX_SAFE_INTEGER)) return null;
  if (Object.keys(fields).some((field) => !known.includes(field))) return null;
  switch (type) {
    case "load":
      if (!text(model, 4096) || !text(grammar, 65_536) || !whole(contextTokens, 16, 1_048_576)) return null;
      if (threads === undefined) return { type, id, model, grammar, contextTokens };
      return whole(threads, 1, 256) ? { type, id, model, grammar, contextTokens, threads } : null;
    case "complete":
      if (!text(prompt, 1_048_576) || !whole(maxTokens, 1, 1_048_576) || !Array.isArray(stop) || stop.length > 8)
        return null;
      return stop.every((word) => text(word, 64)) ? { type, id, prompt, maxTokens, stop } : null;
    case "cancel":
      return { type, id };
    default:
      return null;
  }
};
