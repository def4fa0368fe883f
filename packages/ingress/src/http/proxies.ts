import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";

/** What a request says of the way it came, as far as it may be believed. */
export interface Way {
  /** The address it came from; undefined when the connection is gone already. */
  readonly remote: string | undefined;
  /** Whether nobody between the browser and this machine could read or change it. */
  readonly secure: boolean;
  /** Whether a declared proxy brought it. */
  readonly proxied: boolean;
}

/** The proxies that the settings name. What they say of a request is believed; what anybody else says of one is not. */
export interface Proxies {
  /** Whether the address is one of them. */
  trusts(address: string | undefined): boolean;
  wayOf(request: IncomingMessage, encrypted: boolean): Way;
}

/** A longer way than this is no way; what stands further to the left was written by whoever asked. */
const MOST_HOPS = 20;

/** An IPv4 address is one, however it arrives; the zone of an IPv6 one is this machine's own business. */
const plain = (address: string): string =>
  address.startsWith("::ffff:") && address.includes(".")
    ? address.slice("::ffff:".length)
    : address.replace(/%.*$/, "");

/** `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7` or `[2001:db8::7]:4711`; undefined for what is no address. */
const addressIn = (entry: string): string | undefined => {
  const text = entry.trim();
  const bare = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text;
  return isIP(bare) === 0 ? undefined : plain(bare);
};

const listOf = (declared: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const one of declared) {
    const [address = "", bits] = one.split("/");
    const family = isIPv6(address) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
};

/** The last of a header's words: the one that the nearest hop wrote. */
const lastOf = (header: string | readonly string[] | undefined): string | undefined =>
  (typeof header === "string" ? header : header?.join(","))?.split(",").at(-1)?.trim().toLowerCase();

/**
 * Believes the declared addresses and networks alone. The client is the right-most address of X-Forwarded-For that is none of
 * them: everything to the left of it was written by that client, or by somebody before it. `Forwarded` and X-Forwarded-Host are
 * never read.
 */
export const createProxies = (declared: readonly string[]): Proxies => {
  const list = listOf(declared);
  const trusts: Proxies["trusts"] = (address) => {
    const known = address === undefined ? undefined : plain(address);
    return known !== undefined && isIP(known) !== 0 && list.check(known, isIPv6(known) ? "ipv6" : "ipv4");
  };
  const clientBehind = (proxy: string | undefined, header: string): string | undefined => {
    let nearest = proxy;
    for (const entry of header.split(",").slice(-MOST_HOPS).toReversed()) {
      const address = addressIn(entry);
      // A hop that cannot be read is nobody: the request counts as the one of whoever wrote it down.
      if (address === undefined) return nearest;
      if (!trusts(address)) return address;
      nearest = address;
    }
    return nearest;
  };
  return {
    trusts,
    wayOf(request, encrypted) {
      const remote = request.socket.remoteAddress;
      const way = request.headers["x-forwarded-for"];
      const scheme = lastOf(request.headers["x-forwarded-proto"]);
      const proxied = (way !== undefined || scheme !== undefined) && trusts(remote);
      if (!proxied) return { remote, secure: encrypted, proxied: false };
      return { remote: clientBehind(remote, String(way ?? "")), secure: scheme === "https", proxied: true };
    },
  };
};
