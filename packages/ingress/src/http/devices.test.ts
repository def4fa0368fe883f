import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OPERATION_NAMES, OPERATIONS, covers, ok } from "@moltbot/contracts";
import type { IdentityPort } from "@moltbot/contracts";
import { ENDS_HERE } from "./call-operation.ts";
import { mustOpen, mustRefuse, openSocket } from "./testing/open-socket.ts";
import { OWNER, nextId, sent, shown } from "./testing/sample.ts";
import { ask, bearer, followStream, startServer } from "./testing/start-server.ts";
import type { Answer, Ask, TestServer } from "./testing/start-server.ts";

let running: TestServer;
beforeAll(async () => {
  running = await startServer();
});
afterAll(async () => running.server.close());
const to = (wish: Ask): Promise<Answer> => ask({ port: running.port, ...wish });
const device = { authorization: "DPoP device-token", dpop: "good-proof" };
const ticketFor = async (headers: Readonly<Record<string, string>>): Promise<string> => {
  const made = await to({ method: "POST", path: "/v2/tickets", headers, body: "{}" });
  expect(made.status).toBe(201);
  return String(made.json["ticket"]);
};

describe("a device's request", () => {
  it("is served with its proof, which is held against this method at this address", async () => {
    expect((await to({ path: "/v2/agents?x=", headers: device })).status).toBe(400);
    const answer = await to({ path: "/v2/agents", headers: device });
    expect(answer.status).toBe(200);
    const called = running.called.at(-1);
    expect(called?.context).toMatchObject({
      surface: "device",
      principal: OWNER,
      proof: { kind: "device", strong: true },
    });
    expect(running.identity.asked.at(-1)).toEqual({
      proof: "good-proof",
      method: "GET",
      url: `http://127.0.0.1:${running.port}/v2/agents`,
    });
  });

  it.each([
    ["no proof", { authorization: "DPoP device-token" }, "PROOF_INVALID"],
    ["a wrong proof", { ...device, dpop: "another" }, "PROOF_INVALID"],
    ["two proofs", { ...device, dpop: ["good-proof", "good-proof"] }, "REQUEST_INVALID"],
    ["its access token as a bearer's", bearer("device-token"), "TOKEN_INVALID"],
    ["a cookie beside it", { ...device, cookie: "moltbot_session=good-cookie" }, "REQUEST_INVALID"],
  ] as const)("with %s is refused", async (_, headers, code) => {
    const before = running.called.length;
    expect((await to({ path: "/v2/agents", headers })).json["code"]).toBe(code);
    expect(running.called.length).toBe(before);
  });

  it("pairs and refreshes without a credential, with a proof alone", async () => {
    const key = { kty: "OKP", crv: "Ed25519", x: "A".repeat(43) };
    const pairing = {
      method: "POST",
      path: "/v2/devices",
      body: JSON.stringify({ code: "ABCD-EFGH", name: "x", key }),
    };
    expect((await to({ ...pairing, headers: { dpop: "p" } })).status).toBe(201);
    expect(running.identity.asked.at(-1)).toMatchObject({
      method: "POST",
      url: `http://127.0.0.1:${running.port}/v2/devices`,
    });
    expect((await to(pairing)).json["code"]).toBe("PROOF_INVALID");
    const refresh = {
      method: "POST",
      path: "/v2/devices/token",
      body: '{"refreshToken":"a-refresh-token-good-once"}',
    };
    expect((await to({ ...refresh, headers: { dpop: "p" } })).status).toBe(200);
    expect((await to(refresh)).json["code"]).toBe("PROOF_INVALID");
    const withPrivate = JSON.stringify({ code: "ABCD-EFGH", name: "x", key: { ...key, d: "A".repeat(43) } });
    expect((await to({ ...pairing, body: withPrivate, headers: { dpop: "p" } })).status).toBe(400);
  });
});

describe("a ticket", () => {
  it("opens one socket for whoever made it, once, and no other request", async () => {
    const ticket = await ticketFor(device);
    expect((await to({ path: `/v2/agents?ticket=${ticket}` })).json["code"]).toBe("NOT_SIGNED_IN");
    const socket = await mustOpen({ port: running.port, path: `/v2/socket?ticket=${ticket}` });
    expect((await socket.ask("1", "agents.list")).ok).toBe(true);
    expect(running.called.at(-1)?.context).toMatchObject({ surface: "device", principal: OWNER });
    expect(await mustRefuse({ port: running.port, path: `/v2/socket?ticket=${ticket}` })).toMatchObject({
      status: 401,
      json: { code: "TICKET_INVALID" },
    });
    socket.leave();
  });

  it("opens one event stream", async () => {
    const ticket = await ticketFor(device);
    const stream = await followStream(running.port, `/v2/events?ticket=${ticket}`, {});
    running.bus.push(sent("for the owner"));
    await stream.until("for the owner");
    expect((await followStream(running.port, `/v2/events?ticket=${ticket}`, {})).status).toBe(401);
    stream.leave();
  });

  it("does not stand beside another credential, nor twice", async () => {
    const ticket = await ticketFor(device);
    for (const wish of [
      { path: `/v2/events?ticket=${ticket}`, headers: bearer("owner-token") },
      { path: `/v2/events?ticket=${ticket}&ticket=${ticket}`, headers: {} },
    ])
      expect((await to(wish)).json["code"]).toBe("REQUEST_INVALID");
  });

  it("opens nothing that lives on when what made it ends, on socket and stream, within a second", async () => {
    const own = await startServer();
    const made = await Promise.all(
      [1, 2].map(() => ask({ port: own.port, method: "POST", path: "/v2/tickets", headers: device, body: "{}" })),
    );
    const [first, second] = made.map(({ json }) => String(json["ticket"]));
    const socket = await mustOpen({ port: own.port, path: `/v2/socket?ticket=${first}` });
    const stream = await followStream(own.port, `/v2/events?ticket=${second}`, {});
    await stream.until(": open");
    const began = Date.now();
    own.identity.revoked.add("device-token");
    const asked = await socket.ask("1", "messages.send", { agentId: nextId(), content: "attack" });
    expect(asked.error?.["code"]).toBe("NOT_SIGNED_IN");
    await Promise.all([socket.closed, stream.ended]);
    expect(Date.now() - began).toBeLessThan(1_500);
    expect(own.called).toEqual([]);
    await own.server.close();
  });
});

describe("a WebSocket that another page or a finder of an address opens", () => {
  it("is refused without a ticket, with an old one and with a made-up one", async () => {
    const before = running.called.length;
    const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    const used = await ticketFor(device);
    (await mustOpen({ port: running.port, path: `/v2/socket?ticket=${used}` })).leave();
    for (const wish of [
      { path: "/v2/socket", headers: {} },
      { path: "/v2/socket", headers: { ...evil, cookie: "moltbot_session=good-cookie" } },
      { path: `/v2/socket?ticket=${used}`, headers: {} },
      { path: "/v2/socket?ticket=made-up", headers: {} },
      { path: "/v2/socket?token=device-token", headers: {} },
    ])
      expect((await mustRefuse({ port: running.port, ...wish })).status).toBeGreaterThanOrEqual(400);
    expect(running.called.length).toBe(before);
  });

  it("unplug: with tickets that are good for ever, whoever finds the address is inside", async () => {
    const own = await startServer();
    const attack = async (): Promise<boolean> => {
      const made = await ask({ port: own.port, method: "POST", path: "/v2/tickets", headers: device, body: "{}" });
      const path = `/v2/socket?ticket=${String(made.json["ticket"])}`;
      (await mustOpen({ port: own.port, path })).leave();
      const second = await openSocket({ port: own.port, path });
      if ("status" in second) return false;
      const answer = await second.ask("1", "messages.send", { agentId: nextId(), content: "attack" });
      second.leave();
      return answer.ok === true;
    };
    expect(await attack()).toBe(false);
    expect(own.called).toEqual([]);
    const careless: IdentityPort = own.identity;
    const who = shown(OWNER, "device");
    Object.assign(careless, { byTicket: async () => ok(who), stillGood: async () => ok(undefined) });
    expect(await attack()).toBe(true);
    expect(own.called.map(({ name }) => name)).toEqual(["messages.send"]);
    await own.server.close();
  });
});

describe("the scopes of a token", () => {
  const scopes = ["agents.*", "events.stream"];
  const reading = bearer("reading-token");
  const sending = bearer("sending-token");

  it("are the only operations it reaches, over HTTP and the socket, whatever its role may", async () => {
    const socket = await mustOpen({ port: running.port, headers: reading });
    for (const name of OPERATION_NAMES.filter((one) => !ENDS_HERE.some((here) => here === one))) {
      const { method, path } = OPERATIONS[name];
      const before = running.called.length;
      const address = path.replace("{name}", "a-secret").replace(/\{\w+\}/g, nextId());
      const inQuery = method === "GET" || method === "DELETE";
      const over = await to({ method, path: address, headers: reading, ...(inQuery ? {} : { body: "{}" }) });
      const frame = await socket.ask(name, name, {});
      const refused = [over.json["code"], frame.error?.["code"]].map((code) => code === "SCOPE_INSUFFICIENT");
      expect([name, ...refused]).toEqual([name, !covers(scopes, name), !covers(scopes, name)]);
      if (!covers(scopes, name)) expect(running.called.length).toBe(before);
    }
    socket.leave();
  });

  it("count for event streams too, and for tickets that are made with it", async () => {
    expect((await to({ path: "/v2/events", headers: sending })).json["code"]).toBe("SCOPE_INSUFFICIENT");
    const socket = await mustOpen({ port: running.port, headers: sending });
    expect((await socket.ask("1", "events.subscribe")).error?.["code"]).toBe("SCOPE_INSUFFICIENT");
    socket.leave();
    expect((await to({ method: "POST", path: "/v2/tickets", headers: sending, body: "{}" })).json["code"]).toBe(
      "SCOPE_INSUFFICIENT",
    );
    const stream = await followStream(running.port, "/v2/events", reading);
    expect(stream.status).toBe(200);
    stream.leave();
  });

  it("come from our records alone: what a request says of itself changes nothing", async () => {
    const before = running.called.length;
    for (const headers of [
      { ...sending, "x-moltbot-scopes": "*", "x-scopes": "operator.admin", scope: "*" },
      { ...sending, "x-role": "owner" },
    ])
      expect((await to({ path: "/v2/agents", headers })).json["code"]).toBe("SCOPE_INSUFFICIENT");
    expect((await to({ path: "/v2/agents?scopes=*", headers: sending })).status).toBe(403);
    const socket = await mustOpen({ port: running.port, headers: { ...sending, "sec-websocket-protocol": "admin" } });
    socket.say({ id: "1", operation: "agents.list", input: {}, scopes: ["*"] });
    socket.say({ id: "2", operation: "agents.list", input: { scopes: ["*"] } });
    expect((await socket.answer("2")).error?.["code"]).toBe("SCOPE_INSUFFICIENT");
    expect(running.called.length).toBe(before);
    socket.leave();
  });

  it("unplug: with an identity that forgets them, the token reaches everything", async () => {
    const own = await startServer();
    const attack = async (): Promise<number> =>
      (await ask({ port: own.port, path: "/v2/agents", headers: sending })).status;
    expect(await attack()).toBe(403);
    expect(own.called).toEqual([]);
    own.identity.byToken = async () => ok(shown(OWNER, "token"));
    expect(await attack()).toBe(200);
    expect(own.called.map(({ name }) => name)).toEqual(["agents.list"]);
    await own.server.close();
  });

  it("leave the integrity of its words for the handler to see", async () => {
    await to({ path: "/v2/agents", headers: bearer("untrusted-token") });
    expect(running.called.at(-1)?.context.proof?.integrity).toBe("untrusted");
  });
});
