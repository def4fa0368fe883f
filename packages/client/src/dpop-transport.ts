import type { DeviceTokens, Result } from "@moltbot/contracts";
import { makeProof, publicKeyOf } from "./device-key.ts";
import type { DeviceKeyPair, WebCrypto } from "./device-key.ts";
import { sendByFetch } from "./fetch-transport.ts";
import { problemToError } from "./problem.ts";
import type { Transport, TransportRequest } from "./transport.ts";

/** How long before its end an access token is replaced. */
const MARGIN = 30_000;

export interface DeviceOptions {
  /** Scheme and host of the gateway, without a path: proofs are made for it. */
  readonly origin: string;
  readonly keys: DeviceKeyPair;
  readonly webCrypto: WebCrypto;
  /** Milliseconds since 1970; the device's clock unless told. */
  readonly now?: () => number;
}

export interface DpopOptions extends DeviceOptions {
  readonly tokens: DeviceTokens;
  /**
   * Keeps new tokens before they are used. The ones before them are spent then; when this fails, or the program dies in it, the
   * former refresh token still opens the way for half a minute.
   */
  readonly save: (tokens: DeviceTokens) => Promise<void>;
  /** Where several windows or processes are one device: without it the one that comes second spends what the first one holds. */
  readonly shared?: SharedTokens;
}

/** Tokens that several windows or processes keep together. */
export interface SharedTokens {
  /** What was saved last, by whomever. */
  readonly load: () => Promise<DeviceTokens>;
  /** Runs the work while no other window or process runs any, such as `navigator.locks.request` does. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Posts without an access token, with a proof of the key alone. */
const post = async (
  { origin, keys, webCrypto, now = Date.now }: DeviceOptions,
  path: string,
  body: object,
): Promise<Result<DeviceTokens>> => {
  const dpop = await makeProof(webCrypto, keys, { method: "POST", url: origin + path, accessToken: null, now: now() });
  const request: TransportRequest = { method: "POST", path, accept: "application/json", body: JSON.stringify(body) };
  const sent = await sendByFetch(origin, request, { dpop }, "omit");
  if (!sent.ok) return sent;
  const text = await sent.value.text();
  if (sent.value.status >= 300) return { ok: false, error: problemToError(text, origin) };
  return { ok: true, value: JSON.parse(text) as DeviceTokens }; // the gateway answers as the operation's schema says
};

/** Pairs this device by the short code that a person was shown; from then on it is theirs, for as long as it has its key. */
export const pairDevice = async (
  options: DeviceOptions,
  wish: { readonly code: string; readonly name: string },
): Promise<Result<DeviceTokens>> =>
  post(options, "/v2/devices", { ...wish, key: await publicKeyOf(options.webCrypto, options.keys) });

/**
 * The transport of a paired device: every request carries an access token and a fresh proof of the key (RFC 9449). An access token
 * about to end is replaced first, once for all requests that wait for it.
 */
export const dpopTransport = (options: DpopOptions): Transport => {
  const { origin, keys, webCrypto, save, shared, now = Date.now } = options;
  let tokens = options.tokens;
  let replacing: Promise<Result<void>> | undefined;

  const endsSoon = (): boolean => Date.parse(tokens.expiresAt) - now() < MARGIN;

  const replace = async (): Promise<Result<void>> => {
    if (shared !== undefined) tokens = await shared.load();
    if (!endsSoon()) return { ok: true, value: undefined };
    const refreshed = await post(options, "/v2/devices/token", { refreshToken: tokens.refreshToken });
    if (!refreshed.ok) return refreshed;
    await save(refreshed.value);
    tokens = refreshed.value;
    return { ok: true, value: undefined };
  };
  const refresh = (): Promise<Result<void>> => {
    replacing ??= (shared === undefined ? replace() : shared.alone(replace)).finally(() => {
      replacing = undefined;
    });
    return replacing;
  };
  const attempt = async (request: TransportRequest): ReturnType<Transport["send"]> => {
    const { accessToken } = tokens;
    const url = origin + request.path;
    const dpop = await makeProof(webCrypto, keys, { method: request.method, url, accessToken, now: now() });
    return sendByFetch(origin, request, { authorization: `DPoP ${accessToken}`, dpop }, "omit");
  };

  return {
    address: origin,
    async send(request) {
      if (endsSoon()) {
        const refreshed = await refresh();
        if (!refreshed.ok) return refreshed;
      }
      return attempt(request);
    },
  };
};
