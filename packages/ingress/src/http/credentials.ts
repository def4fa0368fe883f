import type { IncomingMessage } from "node:http";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Identified, Result } from "@moltbot/contracts";

export const SESSION_COOKIE = "moltbot_session";

/** What a request brings to say who it is; at most one of these. */
export type Credential =
  | { readonly kind: "none" }
  | { readonly kind: "local" }
  | { readonly kind: "token"; readonly text: string }
  | { readonly kind: "session"; readonly cookie: string }
  /** An access token that is worth nothing without a proof of the device's key, made for this very request (RFC 9449). */
  | { readonly kind: "device"; readonly text: string; readonly proof: string }
  | { readonly kind: "ticket"; readonly text: string }
  /** Somebody who came by what is good once, and is asked after by what they were identified as. */
  | {
      readonly kind: "known";
      readonly who: Identified;
      /** What they go on being counted as: the token that a signed request brought. */
      readonly token?: string;
    };

/** What an address must never carry: it ends up in histories, logs and Referer headers. */
const SECRETS_IN_ADDRESSES = new Set([
  "token",
  "access_token",
  "refresh_token",
  "id_token",
  "api_key",
  "apikey",
  "auth",
  "authorization",
  "password",
  "secret",
  "session",
  SESSION_COOKIE,
  "dpop",
]);

const queryOf = (request: IncomingMessage): URLSearchParams => {
  const url = request.url ?? "";
  const start = url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : url.slice(start + 1));
};

const sessionCookies = (header: string | undefined): readonly string[] =>
  header === undefined || !header.includes(SESSION_COOKIE)
    ? []
    : header
        .split(";")
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
        .map((pair) => pair.slice(SESSION_COOKIE.length + 1));

const invalid = (path: string, problem: string): Result<never> =>
  err(moltbotError("REQUEST_INVALID", { path, problem }));

const readAuthorization = (authorization: string, proof: unknown): Result<Credential> => {
  const [, scheme, text] = /^(Bearer|DPoP) ([\x21-\x7e]{1,2048})$/i.exec(authorization) ?? [];
  if (scheme === undefined || text === undefined) return err(moltbotError("TOKEN_INVALID"));
  if (scheme.toLowerCase() === "bearer")
    return text.length > 512 ? err(moltbotError("TOKEN_INVALID")) : ok({ kind: "token", text });
  return typeof proof === "string"
    ? ok({ kind: "device", text, proof })
    : err(moltbotError("PROOF_INVALID", { problem: "the DPoP header is missing" }));
};

/**
 * Reads the one credential of a request. Two at once are refused: which of them was meant is not for us to guess. A ticket counts
 * only where a stream or a socket opens (`tickets`); any other secret in the address is refused, whoever it belongs to.
 */
export const readCredential = (request: IncomingMessage, local: boolean, tickets = false): Result<Credential> => {
  const { authorization, cookie } = request.headers;
  const query = queryOf(request);
  for (const name of query.keys())
    if (SECRETS_IN_ADDRESSES.has(name.toLowerCase()))
      return invalid(
        `${name} in the address`,
        "a token in an address ends up in histories and logs; it goes into the Authorization header, and streams take a ticket of /v2/tickets",
      );
  const cookies = sessionCookies(cookie);
  const inAddress = tickets ? query.getAll("ticket") : [];
  const count = (local ? 1 : 0) + (authorization === undefined ? 0 : 1) + cookies.length + inAddress.length;
  if (count > 1) return invalid("the Authorization header and the cookie", "it brings more than one credential");
  if (local) return ok({ kind: "local" });
  if (authorization !== undefined) return readAuthorization(authorization, request.headers["dpop"]);
  const [ticket] = inAddress;
  if (ticket !== undefined) return ok({ kind: "ticket", text: ticket });
  const [session] = cookies;
  return ok(session === undefined ? { kind: "none" } : { kind: "session", cookie: session });
};

/** The cookie that carries a session: no script reads it, no other site sends it. */
export const sessionCookie = (value: string, seconds: number, secure: boolean): string =>
  `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? "; Secure" : ""}`;
