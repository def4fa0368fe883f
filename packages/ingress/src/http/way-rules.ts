/** What decides whether others could read a request before it reached this machine. */
export interface WayOfRequest {
  /** The peer of the connection. */
  readonly peer: string | undefined;
  /** Whether it came through TLS all the way. */
  readonly secure: boolean;
  /** Whether a declared proxy brought it. */
  readonly proxied: boolean;
}

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1)$/;

/** Whether an address is this machine's own, which nobody else can reach. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host) || host.toLowerCase() === "localhost";

/** In plain text comes only what never left this machine: a declared proxy that passes plain text on has let others read it. */
export const wayAllowed = ({ peer, secure, proxied }: WayOfRequest): boolean =>
  secure || (!proxied && peer !== undefined && isLoopback(peer));

/** Whether listening there would let others on the network read and change what is said: neither TLS here nor a declared proxy. */
export const placeNeedsTls = (place: {
  readonly host: string;
  readonly tls?: object | null;
  readonly proxies?: readonly string[];
}): boolean => !isLoopback(place.host) && (place.tls ?? null) === null && (place.proxies ?? []).length === 0;
