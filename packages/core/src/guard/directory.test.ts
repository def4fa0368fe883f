import { describe, expect, it } from "vitest";
import { isNamedContact } from "./directory.ts";

const DIRECTORY = [
  { name: "Zoe", address: "zoe@example.org" },
  { name: "Team", address: "#general" },
];
const named =
  (...names: readonly string[]) =>
  (name: string): boolean =>
    names.includes(name);

describe("whether a value is the address of a named contact", () => {
  it("is, where the address is confirmed under the name", () => {
    expect(isNamedContact("zoe@EXAMPLE.org", DIRECTORY, named("Zoe"))).toBe(true);
    expect(isNamedContact("#general", DIRECTORY, named("Team"))).toBe(true);
  });
  it("is not, where the name is an address itself: it would stand for another one", () => {
    for (const name of ["ada@example.org", "https://example.org", "example.org/ada"])
      expect(isNamedContact("eve@evil.test", [{ name, address: "eve@evil.test" }], () => true)).toBe(false);
  });
  it("is not, where another is named, nothing is confirmed, or it is no text", () => {
    expect(isNamedContact("zoe@example.org", DIRECTORY, named("Team"))).toBe(false);
    expect(isNamedContact("ZOE@example.org", DIRECTORY, named("Zoe"))).toBe(false);
    expect(isNamedContact("zoe@example.org", [], named("Zoe"))).toBe(false);
    expect(isNamedContact({ to: "zoe@example.org" }, DIRECTORY, named("Zoe"))).toBe(false);
  });
});
