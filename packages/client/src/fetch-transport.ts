import { unreachable } from "./problem.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";

async function* decoded(response: Response): AsyncGenerator<string> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (let step = await reader.read(); !step.done; step = await reader.read()) {
      yield decoder.decode(step.value as Uint8Array<ArrayBuffer>, { stream: true }); // a body is bytes; the type is loose in some libraries
    }
  } finally {
    await reader.cancel().catch(() => undefined); // the stream may be broken already: nothing is left to cancel
  }
}

const wrap = (response: Response): TransportResponse => ({
  status: response.status,
  text: async () => response.text(),
  chunks: () => decoded(response),
});

/** Sends one request with these headers beside the transport's own; a redirect is a failure, and nothing is kept in a cache. */
export const sendByFetch = async (
  origin: string,
  request: TransportRequest,
  credentials: Readonly<Record<string, string>>,
  cookies: "same-origin" | "omit",
): ReturnType<Transport["send"]> => {
  const headers: Record<string, string> = { accept: request.accept, ...credentials };
  if (request.body !== null) headers["content-type"] = "application/json";
  if (request.lastEventId !== undefined) headers["last-event-id"] = request.lastEventId;
  try {
    const response = await fetch(origin + request.path, {
      method: request.method,
      headers,
      body: request.body,
      credentials: cookies,
      redirect: "error",
      cache: "no-store",
      signal: request.signal ?? null,
    });
    return { ok: true, value: wrap(response) };
  } catch {
    return { ok: false, error: unreachable(origin === "" ? "this address" : origin) };
  }
};

/**
 * A transport over `fetch`, for browsers and scripts. `origin` "" means the page's own; the session cookie travels by itself and
 * only there. A bearer token is sent as a header, never in an address.
 */
export const fetchTransport = (options: { readonly origin?: string; readonly token?: string } = {}): Transport => {
  const { origin = "", token } = options;
  return {
    address: origin === "" ? "this address" : origin,
    send: (request) =>
      token === undefined
        ? sendByFetch(origin, request, {}, "same-origin")
        : sendByFetch(origin, request, { authorization: `Bearer ${token}` }, "omit"),
  };
};
