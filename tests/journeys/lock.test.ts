import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { createClient, createVaultDoor } from "@moltbot/client";
import type { Client, VaultDoor } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { placesOf, startGateway } from "@moltbot/gateway";
import type { Gateway, StartWish } from "@moltbot/gateway";
import { afterEach, describe, expect, it } from "vitest";
import { openSettings } from "../../packages/gateway/src/settings/index.ts";
import { must } from "../support/must.ts";
import { scriptedModels } from "../support/fitted-gateway.ts";
import type { Said, ScriptedModels } from "../support/fitted-gateway.ts";
import { newPlace } from "../support/gateway-process.ts";
import type { Place } from "../support/gateway-process.ts";

const PASSPHRASE = "correct horse battery";
const until = async (so: () => boolean | Promise<boolean>): Promise<void> => {
  for (let round = 0; round < 600; round += 1) {
    if (await so()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error("it did not happen");
};

interface House {
  readonly place: Place;
  readonly gateway: Gateway;
  readonly client: Client;
  readonly door: VaultDoor;
  readonly keyFile: string;
}

describe("a house that is locked while it runs", { timeout: 60_000 }, () => {
  const running: Gateway[] = [];
  const places: Place[] = [];
  afterEach(async () => {
    for (const gateway of running.splice(0)) await gateway.close();
    for (const place of places.splice(0)) place.remove();
  });

  const openAt = async (
    place: Place,
    wish: Partial<StartWish> = {},
    models: ScriptedModels = scriptedModels(() => ({ text: "hello" })),
  ): Promise<House> => {
    const file = join(place.home, "moltbot.json5");
    const settings = must(openSettings({ file, environment: {}, flags: { gateway: { port: 0 } } }));
    const home = placesOf(place.home, join(place.root, "config", "moltbot", "keys"), null);
    const gateway = must(
      await startGateway({
        home,
        settings,
        passphrase: PASSPHRASE,
        acceptLoss: false,
        progress: () => undefined,
        fittings: { models },
        ...wish,
      }),
    );
    running.push(gateway);
    const transport = nodeTransport({ socketPath: home.socket });
    const client = createClient({ transport, validate: true });
    return { place, gateway, client, door: createVaultDoor(transport), keyFile: home.keyFile };
  };
  const open = async (
    wish: Partial<StartWish> = {},
    models?: ScriptedModels,
    settings: object = {},
  ): Promise<House> => {
    const place = newPlace({ gateway: { drainSeconds: 30 }, ...settings });
    places.push(place);
    return openAt(place, wish, models);
  };
  const send = async ({ client }: House, content: string, more: object = {}) => {
    const [agent] = must(await client.call("agents.list", {}));
    if (agent === undefined) throw new Error("no agent");
    return must(await client.call("messages.send", { agentId: agent.id, content, conversationId: "new", ...more }));
  };
  const isLocked = async ({ door }: House): Promise<boolean> => {
    const state = await door.state();
    return state.ok && state.value.locked;
  };
  const isOpen = async ({ door }: House): Promise<boolean> => {
    const state = await door.state();
    return state.ok && !state.value.locked;
  };
  /** The door as somebody at another machine has it: over HTTP, without any credential. */
  const over = (url: string): VaultDoor => createVaultDoor(nodeTransport({ url, token: null }));

  it("answers every request with VAULT_LOCKED, and opens again on the same address with all it held", async () => {
    const house = await open();
    const { gateway, client, door } = house;
    const before = await send(house, "remember the blue canary");
    must(await client.call("vault.lock", {}));
    await until(() => isLocked(house));
    expect([gateway.state(), gateway.sealedBy]).toEqual(["locked", "locked"]);
    for (const [name, input] of [
      ["system.status", {}],
      ["agents.list", {}],
      ["conversations.list", {}],
      ["vault.status", {}],
      ["vault.lock", {}],
    ] as const)
      expect(await client.call(name, input), name).toMatchObject({ ok: false, error: { code: "VAULT_LOCKED" } });
    expect(await gateway.signInLink()).toMatchObject({ ok: false, error: { code: "VAULT_LOCKED" } });
    const remote = over(gateway.url);
    expect(must(await remote.state())).toEqual({ locked: true, openers: ["passphrase"], problem: null });
    expect(await remote.unlock({})).toMatchObject({ ok: false, error: { code: "VAULT_LOCKED" } });
    expect(await remote.unlock({ passphrase: "wrong" })).toMatchObject({ error: { code: "VAULT_PASSPHRASE_WRONG" } });
    must(await remote.unlock({ passphrase: PASSPHRASE }));
    await until(() => isOpen(house));
    await until(() => gateway.state() === "open");
    expect(new URL(gateway.url).port).toBe(new URL(must(await gateway.signInLink())).port);
    const report = must(await client.call("turns.get", { turnId: before.turnId }));
    expect(report.state).toBe("done");
    const records = must(await client.call("audit.list", { limit: 50 }));
    expect(records.find(({ event }) => event === "vault:unlocked")?.fields).toMatchObject({
      by: "passphrase",
      wrongAttempts: 1,
    });
    expect(records.filter(({ event }) => event === "vault:locked")).toHaveLength(1);
    expect(must(await client.call("audit.verify", {}))).toMatchObject({ ok: true });
    expect(must(await door.state())).toMatchObject({ locked: false });
    expect(await door.unlock({ passphrase: PASSPHRASE })).toMatchObject({
      ok: false,
      error: { code: "ROUTE_NOT_FOUND" },
    });
  });

  it("lays a running turn and a queued one down, and takes both up again", async () => {
    const state = { holds: true };
    const script = async (): Promise<Said> => {
      while (state.holds) await new Promise((resolve) => setTimeout(resolve, 10));
      return { text: "done at last" };
    };
    const models = scriptedModels(script);
    const house = await open({}, models, { agents: { concurrentTurns: 1 } });
    const first = await send(house, "first", { wait: false });
    const second = await send(house, "second", { wait: false });
    await until(() => models.heard.length > 0);
    must(await house.gateway.lock("person"));
    expect(house.gateway.state()).toBe("locked");
    state.holds = false;
    must(await house.gateway.unlock({ passphrase: PASSPHRASE }));
    for (const { turnId } of [first, second])
      expect(must(await house.client.call("turns.get", { turnId, wait: "true" })).state).toBe("done");
  });

  it("keeps a pending approval, whose answer then has its effect once", async () => {
    const reminding = scriptedModels(({ messages }) =>
      messages.at(-1)?.role === "tool"
        ? { text: "It is set." }
        : { calls: [{ tool: "reminder.create", arguments: { minutes: 60, text: "stretch" } }] },
    );
    const house = await open({}, reminding);
    const sent = await send(house, "remind me");
    expect(sent.approvals).toHaveLength(1);
    must(await house.gateway.lock("person"));
    must(await house.gateway.unlock({ passphrase: PASSPHRASE }));
    const [pending] = must(await house.client.call("approvals.list", {}));
    if (pending === undefined) throw new Error("the question was lost");
    expect(pending.id).toBe(sent.approvals[0]?.id);
    must(await house.client.call("approvals.answer", { approvalId: pending.id, answer: "allow" }));
    expect(must(await house.client.call("turns.get", { turnId: sent.turnId, wait: "true" })).state).toBe("done");
    expect(must(await house.client.call("reminders.list", {}))).toHaveLength(1);
  });

  it("limits wrong attempts, at the machine and from afar apart, and forgets them after a right one", async () => {
    const house = await open();
    must(await house.gateway.lock("person"));
    const remote = over(house.gateway.url);
    const codes: string[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      const tried = await remote.unlock({ passphrase: `wrong ${String(attempt)}` });
      codes.push(tried.ok ? "open" : tried.error.code);
    }
    expect(codes).toEqual([
      ...Array<string>(5).fill("VAULT_PASSPHRASE_WRONG"),
      "VAULT_UNLOCK_LIMITED",
      "VAULT_UNLOCK_LIMITED",
    ]);
    expect(await remote.unlock({ passphrase: PASSPHRASE })).toMatchObject({ error: { code: "VAULT_UNLOCK_LIMITED" } });
    expect(await remote.unlock({ recoveryCode: "x" })).toMatchObject({ error: { code: "VAULT_UNLOCK_LIMITED" } });
    expect(await house.door.unlock({ passphrase: "wrong" })).toMatchObject({
      error: { code: "VAULT_PASSPHRASE_WRONG" },
    });
    expect(await house.door.unlock({ passphrase: PASSPHRASE })).toMatchObject({ ok: true });
    await until(() => isOpen(house));
  });

  it("locks by itself after idle minutes, says why, and not while somebody asks", async () => {
    const house = await open({}, undefined, { vault: { autoLockMinutes: 0 } });
    expect(must(await house.client.call("vault.status", {}))).toMatchObject({
      autoLockMinutes: 0,
      openers: ["passphrase"],
    });
    const events: string[] = [];
    const following = new AbortController();
    void house.client.events((event) => events.push(event.name), following.signal);
    await until(async () => {
      must(await house.client.call("system.status", {}));
      return true;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    must(await house.gateway.lock("idle"));
    await until(() => events.includes("vault:locked"));
    following.abort();
    must(await house.gateway.unlock({ passphrase: PASSPHRASE }));
    const records = must(await house.client.call("audit.list", { limit: 50 }));
    expect(records.find(({ event }) => event === "vault:locked")?.fields).toEqual({ reason: "idle" });
  });

  it("opens a key file's vault for the machine alone, and for the recovery code from anywhere", async () => {
    const house = await open({ passphrase: null });
    const { code } = must(await house.client.call("vault.recovery", { current: null }));
    must(await house.gateway.lock("person"));
    const remote = over(house.gateway.url);
    expect(await remote.unlock({})).toMatchObject({ error: { code: "VAULT_LOCKED" } });
    expect(await remote.unlock({ passphrase: "x" })).toMatchObject({ error: { code: "VAULT_LOCKED" } });
    expect(await remote.unlock({ passphrase: "x", recoveryCode: code })).toMatchObject({
      error: { code: "REQUEST_INVALID" },
    });
    renameSync(house.keyFile, `${house.keyFile}.away`);
    expect(await house.door.unlock({})).toMatchObject({ error: { code: "VAULT_LOCKED" } });
    must(await remote.unlock({ recoveryCode: code }));
    await until(() => isOpen(house));
    renameSync(`${house.keyFile}.away`, house.keyFile);
    must(await house.gateway.lock("person"));
    must(await house.door.unlock({}));
    await until(() => isOpen(house));
  });

  it("starts locked when it is told to, or when nobody gave the passphrase it needs", async () => {
    const first = await open();
    await first.gateway.close();
    running.length = 0;
    const { place } = first;
    for (const wish of [{ locked: "always" }, { locked: "without passphrase", passphrase: null }] as const) {
      const house = await openAt(place, wish);
      expect([house.gateway.state(), house.gateway.model]).toEqual(["locked", null]);
      must(await house.door.unlock({ passphrase: PASSPHRASE }));
      await until(() => isOpen(house));
      await house.gateway.close();
      running.length = 0;
    }
    await expect(openAt(place, { passphrase: null })).rejects.toThrow("VAULT_LOCKED");
    await expect(open({ locked: "always" })).rejects.toThrow("VAULT_LOCKED");
  });

  it("changes the passphrase, rotates keys and tells so, without saying a word of them in the log", async () => {
    const house = await open();
    const sent = await send(house, "before the change");
    const next = "another passphrase";
    expect(await house.client.call("vault.passphrase", { current: "wrong", next })).toMatchObject({
      error: { code: "VAULT_PASSPHRASE_WRONG" },
    });
    must(await house.client.call("vault.passphrase", { current: PASSPHRASE, next }));
    const { code } = must(await house.client.call("vault.recovery", { current: next }));
    must(await house.client.call("vault.rotate", { keys: "data", current: next }));
    const status = must(await house.client.call("vault.rotate", { keys: "wrapping", current: next }));
    expect(status).toMatchObject({ openers: ["recovery-code", "passphrase"], keyring: { generation: 1, epoch: 1 } });
    const records = must(await house.client.call("audit.list", { limit: 100 }));
    const events = records.map(({ event }) => event);
    for (const event of ["vault:passphrase-changed", "vault:recovery-made", "vault:rotated"])
      expect(events).toContain(event);
    expect(JSON.stringify(records)).not.toContain(next);
    expect(JSON.stringify(records)).not.toContain(code.slice(0, 9));
    must(await house.gateway.lock("person"));
    expect(await house.gateway.unlock({ passphrase: PASSPHRASE })).toMatchObject({
      error: { code: "VAULT_PASSPHRASE_WRONG" },
    });
    must(await house.gateway.unlock({ passphrase: next }));
    expect(must(await house.client.call("turns.get", { turnId: sent.turnId })).state).toBe("done");
  });

  it("shows nothing of what was said in any file of its home", async () => {
    const house = await open();
    await send(house, "the violet canary sings");
    must(await house.gateway.lock("person"));
    const files = readdirSync(house.place.home, { recursive: true, encoding: "utf8" })
      .map((name) => join(house.place.home, name))
      .filter((path) => existsSync(path) && statSync(path).isFile());
    expect(files.length).toBeGreaterThan(3);
    for (const path of files) expect(readFileSync(path).includes("canary"), path).toBe(false);
  });

  it("goes back to its door, and says why, when what the vault seals does not open", async () => {
    const house = await open();
    must(await house.gateway.lock("person"));
    const database = join(house.place.home, "moltbot.db");
    const intact = readFileSync(database);
    writeFileSync(database, Buffer.alloc(intact.length, 7));
    must(await house.door.unlock({ passphrase: PASSPHRASE }));
    await until(async () => {
      const state = await house.door.state();
      return state.ok && state.value.problem !== null;
    });
    expect(must(await house.door.state())).toMatchObject({
      locked: true,
      problem: expect.stringMatching(/^DATABASE_/) as unknown,
    }); // the matcher is typed any
    expect(await house.client.call("system.status", {})).toMatchObject({ error: { code: "VAULT_LOCKED" } });
    writeFileSync(database, intact);
    must(await house.door.unlock({ passphrase: PASSPHRASE }));
    await until(() => isOpen(house));
    expect(must(await house.client.call("audit.verify", {}))).toMatchObject({ ok: true });
  });

  it("refuses a WebSocket and a page of another site at its locked door", async () => {
    const house = await open();
    must(await house.gateway.lock("person"));
    const { port } = new URL(house.gateway.url);
    const ask = (
      path: string,
      headers: Record<string, string>,
      method = "GET",
    ): Promise<{ status: number; text: string }> =>
      new Promise((resolve, reject) => {
        const outgoing = request({ host: "127.0.0.1", port, path, method, headers }, (incoming) => {
          let text = "";
          incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
          incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
        });
        outgoing.on("error", reject);
        outgoing.end();
      });
    const upgrade = await ask("/v2/socket", {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    });
    expect(upgrade.status).toBe(503);
    expect(upgrade.text).toContain("VAULT_LOCKED");
    const rebound = await ask("/v2/vault/unlock", { host: "evil.example" }, "POST");
    expect(rebound.text).toContain("REQUEST_HOST_REFUSED");
    const foreign = await ask("/v2/vault/unlock", { origin: "https://evil.example" }, "POST");
    expect(foreign.text).toContain("REQUEST_ORIGIN_REFUSED");
    expect((await ask("/healthz", {})).status).toBe(200);
    expect(await ask("/readyz", {})).toEqual({ status: 503, text: '{"status":"locked"}' });
  });
});
