import {
  effectOf,
  hostsOf,
  MOST_PACKAGE_BYTES as MOST,
  PluginChoices,
  PluginManifest,
  SigningKey,
} from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { weatherManifest } from "./testing/packages.ts";
import { lacksHosts } from "./views/plugin-choices.ts";
import {
  effectOfManifest,
  effectText,
  givenText,
  hostWithPort,
  keyGroups,
  limitLines,
  MOST_PACKAGE_BYTES,
  plainHostText,
  removedText,
  trustedText,
  usedText,
  whyLines,
} from "./words-of-plugins.ts";

const manifest = (permissions: readonly unknown[]): PluginManifest =>
  PluginManifest.parse({ ...weatherManifest(), permissions });
const http = (...methods: readonly string[]) => ({ kind: "http", hosts: [], methods, why: "x" });

describe("the words about plugins", () => {
  it("call an effect what the gateway makes of the permissions", () => {
    const box = { kind: "storage", bytes: 10, why: "x" };
    for (const permissions of [
      [],
      [box],
      [http("GET")],
      [box, http("GET", "HEAD")],
      [http("GET", "POST")],
      [http("PUT")],
    ])
      expect(effectOfManifest(manifest(permissions))).toBe(effectOf(manifest(permissions)));
    expect(["read", "fetch", "send"].map((effect) => effectText(effect as "read"))).toEqual([
      "works with what it is given, and sends nothing anywhere",
      "only looks things up",
      "may send things and change them elsewhere, and asks you first",
    ]);
    expect(effectText("commit")).toBe(effectText("send"));
  });

  it("know the largest package as the contracts do", () => {
    expect(MOST_PACKAGE_BYTES).toBe(MOST);
  });

  it("part a key into groups that leave nothing out", () => {
    const key = SigningKey.parse(`mk1_${"aB3-".repeat(10)}xyw`);
    expect(keyGroups(key)).toEqual(["mk1_", ...Array.from({ length: 10 }, () => "aB3-"), "xyw"]);
    expect(keyGroups(key).join("")).toBe(key);
  });

  it("say every limit", () => {
    expect(limitLines(manifest([]))).toEqual([
      "A call ends after 15 s, or 500 ms of computing.",
      "It has 32 MB of memory.",
      "It answers 60 calls a minute, each with at most 32 KB.",
      "In one call it asks the house for something at most 20 times.",
    ]);
  });

  it("say a reason once", () => {
    expect(whyLines(manifest([http("GET"), { kind: "storage", bytes: 1, why: "x" }]))).toEqual(["x"]);
  });

  it.each([
    ["api.example.org", "api.example.org:443"],
    ["HTTPS://API.Example.org/feed?x", "api.example.org:443"],
    ["api.example.org:8443", "api.example.org:8443"],
    ["[::1]:8080", "[::1]:8080"],
    ["b\u00FCcher.example", "xn--bcher-kva.example:443"],
    ["not a host", "not a host"],
  ])("write the host %s as the gateway does", (given, host) => {
    expect(hostWithPort(given)).toBe(host);
  });

  it("leave the port of HTTPS out", () => {
    expect(["a.example:443", "a.example:8443"].map(plainHostText)).toEqual(["a.example", "a.example:8443"]);
  });

  it("count what went with a plugin, and who has one", () => {
    expect(removedText("Weather", { items: 0, grants: 0 })).toBe("Weather is removed.");
    expect(removedText("Weather", { items: 1, grants: 2 })).toBe(
      "Weather is removed, with 2 permissions and 1 thing that it kept.",
    );
    expect(removedText("Weather", { items: 2, grants: 1 })).toContain("1 permission and 2 things");
    expect([usedText([], "Used"), usedText(["A", "B"], "Read")]).toEqual([
      "Used by none of your agents.",
      "Read by A and B.",
    ]);
  });

  it("say who has one from now on, and what became of a key’s name", () => {
    expect([givenText("Weather", []), givenText("Weather", ["A", "B"])]).toEqual([
      "Weather is given to none of your agents.",
      "Weather is given to A and B.",
    ]);
    expect([trustedText("Ann", null), trustedText("Anna", "Ann")]).toEqual([
      "The key of Ann is trusted.",
      "The key that was Ann until now is Anna.",
    ]);
  });

  it("call for a host where the contracts find none that it may reach", () => {
    for (const [named, chosen] of [
      [[], true],
      [["a.test:443"], true],
      [["a.test:443"], false],
    ] as const)
      for (const hosts of [[], ["b.test:443"]]) {
        const of = manifest([{ ...http("GET"), hosts: named, chosen }]);
        const choices = PluginChoices.parse({ hosts });
        expect(lacksHosts(of, choices)).toBe(hostsOf(of, choices).length === 0);
      }
    expect(lacksHosts(manifest([]), { hosts: [] })).toBe(false);
  });
});
