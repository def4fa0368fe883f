import { OPERATIONS, err, moltbotError, ok } from "@moltbot/contracts";
import type { LogPort, MoltbotError, Result } from "@moltbot/contracts";
import { internalError } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import { callOperation, contextOf } from "./call-operation.ts";
import type { BoundHandlers } from "./call-operation.ts";
import type { Desk, Visitor } from "./desk.ts";
import type { EventHub } from "./event-hub.ts";
import { parseInput } from "./parse-input.ts";
import { stopNamed } from "./rate-limits.ts";
import { EVENTS_STREAM } from "./v2/events.ts";
import { SUBSCRIBE, eventFrame, findOperation, outputFrame, problemFrame, readFrame } from "./socket-frames.ts";
import type { RequestFrame } from "./socket-frames.ts";

/** What may wait for a client that reads slowly; past it the socket is cut. */
const LARGEST_BACKLOG = 1_048_576;
/** Places on one socket that only stops of one kind may take; further ones take their turn with everything else. */
const STOPS_IN_FLIGHT = 4;
/** Frames in a row that were turned away at the door, after which nobody believes in a mistake any more. */
const PATIENCE = 100;

/** They are who they say, and this one thing is not for them. */
const NOT_FOR_THEM: ReadonlySet<string> = new Set(["ROLE_INSUFFICIENT", "ROLE_LEAVES_OUT", "SCOPE_INSUFFICIENT"]);

/** Why a socket was closed, as RFC 6455 numbers it. */
const CLOSE = Object.freeze({ leaving: 1001, notText: 1003, refused: 1008 });

/** One end of a WebSocket, as much of it as this room uses. */
export interface Wire {
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
  terminate(): void;
}

export interface TalkOptions {
  readonly wire: Wire;
  readonly visitor: Visitor;
  readonly arrival: Arrival;
  readonly handlers: BoundHandlers;
  readonly desk: Desk;
  readonly hub: EventHub;
  readonly log: LogPort;
  /** Reads JSON exactly as a request body is read. */
  readonly parseJson: (text: string) => Result<unknown>;
  readonly newTraceId: () => string;
  /** Requests that may run at a time, beside the places kept for stops. */
  readonly inFlight: number;
}

/** What is said over one socket. */
export interface Talk {
  /** Takes one frame; never rejects. */
  hear(data: Buffer, binary: boolean): Promise<void>;
  /** Closes the socket: its credential is good no longer. */
  part(error: MoltbotError): void;
  /** Takes no more frames, and closes when the last answer is out. */
  drain(): void;
  /** The other side is gone. */
  end(): void;
}

/** Answers the frames of one socket: admitted, parsed and called one by one, exactly as requests are. */
export const createTalk = (options: TalkOptions): Talk => {
  const { wire, visitor, arrival, handlers, desk, hub, log, parseJson, newTraceId } = options;
  const gone = new AbortController();
  const running = new Map<string, number>();
  let turnedAway = 0;
  let draining = false;
  let closed = false;
  let stopListening: (() => void) | undefined;

  const send = (text: string): void => {
    if (gone.signal.aborted) return;
    if (wire.bufferedAmount > LARGEST_BACKLOG) return wire.terminate();
    wire.send(text);
  };
  const close = (code: number, reason: string): void => {
    closed = true;
    wire.close(code, reason);
  };
  const turnAway = (id: string | null, error: MoltbotError, at: Arrival): void => {
    send(problemFrame(id, error, at));
    turnedAway += 1;
    if (turnedAway >= PATIENCE) close(CLOSE.refused, "too many frames were refused");
  };
  const closeIfDrained = (): void => {
    if (draining && running.size === 0) close(CLOSE.leaving, "the gateway is shutting down");
  };
  const leave = (id: string | null, error: MoltbotError, at: Arrival): void => {
    send(problemFrame(id, error, at));
    close(CLOSE.refused, error.code);
  };

  const subscribe = (): Result<unknown> => {
    if (stopListening !== undefined) return ok({});
    const heard = hub.listen(visitor.principal, (event) => send(eventFrame(event)));
    if (!heard.ok) return heard;
    stopListening = heard.value;
    return ok({});
  };

  const run = async ({ operation, input }: RequestFrame, who: Visitor, at: Arrival): Promise<Result<unknown>> => {
    if (operation === SUBSCRIBE) return subscribe();
    const name = findOperation(operation);
    if (!name.ok) return name;
    const parsed = parseInput(OPERATIONS[name.value].input, {}, input);
    if (!parsed.ok) return parsed;
    try {
      return await callOperation(handlers, name.value, contextOf(who, at, gone.signal), parsed.value);
    } catch (thrown) {
      return err(internalError(thrown, at, log));
    }
  };

  /** The credential is verified at each frame: a token revoked a moment ago says nothing more. */
  const admit = async (frame: RequestFrame, at: Arrival): Promise<Result<Visitor>> => {
    const name = findOperation(frame.operation);
    const required = (name.ok ? OPERATIONS[name.value].role : null) ?? "viewer";
    const operation = frame.operation === SUBSCRIBE ? EVENTS_STREAM : frame.operation;
    try {
      return await desk.admitAgain(visitor, at, { operation, required }, stopNamed(frame.operation));
    } catch (thrown) {
      return err(internalError(thrown, at, log));
    }
  };

  const answer = async (frame: RequestFrame, at: Arrival): Promise<void> => {
    const admitted = await admit(frame, at);
    if (!admitted.ok) {
      const { code } = admitted.error;
      if (NOT_FOR_THEM.has(code)) return send(problemFrame(frame.id, admitted.error, at));
      if (code === "RATE_LIMITED") return turnAway(frame.id, admitted.error, at);
      return leave(frame.id, admitted.error, at);
    }
    turnedAway = 0;
    const result = await run(frame, admitted.value, at);
    send(result.ok ? outputFrame(frame.id, result.value) : problemFrame(frame.id, result.error, at));
  };

  /** Takes a place in a lane; gives the function that leaves it, or the bound that is reached. */
  const enter = (operation: string): (() => void) | number => {
    // Long requests of its own must not keep a client's stop waiting, nor must stops of one turn that of everything.
    const stop = stopNamed(operation);
    const kept = stop !== undefined && (running.get(stop) ?? 0) < STOPS_IN_FLIGHT;
    const lane = kept ? stop : "any";
    const count = running.get(lane) ?? 0;
    if (!kept && count >= options.inFlight) return options.inFlight;
    running.set(lane, count + 1);
    return () => {
      const left = (running.get(lane) ?? 1) - 1;
      if (left === 0) running.delete(lane);
      else running.set(lane, left);
    };
  };

  return {
    async hear(data, binary) {
      const at = { ...arrival, bytes: data.length, traceId: newTraceId() };
      if (closed || gone.signal.aborted) return;
      if (binary) return close(CLOSE.notText, "frames are text");
      const value = parseJson(data.toString("utf8"));
      const frame = value.ok ? readFrame(value.value) : value;
      if (!frame.ok) return turnAway(null, frame.error, at);
      if (draining) return turnAway(frame.value.id, moltbotError("SHUTTING_DOWN"), at);
      const leaveLane = enter(frame.value.operation);
      if (typeof leaveLane === "number") {
        const error = moltbotError("RATE_LIMITED", { limit: leaveLane, window: 1, retryAfter: 1 });
        return turnAway(frame.value.id, error, at);
      }
      try {
        await answer(frame.value, at);
      } finally {
        leaveLane();
        closeIfDrained();
      }
    },
    part(error) {
      if (!closed && !gone.signal.aborted) leave(null, error, arrival);
    },
    drain() {
      draining = true;
      closeIfDrained();
    },
    end() {
      gone.abort();
      stopListening?.();
    },
  };
};
