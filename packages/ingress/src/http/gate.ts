import type { IncomingMessage, ServerResponse } from "node:http";
import { moltbotError } from "@moltbot/contracts";
import type { MoltbotError } from "@moltbot/contracts";
import { readArrival } from "./arrival.ts";
import type { Arrival } from "./arrival.ts";
import { cookieMaySpeak, hostAllowed, originAllowed } from "./origin-rules.ts";
import { writeProblem } from "./problem.ts";
import { API_HEADERS } from "./security-headers.ts";

/** The checks that keep web pages out, and the bound of a socket, as values, so that a test can show what each one stops. */
export interface Controls {
  readonly hostAllowed: typeof hostAllowed;
  readonly originAllowed: typeof originAllowed;
  readonly cookieMaySpeak: typeof cookieMaySpeak;
  /** Requests that one socket may have running at a time. */
  readonly inFlight: number;
}
export const CONTROLS: Controls = Object.freeze({ hostAllowed, originAllowed, cookieMaySpeak, inFlight: 32 });

/** Headers of which one request has one; a second is how requests are smuggled past whoever reads the first. (Two lengths, or a length and chunks, the parser refuses by itself.) */
const SINGLE = new Set([
  "host",
  "origin",
  "authorization",
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

const pageOnLocalSocket = ({ headers }: IncomingMessage): boolean =>
  headers.origin !== undefined || headers["sec-fetch-site"] !== undefined;

/** Why this request may not come in, or undefined. No page can open the local socket, so what looks like one is refused there. */
const refusal = (
  request: IncomingMessage,
  local: boolean,
  names: ReadonlySet<string>,
  controls: Controls,
): MoltbotError | undefined => {
  const odd = oddity(request);
  if (odd !== undefined) return odd;
  if (local) return pageOnLocalSocket(request) ? moltbotError("REQUEST_ORIGIN_REFUSED") : undefined;
  if (!controls.hostAllowed(request, names)) return moltbotError("REQUEST_HOST_REFUSED");
  return controls.originAllowed(request) ? undefined : moltbotError("REQUEST_ORIGIN_REFUSED");
};

export interface Gate {
  /** Sets the headers every response carries and checks the request; false means that it was refused and answered. */
  admit(request: IncomingMessage, response: ServerResponse, local: boolean): boolean;
  /** The same checks on a request that would leave HTTP: why it may not, or undefined. */
  check(request: IncomingMessage, local: boolean): MoltbotError | undefined;
  arrivalOf(request: IncomingMessage): Arrival;
}

/** The first thing that sees a request, before any framework does. */
export const createGate = (options: {
  readonly hostNames: () => ReadonlySet<string>;
  readonly closing: () => boolean;
  readonly newTraceId: () => string;
  readonly controls: Controls;
}): Gate => {
  const arrivals = new WeakMap<IncomingMessage, Arrival>();
  const arrivalOf = (request: IncomingMessage): Arrival =>
    arrivals.get(request) ?? readArrival(request, false, options.newTraceId);
  const check: Gate["check"] = (request, local) => {
    arrivals.set(request, readArrival(request, local, options.newTraceId));
    return options.closing()
      ? moltbotError("SHUTTING_DOWN")
      : refusal(request, local, options.hostNames(), options.controls);
  };
  return {
    arrivalOf,
    check,
    admit(request, response, local) {
      const error = check(request, local);
      if (error !== undefined) {
        writeProblem(response, error, arrivalOf(request));
        return false;
      }
      for (const name in API_HEADERS) response.setHeader(name, API_HEADERS[name] ?? "");
      return true;
    },
  };
};
