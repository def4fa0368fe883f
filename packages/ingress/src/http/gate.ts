import type { IncomingMessage, ServerResponse } from "node:http";
import { moltbotError } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts";
import { writeProblem } from "./answer.ts";
import { readArrival } from "./arrival.ts";
import type { Arrival } from "./arrival.ts";
import { cookieMaySpeak, hostAllowed, originAllowed } from "./origin-rules.ts";
import type { AnswerWatch } from "./rate-limits.ts";
import { createProxies } from "./proxies.ts";
import { API_HEADERS, transportSecurity } from "./security-headers.ts";
import { placeNeedsTls, wayAllowed } from "./way-rules.ts";

/** The checks that keep web pages out, and the bound of a socket, as values, so that a test can show what each one stops. */
export interface Controls {
  readonly hostAllowed: typeof hostAllowed;
  readonly originAllowed: typeof originAllowed;
  readonly cookieMaySpeak: typeof cookieMaySpeak;
  readonly wayAllowed: typeof wayAllowed;
  readonly placeNeedsTls: typeof placeNeedsTls;
  /** Requests that one socket may have running at a time. */
  readonly inFlight: number;
}
export const CONTROLS: Controls = Object.freeze({
  hostAllowed,
  originAllowed,
  cookieMaySpeak,
  wayAllowed,
  placeNeedsTls,
  inFlight: 32,
});

/** Headers of which one request has one; a second is how requests are smuggled past whoever reads the first. (Two lengths, or a length and chunks, the parser refuses by itself.) */
const SINGLE = new Set([
  "host",
  "origin",
  "authorization",
  "dpop",
  "cookie",
  "content-length",
  "content-type",
  "transfer-encoding",
  "traceparent",
]);

const repeated = (raw: readonly string[]): string | undefined => {
  const seen = new Set<string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]?.toLowerCase() ?? "";
    if (!SINGLE.has(name)) continue;
    if (seen.has(name)) return name;
    seen.add(name);
  }
  return undefined;
};

const invalid = (path: string, problem: string): MoltbotError => moltbotError("REQUEST_INVALID", { path, problem });

const oddity = (request: IncomingMessage): MoltbotError | undefined => {
  const double = repeated(request.rawHeaders);
  if (double === "host") return moltbotError("REQUEST_HOST_REFUSED");
  if (double !== undefined) return invalid(`the header ${double}`, "a header stands twice that may stand once");
  // An absolute target names a host of its own beside the Host header.
  if (!(request.url ?? "").startsWith("/")) return moltbotError("REQUEST_HOST_REFUSED");
  return undefined;
};

/** Whether bytes follow the headers, as the parser reads them. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || (headers["content-length"] ?? "0") !== "0";

const pageOnLocalSocket = ({ headers }: IncomingMessage): boolean =>
  headers.origin !== undefined || headers["sec-fetch-site"] !== undefined;

/** Why this request may not come in, or undefined. No page can open the local socket, so what looks like one is refused there. */
const refusal = (
  request: IncomingMessage,
  { local, secure, proxied }: Arrival,
  names: ReadonlySet<string>,
  controls: Controls,
): MoltbotError | undefined => {
  const odd = oddity(request);
  if (odd !== undefined) return odd;
  if (local) return pageOnLocalSocket(request) ? moltbotError("REQUEST_ORIGIN_REFUSED") : undefined;
  if (!controls.wayAllowed({ peer: request.socket.remoteAddress, secure, proxied }))
    return invalid("the way it came", "others could read it before it reached this machine; come by https");
  if (!controls.hostAllowed(request, names)) return moltbotError("REQUEST_HOST_REFUSED");
  return controls.originAllowed(request, secure) ? undefined : moltbotError("REQUEST_ORIGIN_REFUSED");
};

export interface Gate {
  /** Sets the headers every response carries and checks the request; false means that it was refused and answered. */
  admit(request: IncomingMessage, response: ServerResponse, local: boolean): boolean;
  /** The same checks on a request that would leave HTTP: why it may not, or undefined. */
  check(request: IncomingMessage, local: boolean): MoltbotError | undefined;
  arrivalOf(request: IncomingMessage): Arrival;
  /** What is known of the answers to requests that came by HTTP. */
  readonly watch: AnswerWatch;
}

export interface GateOptions {
  readonly hostNames: () => ReadonlySet<string>;
  readonly closing: () => boolean;
  readonly newTraceId: () => string;
  readonly controls: Controls;
  /** Addresses and networks whose word on where a request came from counts. */
  readonly proxies?: readonly string[];
  /** Why a request of this address is not even looked at: it floods, and nothing says that this one is somebody known. */
  readonly turnedAway?: (request: IncomingMessage, arrival: Arrival) => MoltbotError | undefined;
}

/** The first thing that sees a request, before any framework does. */
export const createGate = (options: GateOptions): Gate => {
  const { newTraceId, controls, turnedAway = () => undefined } = options;
  const proxies = createProxies(options.proxies ?? []);
  const arrivals = new WeakMap<IncomingMessage, Arrival>();
  const responses = new WeakMap<Arrival, ServerResponse>();
  const arrivalOf = (request: IncomingMessage): Arrival =>
    arrivals.get(request) ?? readArrival(request, false, newTraceId, proxies);
  const arrive = (request: IncomingMessage, local: boolean): Arrival => {
    const arrival = readArrival(request, local, newTraceId, proxies);
    arrivals.set(request, arrival);
    return arrival;
  };
  const check = (request: IncomingMessage, arrival: Arrival): MoltbotError | undefined =>
    options.closing() ? moltbotError("SHUTTING_DOWN") : refusal(request, arrival, options.hostNames(), controls);
  return {
    arrivalOf,
    check(request, local) {
      const arrival = arrive(request, local);
      return turnedAway(request, arrival) ?? check(request, arrival);
    },
    admit(request, response, local) {
      const arrival = arrive(request, local);
      const away = turnedAway(request, arrival);
      if (away !== undefined) {
        // One new connection for each guess would cost more than the guess.
        writeProblem(response, away, arrival, hasBody(request) ? "close" : "keep-alive");
        return false;
      }
      const error = check(request, arrival);
      for (const name in API_HEADERS) response.setHeader(name, API_HEADERS[name] ?? "");
      const strict = arrival.secure ? transportSecurity(request.headers.host) : undefined;
      if (strict !== undefined) response.setHeader("Strict-Transport-Security", strict);
      if (error !== undefined) {
        writeProblem(response, error, arrival);
        return false;
      }
      responses.set(arrival, response);
      return true;
    },
    watch: {
      tell(arrival, headers) {
        const response = responses.get(arrival);
        if (response === undefined || response.headersSent) return;
        for (const name in headers) response.setHeader(name, headers[name] ?? "");
      },
      after(arrival, run) {
        const response = responses.get(arrival);
        if (response === undefined || response.closed) return false;
        const { socket } = response.req;
        const before = socket.bytesRead + socket.bytesWritten;
        response.once("close", () => run(socket.bytesRead + socket.bytesWritten - before));
        return true;
      },
    },
  };
};
