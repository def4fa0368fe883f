import { request } from "node:http";
import { join } from "node:path";
import { createClient, createVaultDoor } from "@moltbot/client";
import type { Client, VaultDoor } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { label, ok } from "@moltbot/contracts";
import { placesOf, startGateway } from "@moltbot/gateway";
import type { Fittings, Gateway } from "@moltbot/gateway";
import { afterEach, describe, expect, it } from "vitest";
import { openSettings } from "../../../packages/gateway/src/settings/index.ts";
import { codeOf, must } from "../../support/attack-house.ts";
import { manifest, scriptedModels } from "../../support/fitted-gateway.ts";
import { newPlace } from "../../support/gateway-process.ts";
import type { Place } from "../../support/gateway-process.ts";

const PASSPHRASE = "correct horse battery";
const running: Gateway[] = [];
const places: Place[] = [];
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.close();
  for (const place of places.splice(0)) place.remove();
});

interface House {
  readonly place: Place;
  readonly gateway: Gateway;
  readonly client: Client;
  readonly door: VaultDoor;
  readonly keyFile: string;
  /** Over HTTP, by a token: how a page or a program of another machine asks. */
  remote(): Promise<Client>;
}
const open = async (fittings: Fittings = {}, passphrase: string | null = PASSPHRASE): Promise<House> => {
  const place = newPlace({ gateway: { drainSeconds: 0 } });
  places.push(place);
  const file = join(place.home, "moltbot.json5");
  const settings = must(openSettings({ file, environment: {}, flags: { gateway: { port: 0 } } }));
  const home = placesOf(place.home, join(place.root, "config", "moltbot", "keys"), null);
  const gateway = must(
    await startGateway({
      home,
      settings,
      passphrase,
      acceptLoss: false,
      progress: () => undefined,
      fittings: { models: scriptedModels(() => ({ text: "hello" })), ...fittings },
    }),
  );
  running.push(gateway);
  const transport = nodeTransport({ socketPath: home.socket });
  const client = createClient({ transport, validate: true });
  return {
    place,
    gateway,
    client,
    door: createVaultDoor(transport),
    keyFile: home.keyFile,
    remote: async () => {
      const { token } = must(await client.call("tokens.create", { name: "t", role: "owner" } as never)) as {
        token: string;
      }; // the shape of the answer is not this test's
      return createClient({ transport: nodeTransport({ url: gateway.url, token }), validate: true });
    },
  };
};
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const until = async (so: () => boolean | Promise<boolean>): Promise<void> => {
  for (let round = 0; round < 400; round += 1) {
    if (await so()) return;
    await pause(25);
  }
  throw new Error("it did not happen");
};

interface Answer {
  readonly status: number;
  readonly text: string;
}
const ask = (
  url: string,
  path: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> =>
  new Promise((resolve) => {
    const { port } = new URL(url);
    const outgoing = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (incoming) => {
      let text = JSON.stringify(incoming.headers);
      incoming.on("data", (chunk: Buffer) => (text += chunk.toString()));
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, text }));
    });
    outgoing.on("error", (cause) => resolve({ status: 0, text: String(cause) }));
    outgoing.end(body);
  });

describe("a lock while an effect is under way", { timeout: 60_000 }, () => {
  it("serves nobody from then on, and has the outcome on record", async () => {
    const state = { began: false, ended: false };
    const slow = {
      manifest: manifest("post.slowly", { effect: "send", permissions: ["message:send"] }),
      seconds: 30,
      resolve: async () => ok([]),
      describe: () => "posts slowly",
      preview: async () => null,
      run: async () => {
        state.began = true;
        await pause(2_500);
        state.ended = true;
        return ok({ text: "posted", summary: "posted", label: label("untrusted", "public") });
      },
    };
    const models = scriptedModels(({ messages }) =>
      messages.at(-1)?.role === "tool"
        ? { text: "It is posted." }
        : { calls: [{ tool: "post.slowly", arguments: {} }] },
    );
    const house = await open({ models, tools: [slow] });
    const remote = await house.remote();
    const [agent] = must(await house.client.call("agents.list", {}));
    if (agent === undefined) throw new Error("no agent");
    const sent = must(
      await house.client.call("messages.send", { agentId: agent.id, content: "post it", conversationId: "new" }),
    );
    const [approval] = sent.approvals;
    if (approval === undefined) throw new Error("nothing was asked");
    must(await house.client.call("approvals.answer", { approvalId: approval.id, answer: "allow" }));
    await until(() => state.began);
    must(await house.client.call("vault.lock", {}));
    const served: string[] = [];
    await pause(150);
    while (!state.ended) {
      for (const [who, client] of Object.entries({ local: house.client, remote })) {
        const read = await client.call("conversations.list", {});
        if (read.ok) served.push(`${who} read ${String(read.value.length)} conversations`);
        const wrote = await client.call("messages.send", {
          agentId: agent.id,
          content: "go on",
          conversationId: "new",
          wait: false,
        });
        if (wrote.ok) served.push(`${who} began a turn`);
      }
      await pause(50);
    }
    expect([...new Set(served)]).toEqual([]);
    await until(() => house.gateway.state() === "locked");
    must(await house.gateway.unlock({ passphrase: PASSPHRASE }));
    const done = must(await house.client.call("turns.get", { turnId: sent.turnId, wait: "true" }));
    expect(done.state).toBe("done");
    const events = must(await house.client.call("audit.list", { limit: 100 })).map(({ event }) => event);
    expect(events.filter((event) => event === "tool:intended")).toHaveLength(1);
    expect(events.filter((event) => event.startsWith("tool:") && event !== "tool:intended")).toHaveLength(1);
    expect(must(await house.client.call("audit.verify", {}))).toMatchObject({ ok: true });
  });
});

describe("the locked door", { timeout: 60_000 }, () => {
  it("tells a stranger nothing of the machine: no path, no name, no title", async () => {
    const house = await open({}, null);
    const [agent] = must(await house.client.call("agents.list", {}));
    must(
      await house.client.call("messages.send", {
        agentId: agent?.id ?? ("" as never), // there is one
        content: "the violet canary",
        conversationId: "new",
      }),
    );
    must(await house.gateway.lock("person"));
    const json = { "content-type": "application/json" };
    const answers: Answer[] = [];
    // One after the other: of several at once all but one are only told to wait.
    for (const body of [
      "{}",
      '{"passphrase":"x"}',
      '{"recoveryCode":"x"}',
      '{"passphrase":"x","recoveryCode":"y"}',
      "[]",
      "x",
    ])
      answers.push(await ask(house.gateway.url, "/v2/vault/unlock", { method: "POST", headers: json, body }));
    for (const path of [
      "/v2/vault/state",
      "/v2/status",
      "/v2/conversations",
      "/v2/openapi.json",
      "/v2/events",
      "/healthz",
      "/readyz",
    ])
      answers.push(await ask(house.gateway.url, path));
    const said = answers.map(({ text }) => text).join("\n");
    for (const secret of [
      house.place.root,
      house.keyFile,
      "moltbot.key",
      process.env["HOME"] ?? "/root",
      "violet",
      agent?.name,
    ])
      expect(said).not.toContain(secret);
    for (const { status } of answers) expect(status).not.toBe(500);
  });

  it("opens for no page of another site, whatever it calls itself", async () => {
    const house = await open();
    must(await house.gateway.lock("person"));
    const { port } = new URL(house.gateway.url);
    const own = `127.0.0.1:${port}`;
    const body = JSON.stringify({ passphrase: PASSPHRASE });
    const json = { "content-type": "application/json" };
    const tries: readonly Record<string, string>[] = [
      { ...json, origin: "https://evil.example" },
      { ...json, origin: "null" },
      { ...json, origin: `http://${own}.evil.example` },
      { ...json, origin: `http://127.0.0.1:${String(Number(port) + 1)}` },
      { ...json, origin: `http://localhost:${port}` },
      { ...json, "sec-fetch-site": "cross-site" },
      { ...json, "sec-fetch-site": "same-site" },
      { ...json, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      { ...json, host: "evil.example" },
      { ...json, host: `evil.example:${port}` },
      { ...json, host: `127.0.0.1.evil.example:${port}` },
      { ...json, host: "127.0.0.1" },
      { ...json, host: `evil.example:${port}`, "x-forwarded-host": own },
      { ...json, host: `evil.example:${port}`, origin: `http://evil.example:${port}` },
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "multipart/form-data; boundary=x" },
      {},
    ];
    for (const headers of tries) {
      const { status } = await ask(house.gateway.url, "/v2/vault/unlock", { method: "POST", headers, body });
      expect(status, JSON.stringify(headers)).toBeGreaterThanOrEqual(400);
      expect(house.gateway.state(), JSON.stringify(headers)).toBe("locked");
    }
    for (const method of ["GET", "PUT", "PATCH", "DELETE"]) {
      await ask(house.gateway.url, "/v2/vault/unlock", { method, headers: json, body });
      expect(house.gateway.state(), method).toBe("locked");
    }
  });

  it("lets nobody try more words by asking at once, by other headers or by another door", async () => {
    const house = await open();
    must(await house.gateway.lock("person"));
    const wrong = { method: "POST", body: JSON.stringify({ passphrase: "wrong" }) };
    const counts = new Map<string, number>();
    const count = (code: string): void => void counts.set(code, (counts.get(code) ?? 0) + 1);
    const codeIn = ({ text }: Answer): string => /"code":"(\w+)"/.exec(text)?.[1] ?? "none";
    const wrongs = (): number => counts.get("VAULT_PASSPHRASE_WRONG") ?? 0;
    const storm = async (round: number): Promise<void> => {
      const all = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          ask(house.gateway.url, "/v2/vault/unlock", {
            ...wrong,
            headers: {
              "content-type": "application/json",
              "x-forwarded-for": `10.0.${String(round)}.${String(at)}`,
              forwarded: `for=10.1.${String(round)}.${String(at)}`,
              "x-real-ip": `10.2.${String(round)}.${String(at)}`,
            },
          }),
        ),
      );
      for (const answer of all) count(codeIn(answer));
    };
    // How many of a storm the door's rate limit lets as far as the vault depends on how fast the machine is.
    let round = 0;
    for (; round < 80 && wrongs() < 5; round += 1) {
      await storm(round);
      if (counts.has("RATE_LIMITED")) await pause(100);
    }
    const fifth = performance.now();
    for (let after = 0; after < 6; after += 1) await storm(round + after);
    expect(wrongs()).toBeGreaterThanOrEqual(5);
    // The fifth wrong word costs two seconds, and each further one more.
    expect(wrongs()).toBeLessThanOrEqual(5 + Math.floor((performance.now() - fifth) / 2000));
    const told = new Set(["RATE_LIMITED", "VAULT_PASSPHRASE_WRONG", "VAULT_UNLOCK_LIMITED"]);
    expect([...counts.keys()].filter((code) => !told.has(code))).toEqual([]);
    // At the machine there is a count of its own, and not one more beside it.
    let local = 0;
    for (let at = 0; at < 8; at += 1)
      if (codeOf(await house.door.unlock({ recoveryCode: `wrong ${String(at)}` })) === "VAULT_RECOVERY_CODE_WRONG")
        local += 1;
    expect(local).toBe(5);
    expect(codeOf(await house.gateway.unlock({ passphrase: PASSPHRASE }))).toBe("VAULT_UNLOCK_LIMITED");
    expect(house.gateway.state()).toBe("locked");
  });

  it("opens one vault, however many bring the right word at once", async () => {
    const house = await open();
    must(await house.gateway.lock("person"));
    const right = { passphrase: PASSPHRASE };
    const remote = createVaultDoor(nodeTransport({ url: house.gateway.url, token: null }));
    const tried = await Promise.all([
      ...Array.from({ length: 6 }, () => remote.unlock(right)),
      ...Array.from({ length: 6 }, () => house.door.unlock(right)),
      house.gateway.unlock(right),
      house.gateway.unlock(right),
    ]);
    expect(tried.filter((result) => result.ok)).toHaveLength(1);
    await until(() => house.gateway.state() === "open");
    expect(must(await house.client.call("audit.verify", {}))).toMatchObject({ ok: true });
    const records = must(await house.client.call("audit.list", { limit: 50 }));
    expect(records.filter(({ event }) => event === "vault:unlocked")).toHaveLength(1);
  });
});
