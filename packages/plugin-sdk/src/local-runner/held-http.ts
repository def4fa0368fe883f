import type { HttpAnswer, HttpMethod, HttpRequest, SecretHandle } from "../host.ts";
import type { PluginManifest } from "../manifest.ts";
import { Refusal, mayNot } from "./refusal.ts";

/** Most characters of a request's body, and most bytes of an answer's (UTF-8). */
const MOST_SENT = 262_144;
const MOST_RECEIVED = 1_048_576;

/** What a request is answered, as plugin.test.json writes it. */
export interface PreparedAnswer {
  readonly url: string;
  /** `GET` where it is left out. */
  readonly method?: HttpMethod;
  /** 200 where it is left out. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Names that servers take credentials from: those go on the wire by a handle, where the owner said so. */
const CREDENTIALS = /auth|cookie|key|passw|secret|session|token/i;

const invalid = (problem: string): Refusal => new Refusal("URL_INVALID", problem);

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** `name:port` of an address, as permissions write it. */
export const hostOf = (url: string): string => {
  if (!URL.canParse(url)) throw invalid("the address is none");
  const { protocol, hostname, port, username, password } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") throw invalid("the address is neither https nor http");
  if (username !== "" || password !== "") throw invalid("the address carries a name or a password");
  return `${hostname}:${port === "" ? (protocol === "https:" ? "443" : "80") : port}`;
};

/** The permission's answer to one request: refused as the house refuses it, or answered from what was prepared. */
export const answerTo = (
  { permissions = [] }: Pick<PluginManifest, "permissions">,
  chosen: readonly string[],
  prepared: readonly PreparedAnswer[],
  request: HttpRequest,
  /** Throws where the handle is worth nothing at that host. */
  checkSecret: (handle: SecretHandle, host: string) => void,
): HttpAnswer => {
  if (Object.keys(request.headers ?? {}).some((name) => CREDENTIALS.test(name)))
    throw mayNot("send credentials as a header of its own: they go by the handle of a secret");
  const host = hostOf(request.url);
  const http = permissions.find((one) => one.kind === "http");
  if (http === undefined) throw mayNot("the web");
  const method = request.method ?? "GET";
  if (!(http.methods ?? ["GET"]).includes(method)) throw mayNot(`${method} requests`);
  if (![...http.hosts, ...(http.chosen === true ? chosen : [])].includes(host)) throw mayNot(`the host ${host}`);
  if (request.secret !== undefined && request.secret !== null) checkSecret(request.secret, host);
  if ((request.body ?? "").length > MOST_SENT) throw mayNot(`send more than ${String(MOST_SENT)} characters`);
  const answer = prepared.find((one) => one.url === request.url && (one.method ?? "GET") === method);
  if (answer === undefined) throw new Refusal("FETCH_FAILED", `no answer is prepared for ${method} ${request.url}`);
  const body = answer.body ?? "";
  if (bytesOf(body) > MOST_RECEIVED)
    throw new Refusal("RESPONSE_TOO_LARGE", `more than ${String(MOST_RECEIVED)} bytes`);
  const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { status: answer.status ?? 200, headers: Object.fromEntries(headers), body };
};
