/** A device of somebody, as its owner lives with it: paired, at work, through restarts and lost answers, and ended. */
import { createClient, createDeviceKey, dpopTransport, pairDevice } from "@moltbot/client";
import type { Client, DeviceKeyPair } from "@moltbot/client";
import type { DeviceTokens, DomainEvent } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../support/must.ts";
import { scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { newPlace } from "../support/gateway-process.ts";

const webCrypto = globalThis.crypto;
const place = newPlace();
const fittings = { models: scriptedModels(() => ({ text: "hello from the house" })) };
let house: FittedGateway;
let keys: DeviceKeyPair;
let saved: DeviceTokens;

const deviceAt = (origin: string, tokens: DeviceTokens, now?: () => number): Client =>
  createClient({
    transport: dpopTransport({
      origin,
      keys,
      webCrypto,
      tokens,
      save: async (next) => {
        saved = next;
      },
      ...(now === undefined ? {} : { now }),
    }),
  });
const codeOf = (answer: { ok: boolean; error?: { code: string } }): string => answer.error?.code ?? "ok";
/** A proof from before the gateway began is none; the clock of proofs has whole seconds. */
const aSecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_100));

beforeAll(async () => {
  house = await startFittedGateway(fittings, place);
  keys = await createDeviceKey(webCrypto);
  await aSecond();
}, 60_000);
afterAll(async () => {
  await house.close();
  place.remove();
});

describe("a device", { timeout: 60_000 }, () => {
  it("is paired by a code, writes as its person, and hears what happens", async () => {
    const origin = house.gateway.url;
    const { code, url } = must(await house.client.call("devices.invite", {}));
    expect(url).toBe(`${origin}/#pair=${code}`);
    saved = must(await pairDevice({ origin, keys, webCrypto }, { code: code.toLowerCase(), name: "Ada's phone" }));
    expect(codeOf(await pairDevice({ origin, keys, webCrypto }, { code, name: "a second one" }))).toBe(
      "PAIRING_INVALID",
    );
    const device = deviceAt(origin, saved);
    const [agent] = must(await device.call("agents.list", {}));
    if (agent === undefined) throw new Error("there is no agent");
    const heard: DomainEvent[] = [];
    const leaving = new AbortController();
    const opened = Promise.withResolvers<void>();
    const listening = device.events((event) => heard.push(event), leaving.signal, {
      onState: (state) => state === "open" && opened.resolve(),
    });
    await opened.promise;
    const report = must(await device.call("messages.send", { agentId: agent.id, content: "hello" }));
    expect(JSON.stringify(report.reply)).toContain("hello from the house");
    leaving.abort();
    await listening;
    expect(heard.map(({ name }) => name)).toContain("message:received");
    expect(must(await device.call("devices.list", {}))).toMatchObject([{ id: saved.deviceId, name: "Ada's phone" }]);
  });

  it("comes back after the house was restarted, also when the answer to its refresh was lost in it", async () => {
    const before = saved;
    // So late that the access token must be replaced first; the house is told the truth by its own clock.
    const late = Date.parse(before.expiresAt) - 20_000;
    let now = late;
    const drifting = deviceAt(house.gateway.url, before, () => now);
    expect(codeOf(await drifting.call("agents.list", {}))).toBe("PROOF_INVALID");
    expect(saved).toBe(before);
    now = Date.now();

    const lost = createClient({
      transport: dpopTransport({
        origin: house.gateway.url,
        keys,
        webCrypto,
        tokens: { ...before, expiresAt: before.expiresAt.replace(/^\d{4}/, "2020") as DeviceTokens["expiresAt"] }, // long over
        save: async () => {
          throw new Error("the device dies before it has kept its new tokens");
        },
      }),
    });
    await expect(lost.call("agents.list", {})).rejects.toThrow("the device dies");
    await house.close();
    house = await startFittedGateway(fittings, place);
    await aSecond();
    const over = { ...before, expiresAt: before.expiresAt.replace(/^\d{4}/, "2020") as DeviceTokens["expiresAt"] }; // long over
    const again = deviceAt(house.gateway.url, over);
    expect(codeOf(await again.call("agents.list", {}))).toBe("ok");
    expect(saved.refreshToken).not.toBe(before.refreshToken);
  });

  it("is ended within a second wherever it is: requests, its stream and its socket's ticket", async () => {
    const device = deviceAt(house.gateway.url, saved);
    const opened = Promise.withResolvers<void>();
    const listening = device.events(() => undefined, new AbortController().signal, {
      onState: (state) => state === "open" && opened.resolve(),
    });
    await opened.promise;
    const { ticket } = must(await device.call("sessions.ticket", {}));
    const began = performance.now();
    must(await house.client.call("devices.revoke", { deviceId: saved.deviceId }));
    expect(codeOf(await device.call("agents.list", {}))).toBe("TOKEN_INVALID");
    const late = await fetch(`${house.gateway.url}/v2/events?ticket=${ticket}`);
    expect(late.status).toBe(401);
    expect(codeOf(await listening)).not.toBe("ok");
    expect(performance.now() - began).toBeLessThan(1_500);
    const over = { ...saved, expiresAt: saved.expiresAt.replace(/^\d{4}/, "2020") as DeviceTokens["expiresAt"] }; // long over
    expect(codeOf(await deviceAt(house.gateway.url, over).call("agents.list", {}))).toBe("REFRESH_INVALID");
    expect(must(await house.client.call("devices.list", {}))[0]?.revokedAt).not.toBeNull();
    const records = must(await house.client.call("audit.list", { limit: 50 }));
    expect(records.map(({ event }) => event)).toEqual(expect.arrayContaining(["device:paired", "device:revoked"]));
  });
});
