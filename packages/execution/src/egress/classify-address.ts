import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

type Range = readonly [cidr: string, name: string];

/**
 * Every IPv4 range that is not an ordinary public host (IANA special-purpose registry); first match wins. Where clouds hand out
 * credentials to whoever asks is "link-local" or "cloud platform".
 */
const REFUSED_V4: readonly Range[] = [
  ["0.0.0.0/8", "this network"],
  ["10.0.0.0/8", "private"],
  ["100.100.100.200/32", "cloud platform"],
  ["100.64.0.0/10", "carrier-grade NAT"],
  ["127.0.0.0/8", "loopback"],
  ["168.63.129.16/32", "cloud platform"],
  ["169.254.0.0/16", "link-local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "protocol assignments"],
  ["192.0.2.0/24", "documentation"],
  ["192.88.99.0/24", "6to4 relay"],
  ["192.168.0.0/16", "private"],
  ["198.18.0.0/15", "benchmarking"],
  ["198.51.100.0/24", "documentation"],
  ["203.0.113.0/24", "documentation"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
];

/** The same for IPv6; whatever lies outside 2000::/3 and is not named here is "reserved". */
const REFUSED_V6: readonly Range[] = [
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["::/96", "IPv4-compatible"],
  ["::ffff:0:0:0/96", "IPv4-translated"],
  ["64:ff9b:1::/48", "local NAT64"],
  ["100::/64", "discard"],
  ["2001::/32", "Teredo"],
  ["2001::/23", "protocol assignments"],
  ["2001:db8::/32", "documentation"],
  ["2002::/16", "6to4"],
  ["3fff::/20", "documentation"],
  ["fd00:ec2::/32", "cloud platform"],
  ["fd20:ce::254/128", "cloud platform"],
  ["fc00::/7", "unique local"],
  ["fe80::/10", "link-local"],
  ["fec0::/10", "site-local"],
  ["ff00::/8", "multicast"],
];

/** Ranges in which people run servers of their own: a grant may name one of these, and no other that is not public. */
const GRANTABLE: ReadonlySet<string> = new Set(["private", "carrier-grade NAT", "loopback", "unique local"]);

const v4 = REFUSED_V4.map(([cidr, name]) => ({ cidr: ipaddr.IPv4.parseCIDR(cidr), name }));
const v6 = REFUSED_V6.map(([cidr, name]) => ({ cidr: ipaddr.IPv6.parseCIDR(cidr), name }));
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");
/** Forms that carry an IPv4 address in their last 32 bits and really lead to it. */
const CARRIES_V4 = ["::ffff:0:0/96", "64:ff9b::/96"].map((cidr) => ipaddr.IPv6.parseCIDR(cidr));

const classifyV4 = (address: ipaddr.IPv4): string => v4.find(({ cidr }) => address.match(cidr))?.name ?? "public";

const classifyV6 = (address: ipaddr.IPv6): string => {
  if (CARRIES_V4.some((cidr) => address.match(cidr))) {
    return classifyV4(new ipaddr.IPv4(address.toByteArray().slice(12)));
  }
  const refused = v6.find(({ cidr }) => address.match(cidr));
  if (refused !== undefined) return refused.name;
  return address.match(GLOBAL_UNICAST) ? "public" : "reserved";
};

/** "public", or the name of the range for which tools may not reach this address; anything but a plain address is refused. */
export const classifyAddress = (text: string): string => {
  // A zone id picks a network interface: no public address needs one.
  if (text.includes("%")) return "zone id";
  const version = isIP(text);
  if (version === 0) return "not an address";
  if (version === 4) return classifyV4(ipaddr.IPv4.parse(text));
  // ipaddr.js reads `::8.8.8.8` as the mapped form; the hexadecimal spelling of the URL standard is read in one way only.
  return classifyV6(ipaddr.IPv6.parse(new URL(`http://[${text}]`).hostname.slice(1, -1)));
};

/**
 * Whether an address that is not public may be reached where an owner granted exactly it. Of IPv6 those in plain form alone: one
 * that carries another address would be a second spelling of it.
 */
export const isGrantable = (address: string): boolean => {
  const range = classifyAddress(address);
  return GRANTABLE.has(range) && (isIP(address) === 4 || range === "unique local" || address === "::1");
};
