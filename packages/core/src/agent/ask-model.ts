import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ModelCall, ModelFinish, Result } from "@moltbot/contracts";
import type { View } from "../conversation/index.ts";
import type { TurnRun } from "./ports.ts";
import { systemPrompt } from "./system-prompt.ts";

/** One whole answer of a model. */
export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly ModelCall[];
  readonly finish: ModelFinish;
}

/** The most calls one answer may hold; a model that asks for more is cut, and told so by their absence. */
const MOST_CALLS = 32;

/** Streams one answer of the model over a view. An answer that never says how it finished is refused. */
export const askModel = async ({ ports, signal }: TurnRun, view: View): Promise<Result<ModelAnswer>> => {
  const request = {
    system: systemPrompt(ports.agent.name),
    messages: view.messages,
    tools: ports.tools,
    maxOutputTokens: ports.limits.outputTokens,
  };
  const texts: string[] = [];
  const calls: ModelCall[] = [];
  for await (const event of ports.model.stream(request, signal)) {
    if (!event.ok) return event;
    switch (event.value.type) {
      case "text":
        texts.push(event.value.text);
        ports.delta(event.value.text);
        break;
      case "call":
        if (calls.length < MOST_CALLS) calls.push(event.value.call);
        break;
      case "finish":
        return ok({ text: texts.join(""), calls, finish: event.value.reason });
    }
  }
  if (signal.aborted) return err(moltbotError("TURN_STOPPED"));
  return err(moltbotError("MODEL_ANSWER_INVALID", { model: ports.model.describe().name }));
};
