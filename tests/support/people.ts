import { request } from "node:http";
import type { Client } from "@moltbot/client";
import { OPERATIONS } from "@moltbot/contracts";
import type { OperationName, Person } from "@moltbot/contracts";

/** What an operation answered, whichever way it was called. */
export interface Said {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  /** The error's code; null when it was done. */
  readonly code: string | null;
}

export type Caller = (name: OperationName, input?: Readonly<Record<string, unknown>>) => Promise<Said>;

const codeOf = (json: unknown): string =>
  typeof json === "object" && json !== null && "code" in json && typeof json.code === "string" ? json.code : "?";

export const parsed = (text: string): unknown => {
  try {
    return text === "" ? null : JSON.parse(text);
  } catch {
    return text;
  }
};

/** The path of an operation with what of the input belongs into it, and the rest. */
export const withPath = (
  path: string,
  input: Readonly<Record<string, unknown>>,
): readonly [string, Record<string, unknown>] => {
  const rest: Record<string, unknown> = { ...input };
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  return [filled, rest];
};

type Send = (
  url: string,
  wish: { readonly method: string; readonly headers: Record<string, string>; readonly body?: string },
) => Promise<{ readonly status: number; readonly text: string }>;

const sendByFetch: Send = async (url, wish) => {
  const answer = await fetch(url, wish);
  return { status: answer.status, text: await answer.text() };
};

let neighbours = 0;
/** Each request from another address of this machine, so that none is refused for how many came before it. */
const sendFromAnywhere: Send = (url, { method, headers, body }) =>
  new Promise((resolve, reject) => {
    neighbours += 1;
    const localAddress = `127.${String(1 + (neighbours >> 14))}.${String((neighbours >> 7) & 0x7f)}.${String(1 + (neighbours & 0x7f))}`;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const outgoing = request(
      url,
      { method, headers: { ...headers, ...length }, localAddress, agent: false },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (piece: string) => (text += piece));
        incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });

/** Calls over HTTP with these headers, as any program would. */
export const httpCaller =
  (url: string, headers: Readonly<Record<string, string>>, send: Send = sendByFetch): Caller =>
  async (name, input = {}) => {
    const { method, path } = OPERATIONS[name];
    const [filled, rest] = withPath(path, input);
    const inQuery = method === "GET" || method === "DELETE";
    const query = new URLSearchParams(
      inQuery ? Object.entries(rest).map(([key, value]): [string, string] => [key, String(value)]) : [],
    ).toString();
    const answer = await send(`${url}${filled}${query === "" ? "" : `?${query}`}`, {
      method,
      headers: { ...headers, ...(inQuery ? {} : { "content-type": "application/json" }) },
      ...(inQuery ? {} : { body: JSON.stringify(rest) }),
    });
    const json = parsed(answer.text);
    return { ...answer, json, code: answer.status < 400 ? null : codeOf(json) };
  };

/** The way of a client, whatever carries it. */
export const clientCaller =
  (client: Pick<Client, "call">): Caller =>
  async (name, input = {}) => {
    const said = await client.call(name, input as never); // the tests' own inputs
    const json: unknown = said.ok ? said.value : said.error;
    return { status: said.ok ? 200 : 400, text: JSON.stringify(json), json, code: said.ok ? null : said.error.code };
  };

/** The way of a program with a token. */
export const tokenCaller = (url: string, token: string): Caller =>
  httpCaller(url, { authorization: `Bearer ${token}` });

/** The way of somebody who is nobody here, with whatever they bring. */
export const strangerCaller = (url: string, headers: Readonly<Record<string, string>>): Caller =>
  httpCaller(url, headers, sendFromAnywhere);

/** The way of a browser that is signed in. */
export const browserCaller = (url: string, cookie: string): Caller => httpCaller(url, { cookie, origin: url });

/** Signs in with a one-time link, as the web app does; gives the cookie, or the refusal's code. */
export const signInWith = async (
  url: string,
  link: string,
): Promise<{ readonly cookie: string; readonly code: string | null }> => {
  const answer = await fetch(`${url}/v2/sessions`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ code: link.split("#code=")[1] ?? "" }),
  });
  const json = parsed(await answer.text());
  const [cookie = ""] = (answer.headers.get("set-cookie") ?? "").split(";");
  return { cookie, code: answer.ok ? null : codeOf(json) };
};

/** The value that an operation gave. */
export const given = <T>(said: Said): T => {
  if (said.code !== null) throw new Error(`${said.code}: ${said.text}`);
  return said.json as T; // the registry says what it is
};

/** Somebody who came in with the link of an invitation. */
export interface Arrived {
  readonly person: Person;
  readonly cookie: string;
  readonly browser: Caller;
}

/** Somebody is invited by whoever may, with a role or one of the house's own, and comes in. */
export const arriveAt = async (url: string, by: Caller, name: string, role = "member"): Promise<Arrived> => {
  const invited = given<{ person: Person; url: string }>(await by("people.invite", { name, role }));
  const { cookie, code } = await signInWith(url, invited.url);
  if (code !== null) throw new Error(code);
  return { person: invited.person, cookie, browser: browserCaller(url, cookie) };
};
