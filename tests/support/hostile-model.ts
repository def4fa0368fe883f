import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Writes one answer; resolves when it is out or the other side hung up. */
export type Misbehaviour = (response: ServerResponse) => Promise<void> | void;

/** A model server that answers whatever the last message names, byte by byte as it likes. */
export interface HostileModel {
  readonly baseUrl: string;
  /** How many bytes the last answer got rid of before it ended or was cut. */
  sent(): number;
  close(): Promise<void>;
}

export const eventOf = (delta: unknown, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: "x", object: "chat.completion.chunk", created: 1, model: "hostile", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
export const callOf = (index: unknown, name: unknown, text: unknown, id: unknown = `call_${String(index)}`): string =>
  eventOf({ tool_calls: [{ index, id, type: "function", function: { name, arguments: text } }] });
export const ENDING = `${eventOf({}, "stop")}data: [DONE]\n\n`;

/** Pours pieces until `bytes` are out, the reader hangs up, or the time is over; never holds more than a piece itself. */
export const pour = async (
  response: ServerResponse,
  bytes: number,
  piece: string | (() => string),
  ending = "",
): Promise<void> => {
  const until = performance.now() + 15_000;
  let gone = false;
  let wake = (): void => undefined;
  const look = (): void => wake();
  response.on("close", () => {
    gone = true;
    wake();
  });
  response.on("drain", look);
  let sent = 0;
  while (sent < bytes && !gone && performance.now() < until) {
    const text = typeof piece === "string" ? piece : piece();
    sent += text.length;
    if (!response.write(text)) await new Promise<void>((resolve) => (wake = resolve));
  }
  if (!gone) response.end(ending);
};

export const startHostileModel = async (ways: Readonly<Record<string, Misbehaviour>>): Promise<HostileModel> => {
  let socketBytes = (): number => 0;
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (piece: Buffer) => (text += piece.toString()));
    request.on("end", () => {
      const [{ socket }, before] = [request, request.socket.bytesWritten];
      socketBytes = () => socket.bytesWritten - before;
      const body = JSON.parse(text) as { messages: { role: string; content: unknown }[] }; // the product's own request
      const key = String(body.messages.findLast(({ role }) => role === "user")?.content);
      // After a tool's result it is content.
      if (body.messages.at(-1)?.role === "tool")
        return void response
          .writeHead(200, { "content-type": "text/event-stream" })
          .end(eventOf({ content: "So be it." }) + ENDING);
      void ways[key]?.(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    baseUrl: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/v1`,
    sent: () => socketBytes(),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
