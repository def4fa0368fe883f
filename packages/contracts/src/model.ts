import { z } from "zod";
import type { Result } from "./result.ts";
import type { JsonObject } from "./json.ts";

/** What a model is shown of one tool: input is JSON Schema. */
export interface ModelTool {
  readonly name: string;
  readonly description: string;
  readonly input: JsonObject;
}

export type ModelMessage =
  | { readonly role: "user"; readonly text: string }
  | { readonly role: "assistant"; readonly text: string; readonly calls: readonly ModelCall[] }
  | {
      readonly role: "tool";
      readonly callId: string;
      readonly tool: string;
      readonly status: "ok" | "refused" | "failed" | "unknown";
      readonly text: string;
    };

/** A call as the model wrote it; `arguments` is its own JSON text, parsed and checked by the turn loop. */
export interface ModelCall {
  readonly id: string;
  readonly tool: string;
  readonly arguments: string;
}

export interface ModelRequest {
  readonly system: string;
  readonly messages: readonly ModelMessage[];
  readonly tools: readonly ModelTool[];
  readonly maxOutputTokens: number;
  /** Which of the tools it has to call; absent: as it likes. What a model makes of it the caller checks. */
  readonly toolChoice?: "required" | { readonly tool: string };
}

/** `length` means cut off at the token limit: none of the message's calls may run. */
export type ModelFinish = "stop" | "calls" | "length" | "refused";
export type ModelEvent = (
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "call"; readonly call: ModelCall }
  /** Nothing comes of the answer that `failed` began, another model is asked, and whoever bills for it bills all the same. */
  | { readonly type: "instead"; readonly failed: string }
  | {
      readonly type: "finish";
      readonly reason: ModelFinish;
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
) & {
  /** The name of the model that answers, where it is another than the one that was asked. */
  readonly model?: string;
};

export const ModelDescription = z.strictObject({
  name: z.string(),
  /** One line for people, such as "demonstration model, 1.7 MB, runs on this machine". */
  says: z.string(),
  demonstration: z.boolean(),
  /** Whether what it reads stays on this machine. */
  local: z.boolean(),
  /** False: it cannot call tools, and acts through plans that are read from its text. */
  tools: z.boolean(),
});
export type ModelDescription = Readonly<z.infer<typeof ModelDescription>>;

/** One language model, local or a vendor's. */
export interface ModelPort {
  describe(): ModelDescription;
  /** Streams one answer; after an error or `finish` it ends. Aborting the signal ends it with TURN_STOPPED. */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<Result<ModelEvent>>;
}

/** The models that are set up. */
export interface ModelDirectory {
  list(): readonly ModelDescription[];
  /** The model of that name; "default" is the configured one. MODEL_UNKNOWN otherwise. */
  find(name: string): Result<ModelPort>;
  close(): Promise<void>;
}
