import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ModelCall, ModelFinish, ModelRequest, ModelTool, Result } from "@moltbot/contracts";
import { withoutCalls } from "../conversation/index.ts";
import { compilePlan, compiledPrompt } from "./compiled-plan.ts";
import { ASIDE_PROMPT, HANDLES_PROMPT, PLAN_MODEL_TOOL, PLAN_PROMPT } from "./plan/index.ts";
import type { TurnRun } from "./ports.ts";
import { READER_MODEL_TOOL } from "./reader/index.ts";
import type { Sight } from "./sight.ts";
import { skillLines } from "./skill-lines.ts";
import { systemPrompt } from "./system-prompt.ts";

/** One whole answer of a model. */
export interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly ModelCall[];
  readonly finish: ModelFinish;
  /** The name of the model that gave it. */
  readonly by: string;
}

/** The most calls one answer may hold; a model that asks for more is cut, and told so by their absence. */
const MOST_CALLS = 32;

const requestWithTools = ({ ports }: TurnRun, { view, plans, asks, whole }: Sight): ModelRequest => {
  const prompts = [
    ...(plans ? [PLAN_PROMPT] : []),
    ...(plans && whole !== null ? [ASIDE_PROMPT] : []),
    ...(asks ? [HANDLES_PROMPT] : []),
  ];
  const offered: readonly ModelTool[] = [...(plans ? [PLAN_MODEL_TOOL] : []), ...(asks ? [READER_MODEL_TOOL] : [])];
  return {
    system: systemPrompt(ports.agent.name, [...skillLines(ports.skills), ...prompts]),
    messages: view.messages,
    // Behind the agent's own, which are the same in every call: vendors' prompt caches hold what stands before a change.
    tools: [...ports.tools, ...offered],
    maxOutputTokens: ports.limits.outputTokens,
  };
};

const requestInWords = ({ ports }: TurnRun, { view, plans, whole }: Sight): ModelRequest => ({
  system: systemPrompt(ports.agent.name, [
    ...skillLines(ports.skills),
    ...(plans ? [compiledPrompt(ports.tools), ...(whole === null ? [] : [ASIDE_PROMPT])] : []),
  ]),
  messages: withoutCalls(view.messages),
  tools: [],
  maxOutputTokens: ports.limits.outputTokens,
});

/** Whether an answer is said to whoever watches while it comes: not where it may yet be dropped, or is a plan written as text. */
const isSpoken = ({ ports }: TurnRun, { whole }: Sight): boolean => whole === null && ports.model.describe().tools;

/** Streams one answer of the model over a view. An answer that never says how it finished is refused. */
export const askModel = async (run: TurnRun, sight: Sight): Promise<Result<ModelAnswer>> => {
  const { ports, signal } = run;
  const inWords = !ports.model.describe().tools;
  const request = inWords ? requestInWords(run, sight) : requestWithTools(run, sight);
  const spoken = isSpoken(run, sight);
  const texts: string[] = [];
  const calls: ModelCall[] = [];
  for await (const event of ports.model.stream(request, signal)) {
    if (!event.ok) return event;
    switch (event.value.type) {
      // Whoever counts has heard it; nothing was said yet.
      case "instead":
        break;
      case "text":
        texts.push(event.value.text);
        if (spoken) ports.delta(event.value.text);
        break;
      case "call":
        if (calls.length < MOST_CALLS) calls.push(event.value.call);
        break;
      case "finish": {
        const answer = inWords ? compilePlan(texts.join("")) : { text: texts.join(""), calls };
        return ok({
          ...answer,
          finish: event.value.reason,
          by: event.value.model ?? ports.model.describe().name,
        });
      }
    }
  }
  if (signal.aborted) return err(moltbotError("TURN_STOPPED"));
  return err(moltbotError("MODEL_ANSWER_INVALID", { model: ports.model.describe().name }));
};

const hasOnlyWords = ({ calls, finish }: ModelAnswer): boolean => calls.length === 0 || finish === "refused";

/** An answer, and the sight it was given from. */
export interface Seen {
  readonly answer: ModelAnswer;
  readonly sight: Sight;
}

/**
 * The model's answer to a step. When it has only words for a view that something was kept out of, that answer is dropped,
 * unheard, and the step is asked again with everything in view: whoever talks may know all, whoever acts may not.
 */
export const askStep = async (run: TurnRun, sight: Sight, opened: (sight: Sight) => Sight): Promise<Result<Seen>> => {
  const first = await askModel(run, sight);
  if (!first.ok) return first;
  const again = sight.whole !== null && hasOnlyWords(first.value) ? opened(sight) : null;
  if (again === null) {
    if (!isSpoken(run, sight) && first.value.text !== "") run.ports.delta(first.value.text);
    return ok({ answer: first.value, sight });
  }
  return askStep(run, again, opened);
};
