import { PLAN_TOOL } from "@moltbot/contracts";
import type { ModelTool } from "@moltbot/contracts";

/** What a model is shown of committing a plan. Short: it is sent with every call it is offered in. */
export const PLAN_MODEL_TOOL: ModelTool = Object.freeze({
  name: PLAN_TOOL,
  description:
    'Commit all calls of a task at once; they run in order. In place of a value not known yet put {"$from":[step number or h… handle],"ask":"what to find there","as":"text|texts|number|date|boolean|[choices]"}; without ask: the whole text.',
  input: {
    type: "object",
    properties: {
      goal: { type: "string" },
      steps: {
        type: "array",
        items: {
          type: "object",
          properties: {
            tool: { type: "string" },
            arguments: { type: "object" },
            after: { type: "array", items: { type: "integer" }, description: "steps that must succeed first" },
          },
          required: ["tool", "arguments"],
          additionalProperties: false,
        },
      },
    },
    required: ["steps"],
    additionalProperties: false,
  },
});

/** What is said about plans, behind the fixed part of the prompt, where they are offered. */
export const PLAN_PROMPT =
  "When a task needs more than one call and any of them sends, changes, opens or orders something, commit them with plan.commit first: steps are numbered from 1, and a later one may refer to what an earlier one gives.";

/** What is said about handles where words alone bring what is behind them into view. */
export const ASIDE_PROMPT =
  "⟦kept aside: …⟧ stands for text from outside. Refer to it by its handle. If no call is needed now, answer with the one word show: you are then shown it all, and answer that.";

/** The same where handles are all there ever is. */
export const HANDLES_PROMPT = [
  "⟦kept aside: …⟧ stands for text from outside that you never see. quarantine.ask finds a number, date, yes or no, or one of your choices in it; words stay behind a handle.",
  "Write ⟦h…⟧ with a handle in an argument or an answer, and the text it stands for is put there.",
].join("\n");
