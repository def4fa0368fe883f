import type { IncomingMessage } from "node:http";
import { createProxies } from "./proxies.ts";
import type { Proxies } from "./proxies.ts";

/** What is known of a request before anybody is. */
export interface Arrival {
  /** It came through the socket that only this user's processes can open. */
  readonly local: boolean;
  /** Who asks, as rate limits and lockouts count it: the peer, or whom a declared proxy speaks for. */
  readonly address: string;
  /** Whether it came through TLS all the way to this machine, by our own or by a declared proxy's. */
  readonly secure: boolean;
  /** Whether a declared proxy brought it. */
  readonly proxied: boolean;
  /** How large the request says that it is; 0 when it does not say. */
  readonly bytes: number;
  /** 32 lower-case hex digits (W3C trace context). */
  readonly traceId: string;
  /** The path without its query. */
  readonly path: string;
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** IPv4 as it is; IPv6 by its /64, because one host may use all of it. */
export const countedAddress = (remote: string | undefined): string => {
  if (remote === undefined) return "unknown";
  if (remote.startsWith("::ffff:") && remote.includes(".")) return remote.slice("::ffff:".length);
  if (!remote.includes(":") || remote === "::1") return remote;
  const [head = "", tail] = remote.split("%")[0]?.split("::") ?? [];
  const front = head === "" ? [] : head.split(":");
  const back = tail === undefined || tail === "" ? [] : tail.split(":");
  const gap = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length);
  const groups = [...front, ...Array.from({ length: gap }, () => "0"), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
};

/** Believes nobody. */
const NO_PROXIES = createProxies([]);

const isEncrypted = ({ socket }: IncomingMessage): boolean => "encrypted" in socket && socket.encrypted === true;

/** The parser lets one length of digits pass; a longer number than these is no size. */
const sizeOf = ({ headers }: IncomingMessage): number => Number(headers["content-length"]?.slice(0, 15) ?? 0);

/** A trace is continued only for callers who bring more than a web page can: the local socket or an Authorization header. */
export const readArrival = (
  request: IncomingMessage,
  local: boolean,
  newTraceId: () => string,
  proxies: Proxies = NO_PROXIES,
): Arrival => {
  const { traceparent, authorization } = request.headers;
  const continued =
    typeof traceparent === "string" && (local || authorization !== undefined)
      ? TRACEPARENT.exec(traceparent)?.[1]
      : undefined;
  const url = request.url ?? "/";
  const query = url.indexOf("?");
  const { remote, secure, proxied } = local
    ? { remote: undefined, secure: false, proxied: false }
    : proxies.wayOf(request, isEncrypted(request));
  return {
    local,
    address: local ? "local" : countedAddress(remote),
    secure,
    proxied,
    bytes: sizeOf(request),
    traceId: continued ?? newTraceId(),
    path: query < 0 ? url : url.slice(0, query),
  };
};
