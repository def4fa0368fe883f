import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ModelDescription, ModelEvent, ModelPort, ModelRequest, Result } from "@moltbot/contracts";
import type { ModelWorker } from "./model-worker.ts";
import { promptOf, sayInstead, shortenView, viewOf } from "./prompt.ts";
import type { DemoView } from "./prompt.ts";
import { createAnswerReader } from "./read-answer.ts";
import type { WorkerEvent } from "./read-completion.ts";
import { spellAs } from "./spell-as.ts";

export const DEMO_NAME = "demo";
const MOST_TOKENS = 96;
const MOST_CUTS = 12;

const DESCRIPTION: ModelDescription = Object.freeze({
  name: DEMO_NAME,
  says: "demonstration model, 1.7 MB, runs on this machine",
  demonstration: true,
  local: true,
  tools: true,
});

type Finished = Extract<WorkerEvent, { type: "done" }>;

/** The embedded demonstration model behind the port every model has. It sees the last line and a tool's result, and nothing of `system` or `tools`. */
export const createDemoModel = (worker: Pick<ModelWorker, "complete">): ModelPort => {
  let calls = 0;

  const finish = (reason: "stop" | "calls" | "length", { inputTokens, outputTokens }: Finished): Result<ModelEvent> =>
    ok({ type: "finish", reason, inputTokens, outputTokens });

  /** Streams what the worker says to one view; returns the view's overlength when it did not fit. */
  async function* attempt(
    view: DemoView,
    request: ModelRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Result<ModelEvent>, number | null> {
    const reader = createAnswerReader(DEMO_NAME);
    for await (const event of worker.complete(
      promptOf(view),
      Math.max(1, Math.min(request.maxOutputTokens, MOST_TOKENS)),
      signal,
    )) {
      if (!event.ok) {
        yield event;
        return null;
      }
      if (event.value.type === "too-long") return event.value.limit / event.value.tokens;
      if (event.value.type === "token") {
        const text = reader.push(event.value.text);
        if (text !== "") yield ok({ type: "text", text });
        continue;
      }
      if (event.value.reason === "length") {
        // Cut off: half a call is no call.
        yield finish("length", event.value);
        return null;
      }
      const answer = reader.end();
      if (!answer.ok) {
        yield answer;
      } else if (answer.value.kind === "say") {
        if (answer.value.rest !== "") yield ok({ type: "text", text: answer.value.rest });
        yield finish("stop", event.value);
      } else {
        calls += 1;
        yield ok({
          type: "call",
          call: {
            id: `demo-${calls}`,
            tool: answer.value.tool,
            arguments: JSON.stringify(spellAs(answer.value.arguments, view.line)),
          },
        });
        yield finish("calls", event.value);
      }
      return null;
    }
    yield err(moltbotError("MODEL_WORKER_DIED"));
    return null;
  }

  return {
    describe: () => DESCRIPTION,
    async *stream(request, signal) {
      const said = sayInstead(request.messages);
      if (said !== null) {
        yield ok({ type: "text", text: said });
        yield finish("stop", { type: "done", reason: "stop", inputTokens: 0, outputTokens: 0 });
        return;
      }
      let view = viewOf(request.messages);
      for (let cuts = 0; cuts <= MOST_CUTS; cuts += 1) {
        const share = yield* attempt(view, request, signal);
        if (share === null) return;
        view = shortenView(view, Math.min(share, 0.9));
      }
      yield err(moltbotError("MODEL_ANSWER_INVALID", { model: DEMO_NAME }));
    },
  };
};
