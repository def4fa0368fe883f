import { done, moltbotError } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";
import type { Dispatcher } from "undici";
import { checkRequest, checkTarget } from "./check-target.ts";
import type { Exchange } from "./connections/recorded-exchange.ts";
import { EgressFault } from "./egress-fault.ts";
import type { EgressAuthority, EgressSecret } from "./egress.ts";
import { callersHeaders } from "./exchange.ts";
import type { Incoming, Outgoing } from "./exchange.ts";
import { parseTarget } from "./parse-target.ts";
import type { Target } from "./parse-target.ts";
import { readBody } from "./read-body.ts";

const MOST_BYTES = 64 * 1024 * 1024;
const NEVER = new AbortController().signal;
const BODILESS = new Set([204, 205, 304]);
const METHODS: readonly Dispatcher.HttpMethod[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

interface Wish {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  readonly signal: AbortSignal;
}

/** What client libraries send: a text address and text. Everything else is unwrapped by the platform's own Request. */
const readWish = async (input: string | URL | Request, init: RequestInit | undefined): Promise<Wish> => {
  const body = init?.body ?? null;
  if (!(input instanceof Request) && (body === null || typeof body === "string")) {
    const headers = callersHeaders(new Headers(init?.headers));
    return { url: String(input), method: init?.method ?? "GET", headers, body, signal: init?.signal ?? NEVER };
  }
  const request = new Request(input, init);
  const bytes = request.body === null ? null : new Uint8Array(await request.arrayBuffer());
  return {
    url: request.url,
    method: request.method,
    headers: callersHeaders(request.headers),
    body: bytes,
    signal: request.signal,
  };
};

/** The vault's header replaces whatever a library put there itself. */
const outgoingOf = (
  wish: Wish,
  target: Target,
  method: Dispatcher.HttpMethod,
  secret: EgressSecret | null,
): Outgoing => ({
  target,
  method,
  headers:
    typeof wish.body === "string" ? { "content-type": "text/plain;charset=UTF-8", ...wish.headers } : wish.headers,
  body: wish.body,
  secret,
});

const streamOf = (incoming: Incoming, target: Target, signal: AbortSignal): ReadableStream<Uint8Array> => {
  const pieces = readBody(incoming, target, MOST_BYTES, signal);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const piece = await pieces.next();
          if (piece.done === true) controller.close();
          else controller.enqueue(piece.value);
        } catch (fault) {
          controller.error(signal.aborted ? signal.reason : fault);
        }
      },
      cancel: () => void incoming.body.on("error", () => undefined).destroy(),
    },
    { highWaterMark: 0 },
  );
};

const responseOf = (incoming: Incoming, target: Target, signal: AbortSignal): Response => {
  const { "content-encoding": _encoding, "content-length": _length, ...headers } = incoming.headers;
  if (BODILESS.has(incoming.status)) {
    void incoming.discard();
    return new Response(null, { status: incoming.status, headers });
  }
  return new Response(streamOf(incoming, target, signal), { status: incoming.status, headers });
};

/** Makes a fetch function that can reach one authority and nothing else. */
export const fetchFor = (
  parts: {
    readonly exchange: Exchange;
    readonly mayLeave: (outgoing: Outgoing) => Result<void>;
  },
  authority: EgressAuthority,
  secret: EgressSecret | null,
): typeof fetch => {
  const refuse = (error: MoltbotError): never => {
    throw new EgressFault(error);
  };
  return async (input, init) => {
    const wish = await readWish(input, init);
    wish.signal.throwIfAborted();
    const target = parseTarget(wish.url);
    if (!target.ok) return refuse(target.error);
    const allowed = checkTarget(authority, target.value);
    if (!allowed.ok) return refuse(allowed.error);
    const method = METHODS.find((known) => known === wish.method.toUpperCase());
    if (method === undefined)
      return refuse(
        moltbotError("FETCH_FAILED", { host: target.value.authority, problem: "that method is not used here" }),
      );
    const kept = checkRequest(authority, target.value, method);
    if (!kept.ok) return refuse(kept.error);
    const outgoing = outgoingOf(wish, target.value, method, secret);
    // A model is shown what may be shown to it before: its labels decide, and a canary in a memory must not silence it.
    const clean = authority.kind === "tool" ? parts.mayLeave(outgoing) : done;
    if (!clean.ok) return refuse(clean.error);
    const incoming = await parts.exchange(authority, outgoing, wish.signal);
    if (!incoming.ok) {
      wish.signal.throwIfAborted();
      return refuse(incoming.error);
    }
    if (incoming.value.status >= 300 && incoming.value.status !== 304 && incoming.value.status < 400) {
      await incoming.value.discard();
      return refuse(
        moltbotError("FETCH_FAILED", {
          host: target.value.authority,
          problem: "it redirects, which is not followed here",
        }),
      );
    }
    return responseOf(incoming.value, target.value, wish.signal);
  };
};
