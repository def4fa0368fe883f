import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { err, moltbotError, ok, OPERATIONS } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { CONTROLS } from "./gate.ts";
import type { Controls } from "./gate.ts";
import type { HttpServer } from "./listener.ts";
import { buildLockedDoor } from "./locked-door.ts";
import type { LockedDoorOptions, UnlockAttempt } from "./locked-door.ts";
import { ask } from "./testing/start-server.ts";

interface Tried {
  readonly attempt: UnlockAttempt;
  readonly local: boolean;
}

const open: HttpServer[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const start = async (wish: Partial<LockedDoorOptions> = {}, controls: Partial<Controls> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-door-"));
  folders.push(folder);
  writeFileSync(join(folder, "index.html"), "<title>Moltbot</title>");
  const tried: Tried[] = [];
  let problem: MoltbotError | null = null;
  const silent = (): void => undefined;
  const server = buildLockedDoor(
    {
      host: "127.0.0.1",
      port: 0,
      allowedHosts: [],
      socketPath: join(folder, "run", "door.sock"),
      webDirectory: folder,
      log: { debug: silent, info: silent, warn: silent, error: silent },
      newTraceId: () => "0".repeat(31) + "1",
      openers: async () => ok(["passphrase"]),
      problem: () => problem,
      unlock: async (attempt, local): Promise<Result<void>> => {
        tried.push({ attempt, local });
        return attempt.passphrase === "right" ? ok(undefined) : err(moltbotError("VAULT_PASSPHRASE_WRONG"));
      },
      rateLimits: { unauthenticated: 1_000, files: 1_000 },
      ...wish,
    },
    { ...CONTROLS, ...controls },
  );
  const listening = await server.listen();
  if (!listening.ok) throw new Error(listening.error.message);
  open.push(server);
  const port = Number(new URL(listening.value.url).port);
  const unlock = (body: unknown, headers: Record<string, string> = {}) =>
    ask({ port, method: "POST", path: "/v2/vault/unlock", body: JSON.stringify(body), headers });
  return {
    port,
    tried,
    unlock,
    socketPath: join(folder, "run", "door.sock"),
    fail: (one: MoltbotError) => (problem = one),
  };
};

describe("the locked door", () => {
  it("answers every operation and every other path with VAULT_LOCKED, whatever is brought", async () => {
    const { port } = await start();
    for (const { method, path } of Object.values(OPERATIONS)) {
      const at = path.replace(/\{\w+\}/g, "1");
      const answer = await ask({
        port,
        method,
        path: at,
        headers: { authorization: "Bearer x" },
        ...(method === "GET" || method === "DELETE" ? {} : { body: "{}" }),
      });
      expect([answer.status, answer.json["code"]], `${method} ${path}`).toEqual([503, "VAULT_LOCKED"]);
    }
    for (const path of ["/v2/openapi.json", "/v2/events", "/v2/socket", "/v1/chat/completions", "/../vault.json"])
      expect((await ask({ port, path })).json["code"], path).toBe("VAULT_LOCKED");
    const openai = await ask({ port, method: "POST", path: "/openai/v1/chat/completions", body: "{}" });
    expect([openai.status, openai.json["error"]]).toEqual([
      503,
      expect.objectContaining({ code: "VAULT_LOCKED", type: "server_error" }),
    ]);
  });

  it("says its state, serves the page, and carries the headers of every answer", async () => {
    const { port, fail } = await start();
    const state = await ask({ port, path: "/v2/vault/state" });
    expect(state.json).toEqual({ locked: true, openers: ["passphrase"], problem: null });
    expect(state.headers["cache-control"]).toBe("no-store");
    const page = await ask({ port, path: "/signin" });
    expect([page.status, page.text]).toEqual([200, "<title>Moltbot</title>"]);
    for (const answer of [state, page, await ask({ port, path: "/v2/status" })])
      expect(answer.headers["content-security-policy"]).toContain("default-src 'none'");
    fail(moltbotError("DATABASE_DAMAGED", { problem: "canary" }));
    const failed = await ask({ port, path: "/v2/vault/state" });
    expect(failed.json["problem"]).toBe("DATABASE_DAMAGED");
    expect(failed.text).not.toContain("canary");
    expect((await ask({ port, path: "/healthz" })).status).toBe(200);
    expect((await ask({ port, path: "/readyz" })).status).toBe(503);
  });

  it("hands what is brought on, with where it came from", async () => {
    const { unlock, tried, socketPath } = await start();
    expect((await unlock({ passphrase: "wrong" })).json["code"]).toBe("VAULT_PASSPHRASE_WRONG");
    expect((await unlock({ passphrase: "right" })).status).toBe(202);
    expect((await unlock({ recoveryCode: "x" })).status).toBe(403);
    await ask({ socketPath, method: "POST", path: "/v2/vault/unlock" });
    expect(tried).toEqual([
      { attempt: { passphrase: "wrong" }, local: false },
      { attempt: { passphrase: "right" }, local: false },
      { attempt: { recoveryCode: "x" }, local: false },
      { attempt: {}, local: true },
    ]);
  });

  it.each([
    ["an unknown field", { passphrase: "x", more: 1 }],
    ["an empty passphrase", { passphrase: "" }],
    ["no text", { passphrase: 7 }],
    ["a long one", { passphrase: "x".repeat(1_025) }],
    ["a list", ["x"]],
  ])("refuses %s before anything is tried", async (_kind, body) => {
    const { unlock, tried } = await start();
    expect((await unlock(body)).json["code"]).toBe("REQUEST_INVALID");
    expect(tried).toEqual([]);
  });

  it("refuses what is not JSON, another method, and a stranger's flood", async () => {
    const { port, tried } = await start({ rateLimits: { unauthenticated: 3, files: 3 } });
    const path = "/v2/vault/unlock";
    const form = await ask({
      port,
      method: "POST",
      path,
      body: "passphrase=x",
      headers: { "content-type": "text/plain" },
    });
    expect(form.json["code"]).toBe("REQUEST_NOT_JSON");
    expect((await ask({ port, method: "PUT", path, body: "{}" })).json["code"]).toBe("VAULT_LOCKED");
    const codes = await Promise.all(
      Array.from({ length: 12 }, async () => (await ask({ port, method: "POST", path, body: "{}" })).json["code"]),
    );
    expect(codes.filter((code) => code === "RATE_LIMITED").length).toBeGreaterThan(6);
    expect(tried.length).toBeLessThan(6);
  });

  it("says so when what opens the vault cannot be read", async () => {
    const { port } = await start({ openers: async () => err(moltbotError("VAULT_DAMAGED", { file: "vault.json" })) });
    expect((await ask({ port, path: "/v2/vault/state" })).json["code"]).toBe("VAULT_DAMAGED");
  });
});

describe("unplug the checks of Host and Origin at the locked door", () => {
  const attack = async (controls: Partial<Controls>, headers: Record<string, string>): Promise<number> => {
    const { unlock, tried } = await start({}, controls);
    await unlock({ passphrase: "guess" }, headers);
    return tried.length;
  };
  it("lets a page of another site, or one behind a rebound name, guess passphrases", async () => {
    expect(await attack({}, { origin: "https://evil.example" })).toBe(0);
    expect(await attack({ originAllowed: () => true }, { origin: "https://evil.example" })).toBe(1);
    expect(await attack({}, { host: "evil.example" })).toBe(0);
    expect(await attack({ hostAllowed: () => true }, { host: "evil.example" })).toBe(1);
  });
});
