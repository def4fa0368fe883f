import { describe, expect, it } from "vitest";
import { codeOf, takeCode } from "./sign-in-code.ts";

describe("codeOf", () => {
  it("finds the code of a sign-in link and nothing else", () => {
    expect(codeOf("#code=abc-123")).toBe("abc-123");
    expect(codeOf("#code=")).toBeNull();
    expect(codeOf("#other=abc")).toBeNull();
    expect(codeOf("")).toBeNull();
  });
});

describe("takeCode", () => {
  it("takes the code and the sign-in path out of the address", () => {
    const replaced: string[] = [];
    const history = { replaceState: (_: unknown, __: string, to: string) => replaced.push(to) } as unknown as History; // the one method it uses
    const place = (hash: string): Location => ({ hash, pathname: "/signin", search: "" }) as Location; // the three fields it reads
    expect(takeCode(place("#code=abc"), history)).toBe("abc");
    expect(replaced).toEqual(["/"]);
    expect(takeCode(place("#x"), history)).toBeNull();
    expect(replaced).toHaveLength(1);
    expect(takeCode(place("#pair=7KQ2-XW4D"), history)).toBeNull();
    expect(replaced).toHaveLength(2);
  });
});
