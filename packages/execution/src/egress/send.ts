import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { checkRequest, checkTarget } from "./check-target.ts";
import type { checkHop } from "./check-target.ts";
import type { Exchange } from "./connections/recorded-exchange.ts";
import type { EgressAuthority, EgressRequest, EgressResponse } from "./egress.ts";
import { callersHeaders, errorOf } from "./exchange.ts";
import type { Incoming, Outgoing } from "./exchange.ts";
import { parseTarget } from "./parse-target.ts";
import type { Target } from "./parse-target.ts";
import { ACCEPTED_ENCODINGS, readBody } from "./read-body.ts";

const MOST_REDIRECTS = 5;
const MOST_BYTES = { tool: 2 * 1024 * 1024, provider: 32 * 1024 * 1024 } as const;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** All that a redirect may take along: anything else could be a credential. */
const CARRIED_ON = new Set(["accept", "accept-language", "accept-encoding", "user-agent"]);

/** What sending needs; `mayFollow` is a part so that a test can take it out. */
export interface SendParts {
  readonly exchange: Exchange;
  readonly mayFollow: typeof checkHop;
  /** Takes out of an answer what it repeats of a kept secret. */
  readonly keepBack: (response: EgressResponse) => Result<EgressResponse>;
  /** Whether what a tool sends may leave; looked at again for each hop. */
  readonly mayLeave: (outgoing: Outgoing) => Result<void>;
}

/** The next request of a redirect: no secret, no credential, and a body only where the status says so. */
const nextRequest = (previous: Outgoing, status: number, target: Target): Outgoing => {
  const keeps = status === 307 || status === 308;
  const carriedOn = Object.entries(previous.headers).filter(
    ([name]) => CARRIED_ON.has(name) || (keeps && name === "content-type"),
  );
  return {
    target,
    method: keeps || previous.method === "HEAD" ? previous.method : "GET",
    headers: Object.fromEntries(carriedOn),
    body: keeps ? previous.body : null,
    secret: null,
  };
};

const follow = (
  authority: EgressAuthority,
  previous: Outgoing,
  incoming: Incoming,
  mayFollow: typeof checkHop,
): Result<Outgoing> => {
  const location = incoming.headers["location"] ?? "";
  const url = URL.parse(location, previous.target.origin + previous.target.path);
  const target =
    url === null ? err(moltbotError("URL_INVALID", { problem: "it redirects to no address" })) : parseTarget(url.href);
  if (!target.ok) return target;
  const next = nextRequest(previous, incoming.status, target.value);
  const allowed = mayFollow(authority, previous.target, target.value, next.method);
  return allowed.ok ? ok(next) : allowed;
};

const whole = async (
  incoming: Incoming,
  outgoing: Outgoing,
  maxBytes: number,
  redirects: number,
  signal: AbortSignal,
): Promise<Result<EgressResponse>> => {
  const { target } = outgoing;
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of readBody(incoming, target, maxBytes, signal)) pieces.push(piece);
    return ok({
      status: incoming.status,
      headers: incoming.headers,
      url: target.origin + target.path,
      body: Buffer.concat(pieces),
      redirects,
    });
  } catch (thrown) {
    return err(errorOf(thrown, target, signal));
  }
};

const firstRequest = (target: Target, request: EgressRequest): Outgoing => ({
  target,
  method: request.method,
  headers: { "accept-encoding": ACCEPTED_ENCODINGS, ...callersHeaders(Object.entries(request.headers ?? {})) },
  body: request.body ?? null,
  secret: request.secret ?? null,
});

/** One request and its redirects, each hop checked before anything is dialled. */
export const send = async (
  parts: SendParts,
  authority: EgressAuthority,
  request: EgressRequest,
  signal: AbortSignal,
): Promise<Result<EgressResponse>> => {
  const target = parseTarget(request.url);
  if (!target.ok) return target;
  const allowed = checkTarget(authority, target.value);
  if (!allowed.ok) return allowed;
  const kept = checkRequest(authority, target.value, request.method);
  if (!kept.ok) return kept;
  let outgoing = firstRequest(target.value, request);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const clean = authority.kind === "tool" ? parts.mayLeave(outgoing) : done;
    if (!clean.ok) return clean;
    const incoming = await parts.exchange(authority, outgoing, signal);
    if (!incoming.ok) return incoming;
    if (!REDIRECTS.has(incoming.value.status) || request.follow === false) {
      const answer = await whole(
        incoming.value,
        outgoing,
        request.maxBytes ?? MOST_BYTES[authority.kind],
        redirects,
        signal,
      );
      const sentSecret = authority.kind === "tool" && request.secret !== undefined && request.secret !== null;
      return answer.ok && sentSecret ? parts.keepBack(answer.value) : answer;
    }
    await incoming.value.discard();
    const next = follow(authority, outgoing, incoming.value, parts.mayFollow);
    if (!next.ok) return next;
    outgoing = next.value;
  }
  return err(moltbotError("TOO_MANY_REDIRECTS", { limit: MOST_REDIRECTS }));
};
