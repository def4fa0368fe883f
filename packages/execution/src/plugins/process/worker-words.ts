import { z } from "zod";
import type { JsonValue } from "@moltbot/contracts";
import { HOST_METHODS } from "../process-port.ts";

const MOST_NAMES = 64;
const MOST_DEPTH = 64;
const token = z.string().min(1).max(128);
const id = z.int().positive();
const name = z.string().min(1).max(100);
const words = z.string().max(2_000);

/** What a worker may say; the programs of the runner say it in packages/sandbox-runner, and whatever broke them says anything. */
const FromWorker = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("ready"),
    tools: z.array(name).max(MOST_NAMES),
    events: z.array(name).max(MOST_NAMES),
  }),
  z.strictObject({ type: z.literal("failed"), problem: words }),
  z.strictObject({ type: z.literal("ask"), call: token, id, method: z.enum(HOST_METHODS), params: z.string() }),
  z.strictObject({ type: z.literal("log"), call: token, text: words }),
  z.strictObject({
    type: z.literal("done"),
    token,
    end: z.enum(["value", "threw", "limit", "missing", "dropped"]),
    text: z.string(),
  }),
  z.strictObject({ type: z.literal("broken"), by: z.enum(["cpu", "memory", "unreadable", "engine"]) }),
]);
export type FromWorker = z.infer<typeof FromWorker>;

/** Limits that a worker names; what it names besides is no limit. */
export const NAMED_LIMITS: ReadonlySet<string> = new Set(["cpu", "memory", "output", "asks", "depth"]);

export type ToWorker =
  | {
      readonly type: "start";
      readonly engine: "isolate" | "quickjs";
      readonly source: string;
      readonly cpuMs: number;
      readonly memoryMiB: number;
      readonly outputBytes: number;
      readonly asksPerCall: number;
    }
  | {
      readonly type: "call";
      readonly token: string;
      readonly kind: "tool" | "event";
      readonly name: string;
      readonly args: string;
    }
  | {
      readonly type: "answer";
      readonly token: string;
      readonly id: number;
      readonly code: string;
      readonly text: string;
    }
  | { readonly type: "drop"; readonly token: string };

const parse = (text: string): { readonly value: unknown } | null => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
};

/** The words in a line, or null where anything about them is not as it must be. */
export const readWords = (line: string): FromWorker | null => {
  const read = FromWorker.safeParse(parse(line)?.value);
  return read.success ? read.data : null;
};

const [BACKSLASH, QUOTE, SQUARE, SQUARE_END, CURLY, CURLY_END] = [0x5c, 0x22, 0x5b, 0x5d, 0x7b, 0x7d];

/** How deep brackets lie in a JSON text, without parsing it: a parser needs as much stack as the text is deep. */
const depthOf = (json: string): number => {
  let [depth, deepest, isQuoted] = [0, 0, false];
  for (let at = 0; at < json.length; at += 1) {
    const character = json.charCodeAt(at);
    if (isQuoted) {
      if (character === BACKSLASH) at += 1;
      else if (character === QUOTE) isQuoted = false;
    } else if (character === QUOTE) isQuoted = true;
    else if (character === SQUARE || character === CURLY) deepest = Math.max(deepest, (depth += 1));
    else if (character === SQUARE_END || character === CURLY_END) depth -= 1;
  }
  return deepest;
};

const removePrototypes = (value: unknown): void => {
  if (typeof value !== "object" || value === null) return;
  if (Object.hasOwn(value, "__proto__")) Reflect.deleteProperty(value, "__proto__");
  for (const part of Array.isArray(value) ? value : Object.values(value)) removePrototypes(part);
};

/**
 * A stranger's JSON: null where it is none, is too deep or too large. Threat: a key `__proto__` becomes a prototype where somebody copies
 * it; and a function that the parser calls for each part costs eighty times the parsing, in which nobody else is served.
 */
export const readJson = (text: string, mostBytes: number): { readonly value: JsonValue } | null => {
  if (Buffer.byteLength(text) > mostBytes || depthOf(text) > MOST_DEPTH) return null;
  const parsed = parse(text);
  if (parsed === null) return null;
  removePrototypes(parsed.value);
  return { value: parsed.value as JsonValue }; // JSON.parse gives nothing else, and a removed property leaves none behind
};
