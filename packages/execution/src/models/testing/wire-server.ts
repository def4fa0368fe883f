import { createServer } from "node:http";
import type { ServerResponse } from "node:http";

/** A server that answers each request as `answer` says, byte by byte if it likes; for what the scripted server is too polite for. */
export interface WireServer {
  readonly origin: string;
  /** Connections that are open now. */
  open(): number;
  close(): Promise<void>;
}

export const startWireServer = async (
  answer: (response: ServerResponse, body: string) => void | Promise<void>,
): Promise<WireServer> => {
  let open = 0;
  const server = createServer((incoming, response) => {
    let body = "";
    incoming.setEncoding("utf8").on("data", (piece: string) => (body += piece));
    incoming.on("end", () => void answer(response, body));
  });
  server.on("connection", (socket) => {
    open += 1;
    socket.on("close", () => (open -= 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    open: () => open,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
