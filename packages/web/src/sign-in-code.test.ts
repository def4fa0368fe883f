import { describe, expect, it } from "vitest";
import { broughtBy, takeBrought } from "./sign-in-code.ts";

describe("what a link brings", () => {
  it("is the code of a sign-in or of a pairing, and nothing else", () => {
    expect(broughtBy("#code=abc-123")).toEqual({ code: "abc-123", pairing: null });
    expect(broughtBy("#pair=7KQ2-XW4D")).toEqual({ code: null, pairing: "7KQ2-XW4D" });
    for (const fragment of ["#code=&pair=", "#other=abc", ""])
      expect(broughtBy(fragment)).toEqual({ code: null, pairing: null });
  });

  it("is taken out of the address at once, with the sign-in path", () => {
    const replaced: string[] = [];
    const history = { replaceState: (_: unknown, __: string, to: string) => replaced.push(to) } as unknown as History; // the one method it uses
    const place = (hash: string): Location => ({ hash, pathname: "/signin", search: "" }) as Location; // the three fields it reads
    expect(takeBrought(place("#code=abc"), history).code).toBe("abc");
    expect(replaced).toEqual(["/"]);
    expect(takeBrought(place("#x"), history).code).toBeNull();
    expect(replaced).toHaveLength(1);
    expect(takeBrought(place("#pair=7KQ2-XW4D"), history).pairing).toBe("7KQ2-XW4D");
    expect(replaced).toHaveLength(2);
  });
});
