import { describe, expect, it } from "vitest";
import { serviceUrlProblem } from "./service-url.ts";

describe("an address of a service that the owner names", () => {
  it.each([
    "http://127.0.0.1:8888",
    "https://searx.example/",
    "http://[fd00::5]:8888/sx",
    "https://searx.example/a/b/",
  ])("may be %s", (text) => expect(serviceUrlProblem(text)).toBeUndefined());

  it.each<[string, RegExp]>([
    ["searx.example", /no address/],
    ["ftp://searx.example", /no address/],
    ["javascript:alert(1)", /no address/],
    ["https://user:word@searx.example", /a name or a password/],
    ["https://searx.example/?q=", /more than a host/],
    ["https://searx.example/?", /more than a host/],
    ["https://searx.example/#x", /more than a host/],
    ["https://searx.example/a b", /more than a host/],
    ["https:\\\\searx.example", /more than a host/],
  ])("is not %s", (text, problem) => expect(serviceUrlProblem(text)).toMatch(problem));
});
