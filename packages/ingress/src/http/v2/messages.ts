import type { ServerResponse } from "node:http";
import { moltbotError } from "@moltbot/contracts";
import type { LogPort, MoltbotError, OperationHandlers, OperationInput, Result } from "@moltbot/contracts";
import { internalError } from "../answer.ts";
import type { Arrival } from "../arrival.ts";
import { contextOf } from "../call-operation.ts";
import type { Visitor } from "../desk.ts";
import { domainFrame, frameOf, openEventStream } from "../event-stream.ts";
import { problemOf } from "../problem.ts";
import { watchListener } from "../watch-listener.ts";

export interface StreamedAnswer {
  readonly response: ServerResponse;
  readonly visitor: Visitor;
  readonly arrival: Arrival;
  readonly input: OperationInput<"messages.send">;
  readonly send: OperationHandlers["messages.send"];
  readonly log: LogPort;
  readonly heartbeat: number | undefined;
  /** Registers the stream's end for the time the gateway closes; gives the function that forgets it. */
  readonly onShutdown: (end: () => void) => () => void;
  /** Whether whoever listens still is who they were. */
  readonly stillGood: () => Promise<Result<void>>;
}

/**
 * Streams one turn: its events as they come, then `turn:report`, or `problem`. A client that goes away aborts the context's signal;
 * whether the turn goes on is the handler's to decide.
 */
export const streamMessage = async (answer: StreamedAnswer): Promise<void> => {
  const { arrival, log } = answer;
  const gone = new AbortController();
  const stream = openEventStream(answer.response, {
    ...(answer.heartbeat === undefined ? {} : { heartbeat: answer.heartbeat }),
    onClose: () => {
      unwatch();
      gone.abort();
    },
  });
  const problem = (error: MoltbotError): string => frameOf("problem", problemOf(error, arrival));
  const unwatch = watchListener(answer.stillGood, answer.heartbeat, (error) => stream.end(problem(error)));
  const forget = answer.onShutdown(() => stream.end(problem(moltbotError("SHUTTING_DOWN"))));
  const context = contextOf(answer.visitor, arrival, gone.signal, (event) => stream.write(domainFrame(event)));
  try {
    const result = await answer.send(context, answer.input);
    stream.end(result.ok ? frameOf("turn:report", result.value) : problem(result.error));
  } catch (thrown) {
    stream.end(problem(internalError(thrown, arrival, log)));
  } finally {
    forget();
  }
};
