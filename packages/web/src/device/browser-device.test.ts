import { createServer } from "node:http";
import type { Server } from "node:http";
import { DeviceId, instantOf } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { deviceTransport, pairBrowser } from "./browser-device.ts";
import { forgetDevice, keepDevice, loadDevice } from "./kept-device.ts";
import type { KeptDevice } from "./kept-device.ts";

/** As much of IndexedDB as the page uses, in memory. */
const memory = () => {
  const kept = new Map<string, unknown>();
  const request = (result: unknown, event = "success") => ({
    result,
    error: null,
    addEventListener(name: string, hear: () => void) {
      if (name === event || (event === "success" && name === "upgradeneeded")) queueMicrotask(hear);
    },
  });
  const store = {
    get: (key: string) => request(kept.get(key)),
    put: (value: unknown, key: string) => request(kept.set(key, value)),
    delete: (key: string) => request(kept.delete(key)),
  };
  const database = {
    createObjectStore: () => store,
    transaction: () => ({ objectStore: () => store }),
    close: () => undefined,
  };
  return { kept, open: () => request(database), broken: () => request(undefined, "error") };
};

const TOKENS = (n: number, seconds: number) => ({
  deviceId: DeviceId.parse("00000000-0000-7000-8000-000000000001"),
  accessToken: `access-${n}`,
  refreshToken: `refresh-token-${n}`,
  expiresAt: instantOf(Date.now() + seconds * 1000),
});

let server: Server;
let origin = "";
let seen: { readonly path: string; readonly headers: Readonly<Record<string, unknown>> }[] = [];
const browser = () => ({
  origin,
  webCrypto: globalThis.crypto,
  alone: <T>(work: () => Promise<T>): Promise<T> => work(),
});

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    seen.push({ path: request.url ?? "", headers: request.headers });
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url === "/v2/agents" ? [] : TOKENS(seen.length + 1, 600)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});
afterEach(async () => {
  vi.unstubAllGlobals();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const must = (result: Awaited<ReturnType<typeof pairBrowser>>): KeptDevice => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

describe("a browser that becomes a device", () => {
  it("makes a key that nobody can take out, and keeps it with its tokens", async () => {
    const { kept, open } = memory();
    vi.stubGlobal("indexedDB", { open });
    const device = must(await pairBrowser(browser(), "7KQ2-XW4D", "Laptop"));
    expect(kept.get("this")).toEqual(device);
    expect(await loadDevice()).toEqual(device);
    expect(device.keys.privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("pkcs8", device.keys.privateKey)).rejects.toThrow("not extractable");
    expect(seen[0]?.headers["dpop"]).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    await forgetDevice();
    expect(await loadDevice()).toBeNull();
  });

  it("says so where the address is not protected, or the browser keeps nothing", async () => {
    vi.stubGlobal("indexedDB", { open: memory().broken });
    const open = { ...browser(), webCrypto: undefined };
    expect(await pairBrowser(open, "7KQ2-XW4D", "x")).toMatchObject({
      ok: false,
      error: { next: "Open it over https." },
    });
    expect(seen).toEqual([]);
    expect(await pairBrowser(browser(), "7KQ2-XW4D", "x")).toMatchObject({ ok: false });
    expect(await loadDevice()).toBeNull();
    await expect(forgetDevice()).resolves.toBeUndefined();
  });

  it("sends with its key, and goes on with tokens that another window got", async () => {
    vi.stubGlobal("indexedDB", { open: memory().open });
    const device = must(await pairBrowser(browser(), "7KQ2-XW4D", "Laptop"));
    const spent = { ...device, tokens: TOKENS(1, 5) };
    await keepDevice({ ...device, tokens: TOKENS(7, 600) });
    const agents = { method: "GET", path: "/v2/agents", accept: "application/json", body: null } as const;
    await deviceTransport(browser(), crypto, spent).send(agents);
    expect(seen.map(({ path }) => path)).toEqual(["/v2/devices", "/v2/agents"]);
    expect(seen[1]?.headers["authorization"]).toBe("DPoP access-7");
    await keepDevice(spent);
    await deviceTransport(browser(), crypto, spent).send(agents);
    expect(seen.slice(2).map(({ path }) => path)).toEqual(["/v2/devices/token", "/v2/agents"]);
    expect((await loadDevice())?.tokens.accessToken).toBe("access-4");
    await forgetDevice();
    await deviceTransport(browser(), crypto, spent).send(agents);
    expect(seen.at(-2)?.path).toBe("/v2/devices/token");
  });
});
