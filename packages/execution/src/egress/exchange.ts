import type { Readable } from "node:stream";
import { HEADERS_OF_THE_WIRE, err, moltbotError, ok } from "@moltbot/contracts";
import type { ErrorCode, MoltbotError, PersonalSecretLender, Result, SecretLender } from "@moltbot/contracts";
import type { Dispatcher } from "undici";
import { meterOf } from "./connections/meter.ts";
import type { Metered } from "./connections/meter.ts";
import { EgressFault } from "./egress-fault.ts";
import type { EgressSecret } from "./egress.ts";
import type { Target } from "./parse-target.ts";
import { problemOf } from "./problem-of.ts";

/** What goes to one host. Header names are lower-case. */
export interface Outgoing {
  readonly method: Dispatcher.HttpMethod;
  readonly target: Target;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | null;
  readonly secret: EgressSecret | null;
}

/** The head of an answer, its body still encoded and unread. */
export interface Incoming {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
  /** Throws away what is left, so that the connection can serve again. */
  discard(): Promise<void>;
  /** Says why the rest of it is not read, for the record. */
  failed(code: ErrorCode): void;
}

/** Set by the wire itself, by the vault, or by nobody. */
const NOT_THE_CALLERS: ReadonlySet<string> = new Set([...HEADERS_OF_THE_WIRE, "cookie"]);

/** Lower-case names, without those that are not the caller's to set. */
export const callersHeaders = (headers: Iterable<readonly [string, string]>): Record<string, string> =>
  Object.fromEntries(
    [...headers]
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => !NOT_THE_CALLERS.has(name)),
  );

/** The error behind anything thrown on the way; it never quotes the exception. */
export const errorOf = (thrown: unknown, target: Target, signal: AbortSignal): MoltbotError => {
  if (thrown instanceof EgressFault) return thrown.error;
  const problem = signal.aborted ? "it was stopped" : problemOf(thrown);
  return moltbotError("FETCH_FAILED", { host: target.authority, problem });
};

/** Cookies are dropped here: nothing behind this line can keep one. */
const keptHeaders = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== "set-cookie" && name !== "set-cookie2")
      .map(([name, value]) => [name, String(value)]),
  );

const dispatch = async (
  agent: Dispatcher,
  outgoing: Outgoing,
  headers: Readonly<Record<string, string>>,
  ended: (metered: Metered) => void,
  signal: AbortSignal,
): Promise<Result<Incoming>> => {
  const { target, method, body } = outgoing;
  const meter = meterOf(outgoing, ended);
  try {
    const answer = await agent
      .compose(meter.intercept)
      .request({ origin: target.origin, path: target.path, method, headers, body, signal });
    return ok({
      status: answer.statusCode,
      headers: keptHeaders(answer.headers),
      body: answer.body,
      discard: () => answer.body.dump({ limit: 65_536 }).catch(() => undefined),
      failed: (code) => meter.failed(code),
    });
  } catch (thrown) {
    const error = errorOf(thrown, target, signal);
    meter.failed(error.code);
    meter.end();
    return err(error);
  }
};

const AUTHORIZATION = "authorization";

/** Sends one request and waits for the head of its answer; `ended` hears of it once. The secret exists only inside the vault's loan. */
export const exchange = async (
  agent: Dispatcher,
  secrets: SecretLender & PersonalSecretLender,
  outgoing: Outgoing,
  ended: (metered: Metered) => void,
  signal: AbortSignal,
): Promise<Result<Incoming>> => {
  const { secret, headers, target } = outgoing;
  if (secret === null) return dispatch(agent, outgoing, headers, ended, signal);
  const { keptBy } = secret;
  const use = (text: string, bound?: string) => {
    const name = (bound ?? secret.header ?? AUTHORIZATION).toLowerCase();
    const prefix = secret.prefix ?? (name === AUTHORIZATION ? "Bearer " : "");
    return dispatch(agent, outgoing, { ...headers, [name]: prefix + text }, ended, signal);
  };
  const header = secret.header ?? undefined;
  const lendFor = (host: string) =>
    keptBy === undefined
      ? secrets.lend(secret.name, host, use, header)
      : secrets.lendTo(keptBy.person, keptBy.id, host, use, header);
  // Bound to this host and port, or to the host with all its ports.
  const exact = await lendFor(target.authority);
  const lent = !exact.ok && exact.error.code === "SECRET_NOT_BOUND" ? await lendFor(target.host) : exact;
  return lent.ok ? lent.value : lent;
};
