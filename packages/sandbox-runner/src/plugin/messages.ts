/**
 * The words between the gateway and a plugin worker: one JSON object per line. What a plugin gives or takes is text in them, JSON in
 * JSON, so that a line is read without reading what strangers wrote into it. The first line is `start`.
 */
import type { BrokenBy } from "./engine.ts";

export interface StartMessage {
  readonly type: "start";
  readonly engine: "isolate" | "quickjs";
  readonly source: string;
  readonly cpuMs: number;
  readonly memoryMiB: number;
  readonly outputBytes: number;
  readonly asksPerCall: number;
}

export type ToWorker =
  | StartMessage
  | {
      readonly type: "call";
      readonly token: string;
      readonly kind: "tool" | "event";
      readonly name: string;
      readonly args: string;
    }
  /** `code` is empty where the text is the value. */
  | {
      readonly type: "answer";
      readonly token: string;
      readonly id: number;
      readonly code: string;
      readonly text: string;
    }
  /** Nobody waits for the call any more. */
  | { readonly type: "drop"; readonly token: string };

export type CallLimit = "cpu" | "memory" | "output" | "asks" | "depth";
/** How a call ended: its value, what it threw, what it passed, or that the plugin has no such tool; `dropped` where nobody waited. */
export type CallEnd = "value" | "threw" | "limit" | "missing" | "dropped";

export type FromWorker =
  | { readonly type: "ready"; readonly tools: readonly string[]; readonly events: readonly string[] }
  /** It could not be loaded. */
  | { readonly type: "failed"; readonly problem: string }
  | {
      readonly type: "ask";
      readonly call: string;
      readonly id: number;
      readonly method: string;
      readonly params: string;
    }
  | { readonly type: "log"; readonly call: string; readonly text: string }
  | { readonly type: "done"; readonly token: string; readonly end: CallEnd; readonly text: string }
  /** The last word of a worker that ends itself. */
  | { readonly type: "broken"; readonly by: BrokenBy };

const text = (value: unknown): value is string => typeof value === "string";
const whole = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value > 0;

const startOf = (fields: Readonly<Record<string, unknown>>): StartMessage | null => {
  const { engine, source, cpuMs, memoryMiB, outputBytes, asksPerCall } = fields;
  if ((engine !== "isolate" && engine !== "quickjs") || !text(source)) return null;
  if (!whole(cpuMs) || !whole(memoryMiB) || !whole(outputBytes)) return null;
  if (asksPerCall !== 0 && !whole(asksPerCall)) return null;
  return { type: "start", engine, source, cpuMs, memoryMiB, outputBytes, asksPerCall };
};

/** The message in a line, or null when it is none. */
export const readMessage = (line: string): ToWorker | null => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null) return null;
  const fields: Readonly<Record<string, unknown>> = Object.fromEntries(Object.entries(parsed));
  const { type, token, kind, name, args, id, code } = fields;
  if (type === "start") return startOf(fields);
  if (!text(token)) return null;
  if (type === "drop") return { type, token };
  if (type === "answer" && whole(id) && text(code) && text(fields["text"]))
    return { type, token, id, code, text: fields["text"] };
  if (type === "call" && (kind === "tool" || kind === "event") && text(name) && text(args))
    return { type, token, kind, name, args };
  return null;
};

/** How deep brackets lie in a JSON text; read without parsing, which would need as much stack as the text is deep. */
const depthOf = (json: string): number => {
  let [depth, deepest, isQuoted] = [0, 0, false];
  for (let at = 0; at < json.length; at += 1) {
    const character = json.charCodeAt(at);
    if (isQuoted) {
      if (character === 0x5c) at += 1;
      else if (character === 0x22) isQuoted = false;
    } else if (character === 0x22) isQuoted = true;
    else if (character === 0x5b || character === 0x7b) deepest = Math.max(deepest, (depth += 1));
    else if (character === 0x5d || character === 0x7d) depth -= 1;
  }
  return deepest;
};

/** How many of these a text has, counted to `most` and one more. */
const countOf = (json: string, character: string, most: number): number => {
  let count = 0;
  for (let at = json.indexOf(character); at !== -1 && count <= most; at = json.indexOf(character, at + 1)) count += 1;
  return count;
};

/** Whether brackets lie deeper than `most` in a JSON text. Few brackets cannot: the interpreter that runs this is slow at each character. */
export const isDeeperThan = (json: string, most: number): boolean =>
  countOf(json, "[", most) + countOf(json, "{", most) > most && depthOf(json) > most;
