import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A model server that answers at once, in the OpenAI format, and says how long it took and how much it was sent. */
export interface MockModel {
  readonly origin: string;
  /** Milliseconds from a request's first byte to the answer's last, newest last. */
  readonly times: number[];
  /** Bytes of each request's body. */
  readonly sizes: number[];
  close(): Promise<void>;
}

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", created: 1, model: "mock", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const ANSWER = [
  chunk({ role: "assistant", content: "It is " }, null),
  chunk({ content: "done." }, null),
  chunk({}, "stop"),
  "data: [DONE]\n\n",
].join("");

export const startMockModel = async (): Promise<MockModel> => {
  const times: number[] = [];
  const sizes: number[] = [];
  const server = createServer((request, response) => {
    const began = performance.now();
    let bytes = 0;
    request.on("data", (piece: Buffer) => (bytes += piece.length));
    request.on("end", () => {
      sizes.push(bytes);
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(ANSWER, () => times.push(performance.now() - began));
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has one
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    times,
    sizes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
