import { describe, expect, it } from "vitest";
import { PluginHost } from "./index.ts";

describe("a host that a plugin names", () => {
  it.each([
    "api.example.org:443",
    "a.b-c.example:8443",
    "localhost:3000",
    "192.168.1.5:80",
    "[::1]:443",
    "[2001:db8::1]:8080",
    "xn--bcher-kva.example:443",
    `${"a".repeat(63)}.example:443`,
  ])("is taken as it is dialled: %s", (host) => {
    expect(PluginHost.safeParse(host).success).toBe(true);
  });

  it.each([
    ["short", "127.1:80"],
    ["hexadecimal", "0x7f.0.0.1:80"],
    ["octal", "0177.0.0.1:80"],
    ["one number", "2130706433:80"],
    ["long", "[0:0:0:0:0:0:0:1]:80"],
    ["a v4 address inside", "[::ffff:127.0.0.1]:80"],
    ["in capitals", "API.example.org:443"],
    ["with an empty label", "example..org:443"],
    ["with a dot behind", "example.org.:443"],
    ["with a label that ends in a hyphen", "a-.example:443"],
    ["with a label of 64 letters", `${"a".repeat(64)}.example:443`],
    ["with port 0", "example.org:0"],
    ["with a port that there is not", "example.org:99999"],
    ["with a port in another spelling", "example.org:0443"],
    ["without a port", "example.org"],
    ["with a scheme", "https://example.org:443"],
    ["with a path", "example.org:443/x"],
    ["with a user", "me@example.org:443"],
    ["with letters that look like others", "\u0435xample.org:443"],
    ["with a blank", "example.org :443"],
  ])("is refused %s", (_, host) => {
    expect(PluginHost.safeParse(host).success).toBe(false);
  });
});
