import type { IncomingMessage } from "node:http";

/** `host[:port]` in lower case, as a Host header writes it. */
const withPorts = (name: string, port: number, usual: number): readonly string[] => {
  const lower = name.toLowerCase();
  if (/:\d+$/.test(lower) && !lower.endsWith("]") && (lower.includes("]:") || lower.split(":").length === 2))
    return [lower];
  const host = lower.includes(":") && !lower.startsWith("[") ? `[${lower}]` : lower;
  return port === usual ? [host, `${host}:${port}`] : [`${host}:${port}`];
};

/**
 * The names under which this gateway may be called. A page whose name an attacker points at a loopback address (DNS rebinding)
 * still sends its own name, which is not among them. An allowed host without a port counts with and without ours, because a
 * program that ends TLS in front sends none.
 */
export const allowedHostNames = (
  host: string,
  port: number,
  allowedHosts: readonly string[],
  encrypted = false,
): ReadonlySet<string> => {
  const usual = encrypted ? 443 : 80;
  return new Set([
    ...[host, "localhost", "127.0.0.1", "[::1]"].flatMap((name) => withPorts(name, port, usual)),
    ...allowedHosts.flatMap((name) => [name.toLowerCase(), ...withPorts(name, port, usual)]),
  ]);
};

/** Whether the Host header names this gateway; a missing one does not. */
export const hostAllowed = (request: IncomingMessage, names: ReadonlySet<string>): boolean => {
  const { host } = request.headers;
  return host !== undefined && names.has(host.toLowerCase());
};

/** A person following a link from another site: the whole window goes, nothing comes back to the page it left. */
const isVisit = ({ method, headers }: IncomingMessage): boolean =>
  method === "GET" && headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";

/**
 * Whether the request comes from this gateway's own pages or from no page. The Origin header, if there is one, must be the origin
 * of the (already checked) Host, by https where the request came by https and only there: whoever sits in the network can put a
 * page at http:// of the same name. "null" is nobody's. Without one the browser's word counts: an image or a frame of another site
 * reads nothing here, but it would use up what strangers of this address may ask.
 */
export const originAllowed = (request: IncomingMessage, secure: boolean): boolean => {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none" && !isVisit(request)) return false;
  if (origin === undefined) return true;
  if (host === undefined) return false;
  return origin === `${secure ? "https" : "http"}://${host.toLowerCase()}`;
};

const SAFE = new Set(["GET", "HEAD"]);

/**
 * Whether a cookie may speak for this request. Cookies travel by themselves, between ports of one host too; so a change needs the
 * page's own Origin or the browser's word that it is same-origin, and a read must not come from another site's page. What
 * opens a way to change things (`changes`) counts as a change, whatever its method.
 */
export const cookieMaySpeak = (
  request: IncomingMessage,
  changes: boolean = !SAFE.has(request.method ?? ""),
): boolean => {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  if (!changes) return true;
  return request.headers.origin !== undefined || site === "same-origin";
};
