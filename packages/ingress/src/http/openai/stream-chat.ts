import type { FastifyReply } from "fastify";
import { moltbotError } from "@moltbot/contracts";
import type { LogPort, MoltbotError, RequestContext, Result } from "@moltbot/contracts";
import { answerProblem, internalError } from "../answer.ts";
import type { Arrival } from "../arrival.ts";
import { openEventStream } from "../event-stream.ts";
import type { EventStream } from "../event-stream.ts";
import { watchListener } from "../watch-listener.ts";
import { chunksOf, errorFrame } from "./completion.ts";
import type { Heading } from "./completion.ts";
import type { ChatAnswer, ChatPiece, OpenAiHandlers } from "./handlers.ts";
import { openAiError } from "./openai-error.ts";
import type { ReadChat } from "./read-chat.ts";

/** Given as a reason, because without one the runtime makes an exception with a stack for every answer. */
const OVER = "the stream is over";

interface StreamedChat {
  readonly reply: FastifyReply;
  readonly arrival: Arrival;
  readonly heading: Heading;
  readonly read: ReadChat;
  readonly context: RequestContext;
  readonly handlers: OpenAiHandlers;
  readonly log: LogPort;
  readonly heartbeat: number | undefined;
  /** Registers the stream's end for the time the gateway closes; gives the function that forgets it. */
  readonly onShutdown: (end: () => void) => () => void;
  /** Whether the credential is still good. */
  readonly stillGood: () => Promise<Result<void>>;
}

/**
 * Streams one answer as `chat.completion.chunk` events. Nothing is sent before the first piece, so that whatever goes wrong until
 * then has a status of its own; later it is the last event, in the form of an error.
 */
export const streamChat = async (chat: StreamedChat): Promise<void> => {
  const { reply, arrival, read, log } = chat;
  const chunks = chunksOf(chat.heading);
  const failed = (error: MoltbotError): string => errorFrame(openAiError(error, arrival));
  let stream: EventStream | null = null;
  let calls = 0;
  let forget = (): void => undefined;
  const over = new AbortController();
  const context = { ...chat.context, signal: AbortSignal.any([chat.context.signal, over.signal]) };

  const open = (): EventStream => {
    reply.hijack();
    const opened = openEventStream(reply.raw, {
      ...(chat.heartbeat === undefined ? {} : { heartbeat: chat.heartbeat }),
      dropped: failed(moltbotError("REQUEST_INVALID", { path: "the stream", problem: "the client read too slowly" })),
      onClose: () => {
        unwatch();
        over.abort(OVER);
      },
    });
    const unwatch = watchListener(chat.stillGood, chat.heartbeat, (error) => opened.end(failed(error)));
    forget = chat.onShutdown(() => opened.end(failed(moltbotError("SHUTTING_DOWN"))));
    opened.write(chunks.begun());
    return opened;
  };
  const emit = (piece: ChatPiece): void => {
    stream ??= open();
    switch (piece.type) {
      case "begun":
        return;
      case "text":
        return stream.write(chunks.text(piece.text));
      case "call":
        stream.write(chunks.call(piece.call, calls));
        calls += 1;
    }
  };
  const close = (answer: ChatAnswer): void => {
    stream ??= open();
    stream.write(chunks.finished(answer));
    if (read.usage) stream.write(chunks.usage(answer));
    stream.end(chunks.done);
  };
  const fail = (error: MoltbotError): void => {
    if (stream === null) void answerProblem(reply, error, arrival);
    else stream.end(failed(error));
  };

  try {
    const answer = await chat.handlers.chat(context, read.request, emit);
    if (answer.ok) close(answer.value);
    else fail(answer.error);
  } catch (thrown) {
    fail(internalError(thrown, arrival, log));
  } finally {
    forget();
  }
};
