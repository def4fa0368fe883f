import { z } from "zod";
import { ERROR_CODES } from "@moltbot/contracts";
import { Body } from "./chat-body.ts";

type Json = Readonly<Record<string, unknown>>;

const object = (properties: Json, more: Json = {}): Json => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  ...more,
});
const text: Json = { type: "string" };
const whole: Json = { type: "integer" };

/** An error in the form that clients of this surface read; `code` is ours. */
export const openAiErrorSchema: Json = object(
  {
    error: object(
      { message: text, type: text, param: { type: ["string", "null"] }, code: { type: "string", enum: ERROR_CODES } },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

const failed: Json = {
  description: "Refused or failed.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/OpenAiError" } } },
};
const REFUSED: Json = { "4XX": failed, "5XX": failed };

const model = object(
  { id: text, object: { const: "model" }, created: whole, owned_by: text },
  { additionalProperties: false },
);
const call = object({
  id: text,
  type: { const: "function" },
  function: object({ name: text, arguments: text }),
});
const completion = object({
  id: text,
  object: { const: "chat.completion" },
  created: whole,
  model: text,
  choices: {
    type: "array",
    minItems: 1,
    items: object({
      index: whole,
      message: {
        ...object({ role: { const: "assistant" }, content: { type: ["string", "null"] } }),
        properties: {
          role: { const: "assistant" },
          content: { type: ["string", "null"] },
          refusal: { type: "null" },
          tool_calls: { type: "array", items: call },
        },
      },
      finish_reason: { type: "string", enum: ["stop", "length", "tool_calls", "content_filter"] },
    }),
  },
});

const answered = (schema: Json, more: Json = {}): Json => ({
  200: { description: "Done.", content: { "application/json": { schema }, ...more } },
  ...REFUSED,
});

const { $schema: _, $defs: __, ...written } = z.toJSONSchema(Body, { io: "input", unrepresentable: "any" });
// JSON values are the one recursive type: inside the document their definitions would be looked up at its root.
const bodySchema = JSON.parse(
  JSON.stringify(written).replace(/"#\/\$defs\/\w+"/g, '"#/components/schemas/JsonValue"'),
) as Json; // our own text

// A page's cookie does not speak here: this surface is for programs.
const of = (role: string, effect: string): Json => ({
  security: [{ bearer: [] }, { device: [] }],
  tags: ["openai"],
  "x-role": role,
  "x-effect": effect,
});

/** The surface for existing clients of OpenAI's protocol. */
export const openAiPaths: Readonly<Record<string, Json>> = {
  "/openai/v1/models": {
    get: {
      operationId: "openai.models",
      summary: "Lists the agents you may talk to, as models.",
      responses: answered(object({ object: { const: "list" }, data: { type: "array", items: model } })),
      ...of("viewer", "read"),
    },
  },
  "/openai/v1/models/{model}": {
    get: {
      operationId: "openai.model",
      summary: "Shows one of them.",
      parameters: [{ name: "model", in: "path", required: true, schema: { type: "string", minLength: 1 } }],
      responses: answered(model),
      ...of("viewer", "read"),
    },
  },
  "/openai/v1/chat/completions": {
    post: {
      operationId: "openai.chat",
      summary: "Answers a chat: a turn of the agent that `model` names, or with `tools` a completion by its model.",
      requestBody: { required: true, content: { "application/json": { schema: bodySchema } } },
      responses: answered(completion, { "text/event-stream": { schema: text } }),
      ...of("member", "write"),
    },
  },
};
