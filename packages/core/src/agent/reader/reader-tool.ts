import { READER_TOOL } from "@moltbot/contracts";
import type { ModelTool } from "@moltbot/contracts";

/** What a model is shown of asking about text that it does not see. */
export const READER_MODEL_TOOL: ModelTool = Object.freeze({
  name: READER_TOOL,
  description: "Answers a question from texts kept aside. A text stays behind a handle; other answers are shown.",
  input: {
    type: "object",
    properties: {
      from: { type: "array", items: { type: "string" }, description: "handles" },
      ask: { type: "string" },
      as: {
        anyOf: [
          { type: "string", enum: ["text", "texts", "number", "date", "boolean"] },
          { type: "array", items: { type: "string" }, description: "choices" },
        ],
      },
    },
    required: ["from", "ask", "as"],
    additionalProperties: false,
  },
});
