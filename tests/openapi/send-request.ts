import { request } from "node:http";
import type { WireRequest } from "./make-requests.ts";

/** What came back; `complete` is false for a stream that goes on and for an answer that was cut. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly complete: boolean;
}

const SILENCE = 15_000;
const MOST_TEXT = 8_388_608;

const headersOf = (raw: NodeJS.Dict<string | string[]>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(raw).map(([name, value]) => [name, String(value)]));

/** Sends one request as it stands; gives the answer, or the words of what went wrong on the way. */
export const sendRequest = (
  origin: string,
  { method, target, headers, body }: Pick<WireRequest, "method" | "target" | "headers" | "body">,
  localAddress = "127.0.0.1",
): Promise<WireAnswer | string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(origin);
    const length = body === null ? {} : { "content-length": String(Buffer.byteLength(body)) };
    // The address is taken as it is: a URL would tidy up what is tried.
    const outgoing = request(
      {
        hostname,
        port,
        method,
        path: target.split("#")[0] ?? "/",
        headers: { ...headers, ...length },
        localAddress,
        agent: false,
      },
      (incoming) => {
        const told = { status: incoming.statusCode ?? 0, headers: headersOf(incoming.headers) };
        let text = "";
        const end = (complete: boolean): void => resolve({ ...told, text, complete });
        incoming.setEncoding("utf8");
        incoming.on("data", (piece: string) => {
          text += piece;
          if (text.length > MOST_TEXT) outgoing.destroy();
        });
        incoming.on("end", () => end(true));
        incoming.on("close", () => end(false));
        // A stream of events has no end: what it begins with is what counts.
        if (told.headers["content-type"] === "text/event-stream" && method === "GET") {
          end(false);
          outgoing.destroy();
        }
      },
    );
    outgoing.setTimeout(SILENCE, () => outgoing.destroy(new Error("silence")));
    outgoing.on("error", (error) => resolve(error.message));
    if (body === null) outgoing.end();
    else outgoing.end(body);
  });
