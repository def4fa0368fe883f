import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

/** A request as a vendor's server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** An answer in no vendor's words; a call's arguments come in the given pieces. */
export interface WholeAnswer {
  readonly text?: readonly string[];
  readonly calls?: readonly { readonly id: string; readonly name: string; readonly pieces: readonly string[] }[];
  readonly finish: "stop" | "calls" | "length" | "filtered";
  readonly usage: readonly [input: number, output: number];
}

/** What goes wrong, each in the vendor's own status and words. */
export type Trouble =
  | "bad-key"
  | "no-credit"
  | "forbidden"
  | "no-such-model"
  | "too-long"
  | "too-large"
  | "filtered"
  | "rate"
  | "broken"
  | "busy"
  | "overloaded";

/** The words that no error of ours may repeat; every complaint of a vendor holds them. */
export const VENDORS_WORDS = "canary-5521 your prompt was";

/** One vendor's protocol as its documentation has it: what it takes, and what it says. */
export interface Dialect {
  /** What is wrong with a request, in words for the test; null when the vendor would take it. */
  problem(request: SeenRequest): string | null;
  /** The events of an answer, in order, each as it stands on the wire; the last of them says how it ended. */
  events(answer: WholeAnswer): readonly string[];
  /** A refusal before anything was answered. */
  trouble(trouble: Trouble): { readonly status: number; readonly body: unknown };
  /** An error inside a stream that began well. */
  streamError(): string;
}

/** What the server does with one request. */
export type Act =
  | { readonly does: "answer"; readonly answer: WholeAnswer; readonly gzip?: true; readonly dripMilliseconds?: number }
  /** The same bytes, parted where it says (as parts of the whole, from 0 to 1). */
  | { readonly does: "part"; readonly answer: WholeAnswer; readonly at: () => readonly number[] }
  | { readonly does: "refuse"; readonly trouble: Trouble; readonly retryAfter?: string }
  | { readonly does: "send"; readonly status: number; readonly body: string; readonly headers?: Record<string, string> }
  /** Writes the first events and then does this. */
  | {
      readonly does: "begin";
      readonly answer: WholeAnswer;
      readonly events: number;
      readonly next: "cut" | "end" | "silence" | "comments" | "error" | "nonsense";
    }
  | { readonly does: "silence" };

export interface VendorServer {
  readonly origin: string;
  readonly seen: readonly SeenRequest[];
  /** What was wrong with requests. */
  readonly problems: readonly string[];
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const STREAM = { "content-type": "text/event-stream; charset=utf-8" };
const JSON_TYPE = { "content-type": "application/json" };

const bodyOf = async (request: IncomingMessage): Promise<unknown> => {
  let text = "";
  request.setEncoding("utf8");
  for await (const piece of request) text += String(piece);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

const begin = async (
  response: ServerResponse,
  dialect: Dialect,
  act: Extract<Act, { does: "begin" }>,
): Promise<void> => {
  response.writeHead(200, STREAM);
  response.write(dialect.events(act.answer).slice(0, act.events).join(""));
  if (act.next === "silence") return;
  if (act.next === "comments") {
    const timer = setInterval(() => response.write(": still here\n\n"), 30);
    response.on("close", () => clearInterval(timer));
    return;
  }
  if (act.next === "cut") {
    await pause(20); // so that what was written has left
    response.destroy();
    return;
  }
  response.end({ end: "", error: dialect.streamError(), nonsense: 'data: {"what":\n\n' }[act.next]);
};

const inParts = async (response: ServerResponse, bytes: Buffer, at: readonly number[]): Promise<void> => {
  response.writeHead(200, STREAM);
  const places = at.map((part) => Math.floor(part * bytes.length)).toSorted((a, b) => a - b);
  let from = 0;
  for (const place of [...places, bytes.length]) {
    response.write(bytes.subarray(from, place));
    from = place;
    await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
};

const perform = async (response: ServerResponse, dialect: Dialect, act: Act): Promise<void> => {
  switch (act.does) {
    case "silence":
      return;
    case "send":
      response.writeHead(act.status, { ...JSON_TYPE, ...act.headers }).end(act.body);
      return;
    case "refuse": {
      const { status, body } = dialect.trouble(act.trouble);
      const after = act.retryAfter === undefined ? {} : { "retry-after": act.retryAfter };
      response.writeHead(status, { ...JSON_TYPE, ...after }).end(JSON.stringify(body));
      return;
    }
    case "begin":
      return begin(response, dialect, act);
    case "part":
      return inParts(response, Buffer.from(dialect.events(act.answer).join("")), act.at());
    case "answer": {
      const events = dialect.events(act.answer);
      if (act.gzip === true) {
        response.writeHead(200, { ...STREAM, "content-encoding": "gzip" }).end(gzipSync(events.join("")));
        return;
      }
      response.writeHead(200, STREAM);
      for (const event of events) {
        response.write(event);
        if (act.dripMilliseconds !== undefined) await pause(act.dripMilliseconds);
      }
      response.end();
    }
  }
};

/** A server on loopback that speaks one vendor's protocol, refuses with 400 what the vendor would refuse, and acts as scripted; the last act is repeated. */
export const startVendorServer = async (dialect: Dialect, ...acts: readonly Act[]): Promise<VendorServer> => {
  const seen: SeenRequest[] = [];
  const problems: string[] = [];
  let open = 0;
  const server = createServer((incoming, response) => {
    void (async () => {
      const request = {
        method: incoming.method ?? "",
        path: incoming.url ?? "",
        headers: incoming.headers,
        body: await bodyOf(incoming),
      };
      seen.push(request);
      const problem = dialect.problem(request);
      if (problem !== null) {
        problems.push(problem);
        response.writeHead(400, JSON_TYPE).end(JSON.stringify({ error: { message: `${VENDORS_WORDS}: ${problem}` } }));
        return;
      }
      const act = acts[seen.length - 1] ?? acts.at(-1);
      if (act !== undefined) await perform(response, dialect, act);
    })().catch(() => response.destroy());
  });
  server.on("connection", (socket) => {
    open += 1;
    socket.on("close", () => (open -= 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    origin: `http://127.0.0.1:${String(address.port)}`,
    seen,
    problems,
    open: () => open,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
