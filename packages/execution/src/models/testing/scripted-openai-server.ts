import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";

const Message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.null(), z.array(z.looseObject({ text: z.string().optional() }))]).optional(),
  tool_calls: z
    .array(z.looseObject({ id: z.string(), function: z.looseObject({ name: z.string(), arguments: z.string() }) }))
    .optional(),
  tool_call_id: z.string().optional(),
});
export type ScriptedMessage = z.infer<typeof Message>;

/** What the scripted model answers. */
export interface ScriptedAnswer {
  readonly text?: string;
  /** Tool names as the product writes them (`reminder.create`); `arguments` may be an object or raw JSON text. */
  readonly calls?: readonly {
    readonly tool: string;
    readonly arguments: string | Readonly<Record<string, unknown>>;
    readonly id?: string;
  }[];
  /** The wire's finish_reason; by default `tool_calls` when there are calls, else `stop`. */
  readonly finish?: string;
  /** Wait before the first byte. */
  readonly delayMs?: number;
  /** Wait between the pieces of a text. */
  readonly pieceDelayMs?: number;
  /** An HTTP status other than 200 instead of an answer. */
  readonly status?: number;
}

export type Script = (
  messages: readonly ScriptedMessage[],
  request: ScriptedRequest,
) => ScriptedAnswer | Promise<ScriptedAnswer>;

export interface ScriptedRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ScriptedServer {
  /** Such as `http://127.0.0.1:40123`; the base URL for settings is `<origin>/v1`. */
  readonly origin: string;
  /** The newest thousand requests. */
  readonly requests: readonly ScriptedRequest[];
  close(): Promise<void>;
}

const KEPT = 1000;

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  request.setEncoding("utf8");
  for await (const piece of request) text += String(piece);
  return text;
};

const chunk = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "scripted", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;

/** The answer's events on the wire, in order. */
const eventsOf = (answer: ScriptedAnswer, serial: number): readonly string[] => {
  const words =
    answer.text === undefined || answer.text === "" ? [] : (answer.text.match(/\s*\S+\s*$|\s*\S+/g) ?? [answer.text]);
  const calls = answer.calls ?? [];
  return [
    chunk({ role: "assistant", content: "" }),
    ...words.map((content) => chunk({ content })),
    ...calls.map((call, index) =>
      chunk({
        tool_calls: [
          {
            index,
            id: call.id ?? `call_${serial}_${index}`,
            type: "function",
            function: {
              name: call.tool.replaceAll(".", "_"),
              arguments: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments),
            },
          },
        ],
      }),
    ),
    chunk({}, answer.finish ?? (calls.length > 0 ? "tool_calls" : "stop")),
    `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "scripted", choices: [], usage: { prompt_tokens: 10, completion_tokens: words.length + calls.length, total_tokens: 10 + words.length + calls.length } })}\n\n`,
    "data: [DONE]\n\n",
  ];
};

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

const send = async (response: ServerResponse, answer: ScriptedAnswer, serial: number): Promise<void> => {
  if (answer.delayMs !== undefined && answer.delayMs > 0) await pause(answer.delayMs);
  if (answer.status !== undefined && answer.status !== 200) {
    response
      .writeHead(answer.status, { "content-type": "application/json" })
      .end('{"error":{"message":"scripted","type":"scripted"}}');
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const events = eventsOf(answer, serial);
  if (answer.pieceDelayMs === undefined) {
    response.end(events.join(""));
    return;
  }
  for (const event of events) {
    response.write(event);
    await pause(answer.pieceDelayMs);
  }
  response.end();
};

/** A real HTTP server on loopback that speaks OpenAI's streaming chat completions and answers as scripted; for tests and benchmarks. */
export const startScriptedServer = async (script: Script): Promise<ScriptedServer> => {
  const requests: ScriptedRequest[] = [];
  let serial = 0;
  const server = createServer((request, response) => {
    void (async () => {
      const text = await bodyOf(request);
      const body = z.looseObject({ messages: z.array(Message) }).parse(JSON.parse(text));
      const seen: ScriptedRequest = { path: request.url ?? "", headers: request.headers, bytes: text.length, body };
      requests.push(seen);
      if (requests.length > KEPT) requests.shift();
      serial += 1;
      await send(response, await script(body.messages, seen), serial);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
