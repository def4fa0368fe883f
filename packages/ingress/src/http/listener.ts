import type { AddressInfo } from "node:net";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { Framework } from "./framework.ts";
import { listenLocally } from "./local-socket.ts";
import { allowedHostNames } from "./origin-rules.ts";
import { useTls } from "./tls.ts";
import type { TlsPair } from "./tls.ts";
import type { placeNeedsTls } from "./way-rules.ts";

/** Where to listen. */
export interface ListenPlace {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Further names, with or without a port, under which the gateway may be called. */
  readonly allowedHosts: readonly string[];
  /** Where the local owner's socket stands; null for none. */
  readonly socketPath: string | null;
  /** What TLS is spoken with; null or absent: plain HTTP, which only this machine and declared proxies may speak. */
  readonly tls?: TlsPair | null;
  /** Addresses and networks of proxies in front, whose X-Forwarded-For and X-Forwarded-Proto count. */
  readonly proxies?: readonly string[];
}

/** A listener that has not started yet. */
export interface HttpServer {
  /**
   * LISTENING_NEEDS_TLS beyond loopback without TLS and without a declared proxy, TLS_UNUSABLE, PORT_IN_USE, HOME_IN_USE or
   * HOME_NOT_WRITABLE when it cannot; otherwise the address people use.
   */
  listen(): Promise<Result<{ readonly url: string }>>;
  /** Serves with another certificate from the next connection on; TLS_UNUSABLE, and then the old one stays. */
  renewTls(pair: TlsPair): Result<void>;
  /** Takes no new work, ends the event streams, gives running answers five seconds, then closes, sockets too. */
  close(): Promise<void>;
}

const DRAIN = 5_000;

const codeOf = (thrown: unknown): string =>
  thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";

const urlOf = (scheme: string, host: string, port: number): string => {
  // A wildcard is no address to go to; this machine's own is.
  const reachable = { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
  return `${scheme}://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
};

/** What a listener tells its server. */
interface ListenerParts extends Framework {
  readonly place: ListenPlace;
  readonly placeNeedsTls: typeof placeNeedsTls;
  /** Before it listens. */
  prepare(): Promise<void>;
  /** From then on requests with these names in their Host header are ours. */
  named(names: ReadonlySet<string>): void;
  /** Takes nothing new. */
  end(): void;
  /** Running answers had their time. */
  cut(): void;
}

/** Both ends of a listener over a framework: HTTP on `host:port`, and the local owner's socket. */
export const createListener = (parts: ListenerParts): HttpServer => {
  const { app, localServer, place } = parts;
  const { host, tls = null } = place;
  const close = async (): Promise<void> => {
    parts.end();
    const force = setTimeout(() => {
      parts.cut();
      [app.server, localServer].forEach((server) => server.closeAllConnections());
    }, DRAIN);
    const localClosed = new Promise<void>((resolve) => localServer.close(() => resolve()));
    await Promise.all([app.close(), localClosed]);
    clearTimeout(force);
  };
  const listen = async (): Promise<Result<{ readonly url: string }>> => {
    if (parts.placeNeedsTls(place)) return err(moltbotError("LISTENING_NEEDS_TLS", { host }));
    const sealed = tls === null ? ok(undefined) : useTls(app.server, tls);
    if (!sealed.ok) return sealed;
    await parts.prepare();
    try {
      await app.listen({ host, port: place.port });
    } catch (thrown) {
      await close();
      const code = codeOf(thrown);
      if (code === "EADDRINUSE") return err(moltbotError("PORT_IN_USE", { host, port: place.port }));
      return err(
        moltbotError("CONFIG_INVALID_VALUE", { key: "gateway.host", problem: `it cannot be listened on (${code})` }),
      );
    }
    const { port } = app.server.address() as AddressInfo; // it listens on a port, not on a path
    parts.named(allowedHostNames(host, port, place.allowedHosts, tls !== null));
    const local = place.socketPath === null ? ok(undefined) : await listenLocally(localServer, place.socketPath);
    if (!local.ok) {
      await close();
      return local;
    }
    return ok({ url: urlOf(tls === null ? "http" : "https", host, port) });
  };
  return { listen, close, renewTls: (pair) => useTls(app.server, pair) };
};
