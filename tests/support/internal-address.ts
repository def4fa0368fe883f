import { BlockList, isIP } from "node:net";

/** What no tool may reach, as the kernel's own library of networks compares it: written without looking at the product's list. */
const INTERNAL: readonly (readonly [network: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["::", 128],
  ["::1", 128],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
  ["64:ff9b:1::", 48],
];
const internal = new BlockList();
for (const [network, prefix] of INTERNAL) internal.addSubnet(network, prefix, isIP(network) === 4 ? "ipv4" : "ipv6");

/** Forms of IPv6 that lead to an IPv4 address, with the bytes at which it stands in them. */
const CARRIERS: readonly (readonly [start: RegExp, at: number])[] = [
  [/^0{20}ffff/, 12],
  [/^0{24}/, 12],
  [/^0{16}ffff0000/, 12],
  [/^0064ff9b0{16}/, 12],
  [/^2002/, 2],
];

/** The 32 hexadecimal letters of an IPv6 address. */
const lettersOf = (address: string): string => {
  const [left = "", right] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const wide = (text: string): string =>
    text
      .split(":")
      .filter((part) => part !== "")
      .map((part) => part.padStart(4, "0"))
      .join("");
  return right === undefined ? wide(left) : wide(left).padEnd(32 - wide(right).length, "0") + wide(right);
};

/** Whether whoever dials this address comes to this machine, its network or what its cloud keeps for it. */
export const isInternal = (written: string): boolean => {
  const address = written.replace(/%.*$/, "");
  if (isIP(address) === 4) return internal.check(address, "ipv4");
  if (isIP(address) === 0) return true;
  if (internal.check(address, "ipv6")) return true;
  const letters = lettersOf(address);
  return CARRIERS.some(([start, at]) => {
    if (!start.test(letters)) return false;
    const carried = Buffer.from(letters.slice(at * 2, at * 2 + 8), "hex").join(".");
    return internal.check(carried, "ipv4");
  });
};
