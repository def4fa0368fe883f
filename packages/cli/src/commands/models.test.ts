import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";
import { secretInfo } from "../testing/samples.ts";
import { codeIn } from "./models.ts";

let folder = "";
beforeAll(() => {
  vi.stubEnv("NO_COLOR", "1");
  folder = mkdtempSync(join(tmpdir(), "moltbot-cli-models-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = (name: string, local: boolean) => ({
  name,
  says: `${name} at somewhere`,
  demonstration: false,
  local,
  tools: local,
});
const STATE = "s".repeat(43);
const routes = {
  "GET /v2/models": { json: [model("claude", false), model("home", true)] },
  "POST /v2/model-connections": {
    status: 201,
    json: { state: STATE, url: "https://openrouter.ai/auth?code_challenge=c", expiresAt: "2026-11-23T02:10:00.000Z" },
  },
  "POST /v2/model-connections/complete": { json: secretInfo("router") },
};

describe("models list", () => {
  it("says which is the default, and what of them leaves this machine", async () => {
    const told = await run(["models"], routes);
    expect(told.out).toMatch(/claude +claude at somewhere +leaves this machine +plans in words +the default/);
    expect(told.out).toMatch(/home +home at somewhere +stays on this machine +calls tools/);
    expect(JSON.parse((await run(["models", "--json"], routes)).out)).toHaveLength(2);
    expect((await run(["models"], { "GET /v2/models": { json: [] } })).out).toContain("There are no models.");
  });
});

describe("models connect", () => {
  it("shows the address, takes the code from a file and says how to use the key", async () => {
    const file = join(folder, "code");
    writeFileSync(file, "http://localhost/?code=auth_1&x=2\n");
    const done = await run(["models", "connect", "openrouter", "--secret", "router", "--file", file], routes);
    expect(done).toMatchObject({ exit: 0 });
    expect(done.err + done.out).toContain("https://openrouter.ai/auth?code_challenge=c");
    expect(done.asked.map(({ body }) => body)).toEqual([
      { vendor: "openrouter", secret: "router" },
      { state: STATE, code: "auth_1" },
    ]);
    expect(done.out).toContain("./moltbot config set models.providers");
    expect(done.out).not.toContain("auth_1");
  });

  it("asks the gateway nothing for a vendor that gives no keys this way", async () => {
    const done = await run(["models", "connect", "anthropic"], routes);
    expect(done).toMatchObject({ code: "USAGE" });
    expect(done.asked).toEqual([]);
  });

  it("reads the code alone, or out of the address that holds it", () => {
    expect(codeIn(" abc-DEF_1 \n")).toBe("abc-DEF_1");
    expect(codeIn("https://x.example/cb?code=a%2Bb")).toBe("a+b");
    expect(codeIn("https://x.example/cb?state=1")).toBe("https://x.example/cb?state=1");
  });
});
