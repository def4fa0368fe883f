import { describe, expect, it } from "vitest";
import { publicUrlProblem } from "./public-url.ts";

describe("an address under which people reach the gateway", () => {
  it.each([
    "https://moltbot.example",
    "https://moltbot.example:8443/",
    "http://localhost:1234",
    "http://127.0.0.1",
    "http://[::1]:9",
  ])("may be %s", (text) => expect(publicUrlProblem(text)).toBeUndefined());

  it.each([
    "http://moltbot.example",
    "http://192.168.1.9:18790",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "ftp://moltbot.example",
    "javascript:alert(1)",
    "moltbot.example",
    "https://owner:word@moltbot.example",
    "https://moltbot.example/elsewhere",
    "https://moltbot.example/?next=https://evil.example",
    "https://moltbot.example/#code=x",
    "https://",
  ])("is never %s, by which a code would be read or led away", (text) => {
    expect(publicUrlProblem(text)).toBeDefined();
  });

  it("is told why it cannot be", () => {
    expect(publicUrlProblem("http://moltbot.example")).toContain("https");
  });
});
