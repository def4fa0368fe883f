/** Skipped device check: whoever holds what a device sent, without its key, or asks for it without being one. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { instantOf } from "@moltbot/contracts";
import type { DeviceTokens } from "@moltbot/contracts";
import { ok } from "@moltbot/contracts";
import { createDevice } from "../../../packages/ingress/src/identity/testing/device.ts";
import type { ProofWish, TestDevice } from "../../../packages/ingress/src/identity/testing/device.ts";
import { mustRefuse, openSocket } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { OWNER, shown } from "../../../packages/ingress/src/http/testing/sample.ts";
import { followStream, startServer } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { must, startAttackHouse } from "../../support/attack-house.ts";
import type { Answer, AttackHouse } from "../../support/attack-house.ts";
import { bearer, world } from "./visitor.ts";

const CLOCK = { now: () => instantOf(Date.now()) };
const JSON_BODY = { "content-type": "application/json" };

describe("advisories on devices", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let phone: TestDevice;
  let thief: TestDevice;
  let held: DeviceTokens;
  const proofOf = async (
    device: TestDevice,
    method: string,
    path: string,
    token: string | null,
    wish: ProofWish = {},
  ): Promise<string> => {
    const claims = { htu: `${house.gateway.url}${path}`, ...wish.claims };
    return (await device.proof(method, path, token, { ...wish, claims })).proof;
  };
  const ask = (path: string, headers: Readonly<Record<string, string>>, method = "GET"): Promise<Answer> =>
    house.http({
      method,
      path,
      headers: method === "GET" ? headers : { ...JSON_BODY, ...headers },
      ...(method === "GET" ? {} : { body: "{}" }),
    });
  const asDevice = async (device: TestDevice, path: string, token: string, wish?: ProofWish): Promise<Answer> =>
    ask(path, { authorization: `DPoP ${token}`, dpop: await proofOf(device, "GET", path, token, wish) });
  const pairWith = async (device: TestDevice, code: string, dpop?: string): Promise<Answer> =>
    house.http({
      method: "POST",
      path: "/v2/devices",
      headers: { ...JSON_BODY, ...(dpop === undefined ? {} : { dpop }) },
      body: JSON.stringify({ code, name: "phone", key: device.key }),
    });
  const refreshWith = async (device: TestDevice, refreshToken: string): Promise<Answer> =>
    house.http({
      method: "POST",
      path: "/v2/devices/token",
      headers: { ...JSON_BODY, dpop: await proofOf(device, "POST", "/v2/devices/token", null) },
      body: JSON.stringify({ refreshToken }),
    });
  const pairAnew = async (device: TestDevice): Promise<DeviceTokens> => {
    const { code } = must(await house.client.call("devices.invite", {}));
    const answer = await pairWith(device, code, await proofOf(device, "POST", "/v2/devices", null));
    expect(answer.status).toBe(201);
    return JSON.parse(answer.text) as DeviceTokens; // its own answer
  };

  beforeAll(async () => {
    house = await startAttackHouse();
    // A proof from before the gateway began, to the second, is none.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    phone = await createDevice(CLOCK);
    thief = await createDevice(CLOCK);
    held = await pairAnew(phone);
    expect((await asDevice(phone, "/v2/agents", held.accessToken)).status).toBe(200);
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });

  it("does not take an access token without the key it was made for, in any way it can be sent", async () => {
    const before = await world(house);
    const { accessToken } = held;
    for (const headers of [
      bearer(accessToken),
      { authorization: `DPoP ${accessToken}` },
      { authorization: `DPoP ${accessToken}`, dpop: "" },
      { authorization: `DPoP ${accessToken}`, dpop: accessToken },
      { authorization: `DPoP ${accessToken}`, dpop: await proofOf(thief, "GET", "/v2/agents", accessToken) },
      { authorization: `Bearer ${accessToken}`, dpop: await proofOf(phone, "GET", "/v2/agents", accessToken) },
      { cookie: `moltbot_session=${accessToken}` },
      { "x-device-id": held.deviceId, "x-device-token": accessToken },
    ])
      expect([400, 401, 429], JSON.stringify(headers).slice(0, 60)).toContain(
        (await ask("/v2/agents", headers)).status,
      );
    for (const headers of [bearer(accessToken), { authorization: `DPoP ${accessToken}` }])
      expect([401, 429]).toContain((await mustRefuse({ port: house.port, headers })).status);
    expect(await world(house)).toEqual(before);
  });

  it("does not take a proof that was made for another request, another token, another time, or used before", async () => {
    const { accessToken } = held;
    const wrong: readonly ProofWish[] = [
      { claims: { htm: "POST" } },
      { claims: { htu: `${house.gateway.url}/v2/tokens` } },
      { claims: { htu: "https://evil.example/v2/agents" } },
      { claims: { ath: "AAAA" } },
      { claims: { iat: Math.floor(Date.now() / 1000) - 120 } },
      { claims: { iat: Math.floor(Date.now() / 1000) + 120 } },
      { header: { typ: "JWT" } },
      { header: { alg: "HS256" }, signer: new Uint8Array(32) },
    ];
    for (const wish of wrong)
      expect((await asDevice(phone, "/v2/agents", accessToken, wish)).status, JSON.stringify(wish)).toBe(401);
    const headers = {
      authorization: `DPoP ${accessToken}`,
      dpop: await proofOf(phone, "GET", "/v2/agents", accessToken),
    };
    expect((await ask("/v2/agents", headers)).status).toBe(200);
    const again = await ask("/v2/agents", headers);
    expect([again.status, again.text.includes("PROOF_REPLAYED")]).toEqual([401, true]);
    const refusals = must(await house.client.call("audit.list", { limit: 200 })).filter(
      ({ event }) => event === "proof:refused",
    );
    expect(refusals.length).toBeGreaterThan(0);
  });

  it("pairs nobody who has no code, no key or somebody else's, and no code twice", async () => {
    const before = await world(house);
    const { code } = must(await house.client.call("devices.invite", {}));
    expect((await pairWith(thief, code)).status).toBe(401);
    expect((await pairWith(thief, code, await proofOf(phone, "POST", "/v2/devices", null))).status).toBe(401);
    expect((await pairWith(thief, "AAAA-AAAA", await proofOf(thief, "POST", "/v2/devices", null))).status).toBe(401);
    expect((await world(house)).devices).toEqual(before.devices);
    expect((await pairWith(phone, code, await proofOf(phone, "POST", "/v2/devices", null))).status).toBe(201);
    expect((await pairWith(thief, code, await proofOf(thief, "POST", "/v2/devices", null))).status).toBe(401);
  });

  it("gives no new tokens for a stolen refresh token, ends the device when one comes twice, and writes it down", async () => {
    const fresh = await pairAnew(phone);
    const stolen = await refreshWith(thief, fresh.refreshToken);
    expect(stolen.status).toBe(401);
    const first = await refreshWith(phone, fresh.refreshToken);
    expect(first.status).toBe(200);
    const next = JSON.parse(first.text) as DeviceTokens; // its own answer
    const second = await refreshWith(phone, next.refreshToken);
    expect(second.status).toBe(200);
    // The first one is two behind: only a copy comes now.
    const reused = await refreshWith(thief, fresh.refreshToken);
    expect([reused.status, reused.text.includes("REFRESH_REUSED")]).toEqual([401, true]);
    const last = JSON.parse(second.text) as DeviceTokens; // its own answer
    expect((await refreshWith(phone, last.refreshToken)).status).toBe(401);
    expect((await asDevice(phone, "/v2/agents", last.accessToken)).status).toBe(401);
    const events = must(await house.client.call("audit.list", { limit: 200 })).map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(["device:reused", "refresh:refused"]));
  });

  it("opens a stream by a ticket once, and nothing by a ticket of yesterday's device", async () => {
    const fresh = await pairAnew(phone);
    const ticketOf = async (): Promise<string> => {
      const path = "/v2/tickets";
      const dpop = await proofOf(phone, "POST", path, fresh.accessToken);
      const answer = await ask(path, { authorization: `DPoP ${fresh.accessToken}`, dpop }, "POST");
      expect(answer.status).toBe(201);
      return (JSON.parse(answer.text) as { ticket: string }).ticket; // its own answer
    };
    const ticket = await ticketOf();
    const stream = await followStream(house.port, `/v2/events?ticket=${ticket}`, {});
    expect(stream.status).toBe(200);
    expect((await ask(`/v2/events?ticket=${ticket}`, {})).status).toBe(401);
    expect((await ask(`/v2/agents?ticket=${await ticketOf()}`, {})).status).toBe(401);
    const unused = await ticketOf();
    must(await house.client.call("devices.revoke", { deviceId: fresh.deviceId }));
    const began = performance.now();
    await stream.ended;
    expect(performance.now() - began).toBeLessThan(1_000);
    expect((await ask(`/v2/events?ticket=${unused}`, {})).status).toBe(401);
    expect((await asDevice(phone, "/v2/agents", fresh.accessToken)).status).toBe(401);
  });

  it("unplug: where the proof is not looked at, a copied access token is enough", async () => {
    const comesIn = async (looks: boolean): Promise<boolean> => {
      const server = await startServer();
      const real = server.identity.byDevice.bind(server.identity);
      server.identity.byDevice = async (...given) => (looks ? real(...given) : ok(shown(OWNER, "device")));
      const headers = { authorization: `DPoP ${held.accessToken}`, dpop: "copied along" };
      const opened = await openSocket({ port: server.port, headers });
      if (!("status" in opened)) opened.leave();
      await server.server.close();
      return !("status" in opened);
    };
    expect(await comesIn(true)).toBe(false);
    expect(await comesIn(false)).toBe(true);
  });
});
