import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { err, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type {
  ClockPort,
  LogPort,
  ModelDescription,
  ModelEvent,
  ModelPort,
  ModelRequest,
  MoltbotError,
  Result,
} from "@moltbot/contracts";
import { interruption } from "../interruption.ts";
import type { Interruption } from "../interruption.ts";
import { callOptions } from "./call-options.ts";
import { thrownFault } from "./model-fault.ts";
import type { Fault } from "./model-fault.ts";
import { patiently } from "./patiently.ts";
import { pauseBefore } from "./pause-before.ts";
import type { Patience } from "./pause-before.ts";
import { createPartReader } from "./read-parts.ts";

/** Why a connection is let go when its answer is over; without a reason the runtime makes an exception with a stack each time. */
const OVER = "the answer is over";

export interface LanguageModelParts {
  readonly description: ModelDescription;
  /** Called by the first message, and once. */
  readonly load: () => Promise<LanguageModelV4>;
  /** Limits each silence, not the whole answer. */
  readonly timeoutSeconds: number;
  readonly patience: Patience;
  readonly clock: ClockPort;
  readonly log: LogPort;
  readonly random: () => number;
}

/** How one attempt ended: with a whole answer, or with a fault, and whether anything of it was handed on before. */
interface AttemptEnd {
  readonly fault: Fault | null;
  readonly spoken: boolean;
}

const final = (error: MoltbotError): Fault => ({ error, again: false, afterSeconds: null });

/** Any model of the ai SDK's interface, behind the port every model has. It is asked again only while nothing of an answer was handed on. */
export const createLanguageModel = (parts: LanguageModelParts): ModelPort => {
  const { description, timeoutSeconds, clock, log } = parts;
  const model = description.name;
  let library: Promise<LanguageModelV4> | null = null;

  const interrupted = (how: Interruption): Fault =>
    final(
      how === "stopped"
        ? moltbotError("TURN_STOPPED")
        : moltbotError("MODEL_TIMEOUT", { model, limit: timeoutSeconds }),
    );

  async function* attempt(request: ModelRequest, signal: AbortSignal): AsyncGenerator<Result<ModelEvent>, AttemptEnd> {
    const connection = new AbortController();
    let stream: ReadableStreamDefaultReader<LanguageModelV4StreamPart> | null = null;
    let spoken = false;
    try {
      if (signal.aborted) return { fault: interrupted("stopped"), spoken };
      const client = await (library ??= parts.load());
      const asked = Promise.resolve(client.doStream(callOptions(request, connection.signal)));
      const opened = await patiently(asked, signal, timeoutSeconds);
      if (typeof opened === "string") return { fault: interrupted(opened), spoken };
      stream = opened.value.stream.getReader();
      const reader = createPartReader(model);
      for (;;) {
        const next = await patiently(stream.read(), signal, timeoutSeconds);
        if (typeof next === "string") return { fault: interrupted(next), spoken };
        if (next.value.done) return { fault: final(moltbotError("MODEL_ANSWER_INVALID", { model })), spoken };
        const { events, end } = reader.push(next.value.value);
        for (const event of events) {
          spoken = true;
          yield ok(event);
        }
        if (end !== null) return { fault: end === "whole" ? null : end, spoken };
      }
    } catch (thrown) {
      const fault = signal.aborted ? interrupted("stopped") : thrownFault(model, thrown, millisecondsOf(clock.now()));
      return { fault, spoken };
    } finally {
      // Also when the reader walks away: a server must not go on writing to nobody.
      connection.abort(OVER);
      stream?.cancel().catch(() => undefined);
    }
  }

  const note = ({ fault, spoken }: AttemptEnd, tries: number, began: number): void => {
    const fields = { model, attempt: tries, milliseconds: Math.round(clock.monotonic() - began) };
    if (fault === null) log.debug("a model answered", fields);
    else log.info("a model did not answer", { ...fields, code: fault.error.code, spoken });
  };

  return {
    describe: () => description,
    async *stream(request, signal): AsyncGenerator<Result<ModelEvent>> {
      for (let tries = 1; ; tries += 1) {
        const began = clock.monotonic();
        const end = yield* attempt(request, signal);
        note(end, tries, began);
        if (end.fault === null) return;
        const pause = end.spoken ? null : pauseBefore(parts.patience, end.fault, tries, parts.random);
        if (pause === null) {
          yield err(end.fault.error);
          return;
        }
        const waiting = interruption(signal, pause);
        const how = await waiting.when;
        waiting.clear();
        if (how === "stopped") {
          yield err(moltbotError("TURN_STOPPED"));
          return;
        }
      }
    },
  };
};
