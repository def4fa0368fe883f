import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { LogPort, PersonalSecretLender, SecretLender, SecretWatch } from "@moltbot/contracts";
import { dialAddress } from "../connect-checked.ts";
import type { Dial } from "../connect-checked.ts";

/** A public address that the tests own: dialling it reaches the server of the world instead of the Internet. */
export const PUBLIC_ADDRESS = "93.184.216.34";

export interface World {
  readonly port: number;
  readonly hits: {
    readonly method: string;
    readonly url: string;
    readonly headers: IncomingMessage["headers"];
    readonly body: string;
  }[];
  readonly dialled: string[];
  /** How many connections the server accepted. */
  connections(): number;
  /** Public addresses reach the server, loopback really is loopback, everything else is refused by the operating system. */
  readonly dial: Dial;
  close(): Promise<void>;
}

const readAll = async (request: IncomingMessage): Promise<string> => {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer); // node:http without an encoding yields buffers
  return Buffer.concat(pieces).toString("utf8");
};

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)); // a TCP server has no other address
  });

/** Starts a loopback server that counts its hits: what it saw is what happened. */
export const startWorld = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<World> => {
  const hits: World["hits"] = [];
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      hits.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
      answer(request, response);
    });
  });
  let connections = 0;
  server.on("connection", () => (connections += 1));
  const port = await listen(server);
  const dialled: string[] = [];
  const dial: Dial = (address, wanted) => {
    dialled.push(`${address} ${wanted}`);
    return address === PUBLIC_ADDRESS ? connect({ host: "127.0.0.1", port }) : dialAddress(address, wanted);
  };
  return {
    port,
    hits,
    dialled,
    dial,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};

/** A log that keeps what it is told. */
export const keptLog = (): LogPort & { readonly lines: string[] } => {
  const lines: string[] = [];
  const write = (message: string, fields?: Readonly<Record<string, unknown>>): void => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  };
  return { lines, debug: write, info: write, warn: write, error: write };
};

/** A vault with one secret, bound to the given `host:port`. */
export const lenderOf = (
  name: string,
  text: string,
  host: string,
): SecretLender & PersonalSecretLender & SecretWatch & { readonly lent: string[] } => {
  const lent: string[] = [];
  return {
    lent,
    lendTo: async (_person, id) => err(moltbotError("SECRET_NOT_FOUND", { name: id })),
    lendAll: (use) => ok(use([text])),
    lend: async (wanted, where, use) => {
      if (wanted !== name) return err(moltbotError("SECRET_NOT_FOUND", { name: wanted }));
      if (where !== host) return err(moltbotError("SECRET_NOT_BOUND", { name: wanted, host: where }));
      lent.push(where);
      return ok(await use(text));
    },
  };
};
