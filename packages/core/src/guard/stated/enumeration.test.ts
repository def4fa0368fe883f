import { describe, expect, it } from "vitest";
import { asIfAlone } from "./enumeration.ts";

describe("a list of values as if one stood alone", () => {
  it.each([
    ["to a@x.org, b@x.org and c@x.org now", "b@x.org", ["a@x.org", "b@x.org", "c@x.org"], "to b@x.org now"],
    ["to a@x.org or b@x.org", "b@x.org", ["a@x.org", "b@x.org"], "to a@x.org or b@x.org"],
    ["to a@x.org, eve@x.org", "a@x.org", ["a@x.org"], "to a@x.org, eve@x.org"],
    [
      "to a@x.org and b@x.org, not c@x.org",
      "c@x.org",
      ["a@x.org", "b@x.org", "c@x.org"],
      "to a@x.org and b@x.org, not c@x.org",
    ],
    ["aa", "aa", ["a", "aa"], "aa"],
    ["nothing here", "a@x.org", ["a@x.org"], "nothing here"],
    ["a@x.org then much later on b@x.org", "a@x.org", ["a@x.org", "b@x.org"], "a@x.org then much later on b@x.org"],
  ])("%s", (text, value, values, alone) => {
    expect(asIfAlone(text, value, values)).toBe(alone);
  });
});
