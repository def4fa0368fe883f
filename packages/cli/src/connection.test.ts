import { describe, expect, it } from "vitest";
import { ExposedToken, isExposed, transportTo } from "./connection.ts";

describe("where a token may go", () => {
  it("sends none to another machine in plain http", () => {
    for (const url of [
      "http://192.0.2.7:18790",
      "http://evil.example",
      "http://127.0.0.1.evil.example",
      "HTTP://evil.example",
    ]) {
      expect(isExposed(url), url).toBe(true);
      expect(() => transportTo({ MOLTBOT_URL: url, MOLTBOT_TOKEN: "mb_x" }), url).toThrow(ExposedToken);
    }
  });

  it("goes to this machine, and elsewhere by https", () => {
    for (const url of ["http://127.0.0.1:18790", "http://localhost:1", "http://[::1]:1", "https://house.example"]) {
      expect(isExposed(url), url).toBe(false);
      expect(() => transportTo({ MOLTBOT_URL: url, MOLTBOT_TOKEN: "mb_x" }), url).not.toThrow();
    }
  });

  it("reaches another machine in plain http where there is no token to lose", () => {
    expect(() => transportTo({ MOLTBOT_URL: "http://192.0.2.7:18790" })).not.toThrow();
  });
});
