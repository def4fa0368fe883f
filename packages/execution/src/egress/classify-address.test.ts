import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyAddress } from "./classify-address.ts";

describe("classifyAddress", () => {
  it.each([
    ["0.0.0.0", "this network"],
    ["0.1.2.3", "this network"],
    ["10.255.0.1", "private"],
    ["100.64.0.1", "carrier-grade NAT"],
    ["100.127.255.255", "carrier-grade NAT"],
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["169.254.169.254", "link-local"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["192.0.0.192", "protocol assignments"],
    ["192.168.1.1", "private"],
    ["198.18.0.1", "benchmarking"],
    ["198.19.255.255", "benchmarking"],
    ["224.0.0.1", "multicast"],
    ["239.255.255.250", "multicast"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "reserved"],
    ["168.63.129.16", "cloud platform"],
    ["100.100.100.200", "cloud platform"],
    ["100.100.100.199", "carrier-grade NAT"],
    ["192.88.99.1", "6to4 relay"],
    ["203.0.113.9", "documentation"],
  ])("refuses %s as %s", (address, range) => {
    expect(classifyAddress(address)).toBe(range);
  });

  it.each([
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["0:0:0:0:0:0:0:1", "loopback"],
    ["::127.0.0.1", "IPv4-compatible"],
    ["::8.8.8.8", "IPv4-compatible"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["::ffff:10.0.0.1", "private"],
    ["::ffff:0:127.0.0.1", "IPv4-translated"],
    ["64:ff9b::127.0.0.1", "loopback"],
    ["64:ff9b::a9fe:a9fe", "link-local"],
    ["64:ff9b:1::8.8.8.8", "local NAT64"],
    ["2002:7f00:1::", "6to4"],
    ["2002:808:808::", "6to4"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "Teredo"],
    ["2001:2::1", "protocol assignments"],
    ["2001:db8::1", "documentation"],
    ["3fff::1", "documentation"],
    ["fc00::1", "unique local"],
    ["fd12:3456::1", "unique local"],
    ["fd00:ec2::254", "cloud platform"],
    ["fd00:ec2::23", "cloud platform"],
    ["fd20:ce::254", "cloud platform"],
    ["::ffff:169.254.169.254", "link-local"],
    ["::ffff:100.100.100.200", "cloud platform"],
    ["fe80::1", "link-local"],
    ["febf::1", "link-local"],
    ["fec0::1", "site-local"],
    ["ff02::1", "multicast"],
    ["100::1", "discard"],
    ["4000::1", "reserved"],
    ["fe80::1%eth0", "zone id"],
    ["::1%lo", "zone id"],
    ["2606:4700::1%25eth0", "zone id"],
  ])("refuses %s as %s", (address, range) => {
    expect(classifyAddress(address)).toBe(range);
  });

  it.each([
    "8.8.8.8",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.0",
    "100.63.255.255",
    "192.0.1.1",
    "2606:4700::1",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
  ])("calls %s public", (address) => {
    expect(classifyAddress(address)).toBe("public");
  });

  it.each(["", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "127.0.0.1 ", "[::1]", "0177.0.0.1", "1.2.3"])(
    "refuses %j because it is not an address",
    (text) => {
      expect(classifyAddress(text)).toBe("not an address");
    },
  );

  it("gives an IPv4 address and its mapped and NAT64 forms the same answer", () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        const expected = classifyAddress(address);
        expect(classifyAddress(`::ffff:${address}`)).toBe(expected);
        expect(classifyAddress(`64:ff9b::${address}`)).toBe(expected);
      }),
    );
  });

  it("calls nothing public that is not an address", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(classifyAddress(text) === "public" && isIP(text) === 0).toBe(false);
      }),
    );
  });
});
