import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { err, moltbotError } from "@moltbot/contracts";
import type { ModelDescription, ModelEvent, ModelPort, Result } from "@moltbot/contracts";
import type { Egress } from "../../egress/index.ts";
import { interruption } from "../interruption.ts";
import type { Interruption } from "../interruption.ts";
import type { ProviderSettings } from "../model-settings.ts";
import { callOptions } from "./call-options.ts";
import { thrownFault } from "./model-fault.ts";
import { createPartReader } from "./read-parts.ts";

const TIMEOUT_SECONDS = 120;
/** Why a connection is let go when its answer is over; without a reason the runtime makes an exception with a stack each time. */
const OVER = "the answer is over";
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Waits for a promise, for the person's stop or for silence that lasts too long, whichever comes first. */
const patiently = async <T>(
  work: Promise<T>,
  signal: AbortSignal,
  seconds: number,
): Promise<{ readonly value: T } | Interruption> => {
  const interrupted = interruption(signal, seconds);
  work.catch(() => undefined); // one that fails after the stop has nobody left to tell
  try {
    return await Promise.race([work.then((value) => ({ value })), interrupted.when]);
  } finally {
    interrupted.clear();
  }
};

/** A model server that speaks OpenAI's chat completions, behind the port every model has. `timeoutSeconds` limits each silence, not the whole answer. */
export const createOpenAiModel = (
  name: string,
  settings: ProviderSettings,
  baseUrl: URL,
  egress: Pick<Egress, "fetchFor">,
): ModelPort => {
  const seconds = settings.timeoutSeconds ?? TIMEOUT_SECONDS;
  const description: ModelDescription = Object.freeze({
    name,
    says: `${settings.model} at ${baseUrl.host}`,
    demonstration: false,
    local: LOOPBACK.test(baseUrl.hostname),
    tools: settings.tools ?? true,
  });
  const secret =
    settings.secret === null ? null : { name: settings.secret, header: "authorization", prefix: "Bearer " };

  // The library costs 0.1 s to load: the first message pays it and not the gateway's start.
  let library: Promise<LanguageModelV4> | null = null;
  const model = async (): Promise<LanguageModelV4> => {
    library ??= import("@ai-sdk/openai-compatible").then(({ createOpenAICompatible }) =>
      createOpenAICompatible({
        name,
        baseURL: baseUrl.href.replace(/\/$/, ""),
        includeUsage: true,
        fetch: egress.fetchFor({ kind: "provider", origin: baseUrl.origin }, secret),
      }).chatModel(settings.model),
    );
    return library;
  };

  const interrupted = (how: Interruption): Result<never> =>
    err(
      how === "stopped" ? moltbotError("TURN_STOPPED") : moltbotError("MODEL_TIMEOUT", { model: name, limit: seconds }),
    );

  return {
    describe: () => description,
    async *stream(request, signal): AsyncGenerator<Result<ModelEvent>> {
      const connection = new AbortController();
      let parts: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | null = null;
      try {
        const client = await model();
        const opened = await patiently(
          Promise.resolve(client.doStream(callOptions(request, connection.signal))),
          signal,
          seconds,
        );
        if (typeof opened === "string") {
          yield interrupted(opened);
          return;
        }
        parts = opened.value.stream.getReader();
        const reader = createPartReader(name);
        for (;;) {
          const next = await patiently(parts.read(), signal, seconds);
          if (typeof next === "string") {
            yield interrupted(next);
            return;
          }
          const { events, over } = next.value.done
            ? { events: [err(moltbotError("MODEL_ANSWER_INVALID", { model: name }))], over: true }
            : reader.push(next.value.value);
          yield* events;
          if (over) return;
        }
      } catch (thrown) {
        yield err(signal.aborted ? moltbotError("TURN_STOPPED") : thrownFault(name, thrown));
      } finally {
        // Also when the reader walks away: a server must not go on writing to nobody.
        connection.abort(OVER);
        parts?.cancel().catch(() => undefined);
      }
    },
  };
};
