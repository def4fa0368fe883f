/** Stands between a client and a server, and cuts them apart at the worst moment. */
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";

export interface Proxy {
  readonly port: number;
  /** Lets the next message that holds this text through, and cuts before its answer comes back. */
  loseTheAnswerTo(text: string): void;
  close(): Promise<void>;
}

const ANSWERED_MILLISECONDS = 200;

export const startProxy = async (port: number): Promise<Proxy> => {
  let awaited: string | null = null;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, "127.0.0.1");
    let deaf = false;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        client.destroy();
        // The server works on what reached it.
        setTimeout(() => upstream.destroy(), ANSWERED_MILLISECONDS);
      });
    }
    client.on("data", (bytes) => {
      if (awaited !== null && bytes.includes(awaited)) {
        awaited = null;
        deaf = true;
        upstream.write(bytes, () => setTimeout(() => client.destroy(), ANSWERED_MILLISECONDS));
      } else upstream.write(bytes);
    });
    upstream.on("data", (bytes) => void (deaf || client.write(bytes)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    port: address.port,
    loseTheAnswerTo: (text) => {
      awaited = text;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
