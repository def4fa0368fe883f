import type {
  DomainEvent,
  MoltbotError,
  OperationName,
  OperationOutput,
  OperationRequest,
  Result,
  TurnReport,
} from "@moltbot/contracts";
import { createEventParser } from "./event-parser.ts";
import type { ParsedEvent } from "./event-parser.ts";
import { problemToError, unreachable } from "./problem.ts";
import { ROUTES } from "./routes.ts";
import type { Transport, TransportResponse } from "./transport.ts";

export interface ClientOptions {
  readonly transport: Transport;
  /** Checks every answer against the operation's schema, which loads the contracts; off unless told. */
  readonly validate?: boolean;
  /** Waits between reconnections; handed in by tests. */
  readonly wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** `open`: events flow; `waiting`: the connection is lost and will be tried again; `gap`: events were missed, load the state anew. */
export type StreamState = "open" | "waiting" | "gap";

export interface EventsOptions {
  /** The id of the last event seen: the stream goes on after it. */
  readonly since?: string;
  readonly onState?: (state: StreamState) => void;
}

/** A gateway's operations, typed. Nothing here throws; an aborted signal ends a call with GATEWAY_UNREACHABLE. */
export interface Client {
  /** Calls one operation of the registry and gives its output or the gateway's error. */
  call<N extends OperationName>(
    name: N,
    input: OperationRequest<N>,
    options?: CallOptions,
  ): Promise<Result<OperationOutput<N>>>;
  /** Sends a message, hands out this turn's events as they come, and gives the turn's report. Aborting ends the stream, not the turn. */
  stream(
    name: "messages.send",
    input: OperationRequest<"messages.send">,
    onEvent: (event: DomainEvent) => void,
    signal?: AbortSignal,
  ): Promise<Result<TurnReport>>;
  /** Follows everything the caller may see, reconnecting by itself, until the signal aborts (ok) or the gateway refuses (its error). */
  events(onEvent: (event: DomainEvent) => void, signal: AbortSignal, options?: EventsOptions): Promise<Result<void>>;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, milliseconds);
    signal.addEventListener("abort", finish);
  });

interface BoundRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Fills the path's `{parameters}`; what is left of the input becomes the query or the JSON body. */
const bind = (name: OperationName, input: Readonly<Record<string, unknown>>): BoundRequest => {
  const [method = "GET", pattern = "/"] = ROUTES[name].split(" ");
  const rest: Record<string, unknown> = { ...input };
  const path = pattern.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = rest[key];
    delete rest[key];
    return encodeURIComponent(textOf(value));
  });
  if (method !== "GET" && method !== "DELETE") return { method, path, body: JSON.stringify(rest) };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) {
    if (value !== undefined) query.append(key, textOf(value));
  }
  return { method, path: query.size === 0 ? path : `${path}?${query.toString()}`, body: null };
};

type Validator = <N extends OperationName>(name: N, value: unknown) => boolean;
const loadValidator = async (): Promise<Validator> => {
  const { OPERATIONS } = await import("@moltbot/contracts");
  return (name, value) => OPERATIONS[name].output.safeParse(value).success;
};

const isSuccess = (status: number): boolean => status >= 200 && status < 300;
/** Refusals stay refusals however often they are asked again. */
const mayRetry = (status: number): boolean => status >= 500 || status === 429;
/** Ends of a stream that pass: the gateway comes back, a lockout runs out. */
const mayFollowAgain = ({ code }: MoltbotError): boolean => code === "SHUTTING_DOWN" || code === "LOCKED_OUT";

/** Reads a whole body as an error; a body that breaks off is an unreachable gateway. */
const readProblem = async (response: TransportResponse, address: string): Promise<MoltbotError> => {
  try {
    return problemToError(await response.text(), address);
  } catch {
    return unreachable(address);
  }
};

/** Hands out events until `take` says stop or the stream ends; false when it broke or ended by itself. */
const follow = async (response: TransportResponse, take: (event: ParsedEvent) => "more" | "stop"): Promise<boolean> => {
  let stopped = false;
  const parser = createEventParser((event) => {
    if (!stopped && take(event) === "stop") stopped = true;
  });
  try {
    for await (const chunk of response.chunks()) {
      parser.push(chunk);
      if (stopped) break;
    }
  } catch {
    return stopped; // the connection broke: the caller reconnects or reports it
  }
  return stopped;
};

/** Makes the client of one gateway. */
export const createClient = (options: ClientOptions): Client => {
  const { transport } = options;
  const { address } = transport;
  const wait = options.wait ?? pause;

  const accept = async <N extends OperationName>(name: N, text: string): Promise<Result<OperationOutput<N>>> => {
    try {
      const value: unknown = JSON.parse(text);
      if (options.validate === true && !(await loadValidator())(name, value))
        return { ok: false, error: unreachable(address) };
      return { ok: true, value: value as OperationOutput<N> }; // our own gateway made it from the same schema; `validate` checks
    } catch {
      return { ok: false, error: unreachable(address) };
    }
  };

  return {
    async call(name, input, callOptions = {}) {
      const sent = await transport.send({ ...bind(name, input), accept: "application/json", ...callOptions });
      if (!sent.ok) return sent;
      if (!isSuccess(sent.value.status)) return { ok: false, error: await readProblem(sent.value, address) };
      try {
        return await accept(name, await sent.value.text());
      } catch {
        return { ok: false, error: unreachable(address) };
      }
    },

    async stream(name, input, onEvent, signal) {
      const sent = await transport.send({
        ...bind(name, input),
        accept: "text/event-stream",
        ...(signal === undefined ? {} : { signal }),
      });
      if (!sent.ok) return sent;
      if (!isSuccess(sent.value.status)) return { ok: false, error: await readProblem(sent.value, address) };
      let end: Promise<Result<TurnReport>> | undefined;
      await follow(sent.value, ({ event, data }) => {
        if (event === "turn:report") end = accept(name, data);
        else if (event === "problem") end = Promise.resolve({ ok: false, error: problemToError(data, address) });
        else if (event.includes(":") && !event.startsWith("stream:")) onEvent(JSON.parse(data) as DomainEvent); // our own gateway's shape
        return end === undefined ? "more" : "stop";
      });
      return (await end) ?? { ok: false, error: unreachable(address) };
    },

    async events(onEvent, signal, eventsOptions = {}) {
      const say = eventsOptions.onState ?? ((): void => undefined);
      let last = eventsOptions.since;
      let delay = FIRST_WAIT;
      let refusal: MoltbotError | undefined;
      while (!signal.aborted) {
        const sent = await transport.send({
          method: "GET",
          path: "/v2/events",
          accept: "text/event-stream",
          body: null,
          signal,
          ...(last === undefined ? {} : { lastEventId: last }),
        });
        if (sent.ok && isSuccess(sent.value.status)) {
          say("open");
          await follow(sent.value, ({ event, data, id }) => {
            delay = FIRST_WAIT;
            if (id !== "") last = id;
            if (event === "stream:gap") say("gap");
            else if (event === "problem") refusal = problemToError(data, address);
            else if (!event.startsWith("stream:")) onEvent(JSON.parse(data) as DomainEvent); // our own gateway's shape
            return refusal === undefined ? "more" : "stop";
          });
          if (refusal !== undefined && !mayFollowAgain(refusal)) return { ok: false, error: refusal };
          refusal = undefined;
        } else if (sent.ok && !mayRetry(sent.value.status)) {
          return { ok: false, error: await readProblem(sent.value, address) };
        }
        if (signal.aborted) break;
        say("waiting");
        await wait(delay / 2 + (Math.random() * delay) / 2, signal);
        delay = Math.min(delay * 2, LONGEST_WAIT);
      }
      return { ok: true, value: undefined };
    },
  };
};
