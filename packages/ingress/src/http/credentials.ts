import type { IncomingMessage } from "node:http";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

export const SESSION_COOKIE = "moltbot_session";

/** What a request brings to say who it is; at most one of these. */
export type Credential =
  | { readonly kind: "none" }
  | { readonly kind: "local" }
  | { readonly kind: "token"; readonly text: string }
  | { readonly kind: "session"; readonly cookie: string };

const sessionCookies = (header: string | undefined): readonly string[] =>
  header === undefined || !header.includes(SESSION_COOKIE)
    ? []
    : header
        .split(";")
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${SESSION_COOKIE}=`))
        .map((pair) => pair.slice(SESSION_COOKIE.length + 1));

/** Reads the one credential of a request. Two at once are refused: which of them was meant is not for us to guess. */
export const readCredential = (request: IncomingMessage, local: boolean): Result<Credential> => {
  const { authorization, cookie } = request.headers;
  const cookies = sessionCookies(cookie);
  const count = (local ? 1 : 0) + (authorization === undefined ? 0 : 1) + cookies.length;
  if (count > 1)
    return err(
      moltbotError("REQUEST_INVALID", {
        path: "the Authorization header and the cookie",
        problem: "it brings more than one credential",
      }),
    );
  if (local) return ok({ kind: "local" });
  if (authorization !== undefined) {
    const text = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(authorization)?.[1];
    return text === undefined ? err(moltbotError("TOKEN_INVALID")) : ok({ kind: "token", text });
  }
  const [session] = cookies;
  return ok(session === undefined ? { kind: "none" } : { kind: "session", cookie: session });
};

/** The cookie that carries a session: no script reads it, no other site sends it. */
export const sessionCookie = (value: string, seconds: number, secure: boolean): string =>
  `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? "; Secure" : ""}`;
