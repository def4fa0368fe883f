import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPathUnder, plainPathOf } from "./url-path.ts";

describe("the path of an address", () => {
  it.each([
    ["https://e.org", "/"],
    ["https://e.org/", "/"],
    ["https://e.org?x=/../", "/"],
    ["https://e.org/v1/notes?x=1#y", "/v1/notes"],
    ["HTTP://e.org:8080/a%20b/...", "/a%20b/..."],
  ])("of %s is %s", (url, path) => expect(plainPathOf(url)).toBe(path));

  it.each([
    "https://e.org/v1/../admin",
    "https://e.org/v1/./a",
    "https://e.org/v1/..",
    "https://e.org/v1/..;/admin",
    "https://e.org/v1/%2e%2e/admin",
    "https://e.org/v1/.%2E/admin",
    "https://e.org/v1%2f..%2fadmin",
    "https://e.org/v1/%252e%252e/admin",
    "https://e.org/v1/..%5cadmin",
    "https://e.org/v1\\..\\admin",
    "https://e.org//v1",
    "https://e.org/v1/%00",
    "https://e.org/v1/\t../admin",
    "https://e.org/v1/．．/admin",
    "ftp://e.org/v1",
    "/v1",
    "",
  ])("of %s is none that could be judged", (url) => expect(plainPathOf(url)).toBeNull());

  it("is the one that the platform reads too, whenever there is one", () => {
    const piece = fc.constantFrom("/", "a", ".", "..", "%2e", "%2F", "\\", ";", "v1", "?", "#", "%41", "@", ":", "é");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const url = `https://e.org/${pieces.join("")}`;
        const path = plainPathOf(url);
        if (path !== null) expect(new URL(url).pathname).toBe(path);
      }),
      { numRuns: 2_000, seed: 7 },
    );
  });

  it("lies under a prefix step by step", () => {
    expect(isPathUnder("/v1", "/v1")).toBe(true);
    expect(isPathUnder("/v1/a", "/v1")).toBe(true);
    expect(isPathUnder("/v1/a", "/v1/")).toBe(true);
    expect(isPathUnder("/anything", "/")).toBe(true);
    expect(isPathUnder("/v10", "/v1")).toBe(false);
    expect(isPathUnder("/v1", "/v1/")).toBe(false);
    expect(isPathUnder("/v1", "v1")).toBe(false);
    expect(isPathUnder("/v1/../a", "/v1/../a")).toBe(false);
    expect(isPathUnder("/a?b", "/a?b")).toBe(false);
  });
});
