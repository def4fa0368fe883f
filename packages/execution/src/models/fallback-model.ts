import { err, ok } from "@moltbot/contracts";
import type {
  ErrorCode,
  LogPort,
  ModelDescription,
  ModelEvent,
  ModelPort,
  ModelRequest,
  MoltbotError,
  Result,
} from "@moltbot/contracts";

/** What another model may do better. A text that is too long, filtered or malformed is not carried to the next vendor. */
const PASSED_ON: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "MODEL_UNAVAILABLE",
  "MODEL_TIMEOUT",
  "MODEL_RATE_LIMITED",
  "MODEL_QUOTA_EXHAUSTED",
  "MODEL_KEY_REFUSED",
  "MODEL_ANSWER_INVALID",
]);

/** Of these, those after which a vendor that was heard out in vain bills all the same. */
const BILLED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["MODEL_TIMEOUT", "MODEL_ANSWER_INVALID"]);

/** What is read may go to every model of the row, so it stays here only if it stays here with each of them. */
const describeRow = (first: ModelDescription, others: readonly ModelDescription[]): ModelDescription =>
  Object.freeze({
    ...first,
    says: [first.says, ...others.map(({ says }) => says)].join(", else "),
    local: first.local && others.every(({ local }) => local),
  });

/** Whether a model can take a request: one without tools cannot take one that offers some. */
const canTake = (model: ModelPort, request: ModelRequest): boolean =>
  request.tools.length === 0 || model.describe().tools;

/**
 * A model with others to ask in its stead, in their order, as long as nothing of an answer was handed on. When all fail, the
 * first one's error is told: it is the model that was asked for.
 */
export const createFallbackModel = (first: ModelPort, others: readonly ModelPort[], log: LogPort): ModelPort => {
  const description = describeRow(
    first.describe(),
    others.map((other) => other.describe()),
  );

  /** Streams one model's answer; returns the failure to pass on, or null when the answer is over for good. */
  async function* tryOne(
    model: ModelPort,
    request: ModelRequest,
    signal: AbortSignal,
  ): AsyncGenerator<Result<ModelEvent>, MoltbotError | null> {
    const { name } = model.describe();
    let spoken = false;
    for await (const event of model.stream(request, signal)) {
      if (!event.ok && !spoken && !signal.aborted && PASSED_ON.has(event.error.code)) return event.error;
      spoken = true;
      yield event.ok && model !== first ? ok({ ...event.value, model: name }) : event;
    }
    return null;
  }

  /** That it failed is told to whoever counts what answers cost: another one comes in its stead, not for free. */
  const instead = (failed: ModelPort, { code }: MoltbotError): readonly Result<ModelEvent>[] =>
    BILLED.has(code) ? [ok({ type: "instead", failed: failed.describe().name })] : [];

  return {
    describe: () => description,
    async *stream(request, signal): AsyncGenerator<Result<ModelEvent>> {
      const failure = yield* tryOne(first, request, signal);
      if (failure === null) return;
      yield* instead(first, failure);
      for (const other of others.filter((model) => canTake(model, request))) {
        log.warn("another model is asked", {
          model: description.name,
          next: other.describe().name,
          code: failure.code,
        });
        const next = yield* tryOne(other, request, signal);
        if (next === null) return;
        yield* instead(other, next);
      }
      yield err(failure);
    },
  };
};
