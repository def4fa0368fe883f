import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { buildConnector } from "undici";
import { EgressFault } from "./egress-fault.ts";
import { problemOf } from "./problem-of.ts";
import { resolveHost } from "./resolve-host.ts";
import type { Lookup } from "./resolve-host.ts";

/** Opens a TCP connection to a checked address; it never sees a name. */
export type Dial = (address: string, port: number) => Socket;

/** The real one. A name cannot slip in: its lookup always fails. */
export const dialAddress: Dial = (address, port) =>
  connectTcp({
    host: address,
    port,
    noDelay: true,
    keepAlive: true,
    lookup: (_host, _options, callback) => callback(new Error("no second resolution"), ""),
  });

const failed = (host: string, problem: string) => err(moltbotError("FETCH_FAILED", { host, problem }));

/** Waits until the socket is usable, at most `milliseconds`; destroys it otherwise. */
const ready = (
  socket: Socket,
  event: "connect" | "secureConnect",
  host: string,
  milliseconds: number,
): Promise<Result<Socket>> =>
  new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(Object.assign(new Error(), { code: "ETIMEDOUT" })), milliseconds);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      resolve(failed(host, problemOf(error)));
    };
    socket.once("error", fail);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(ok(socket));
    });
  });

/** TLS on an open connection: the certificate must be good for the name that was asked for, not for the address. */
const secure = (raw: Socket, host: string, milliseconds: number): Promise<Result<Socket>> =>
  ready(
    connectTls({ socket: raw, host, ALPNProtocols: ["http/1.1"], ...(isIP(host) === 0 ? { servername: host } : {}) }),
    "secureConnect",
    host,
    milliseconds,
  );

interface Destination {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
}

/** Tries one checked address after the other. */
const connectFirst = async (
  destination: Destination,
  addresses: readonly string[],
  dial: Dial,
  milliseconds: number,
): Promise<Result<Socket>> => {
  const { host, port } = destination;
  let outcome: Result<Socket> = err(moltbotError("HOST_UNRESOLVED", { host }));
  for (const address of addresses) {
    const raw = await ready(dial(address, port), "connect", host, milliseconds);
    outcome = raw.ok && destination.secure ? await secure(raw.value, host, milliseconds) : raw;
    if (outcome.ok) return outcome;
  }
  return outcome;
};

/** A connector for one authority: resolve once, check every address, connect to exactly those. */
export const createConnector = (parts: {
  readonly lookup: Lookup;
  readonly check: (host: string, port: number) => (address: string) => string;
  readonly dial: Dial;
  readonly milliseconds: number;
}): buildConnector.connector => {
  const open = async (destination: Destination): Promise<Result<Socket>> => {
    const { host, port } = destination;
    const addresses = await resolveHost(host, parts.lookup, parts.check(host, port));
    return addresses.ok ? connectFirst(destination, addresses.value, parts.dial, parts.milliseconds) : addresses;
  };
  const answer: (...request: Parameters<buildConnector.connector>) => Promise<void> = async (options, callback) => {
    const overTls = options.protocol === "https:";
    const port = Number(options.port === "" ? (overTls ? 443 : 80) : options.port);
    const opened = await open({ host: options.hostname, port, secure: overTls });
    if (opened.ok) callback(null, opened.value);
    else callback(new EgressFault(opened.error), null);
  };
  return (options, callback) => void answer(options, callback);
};
