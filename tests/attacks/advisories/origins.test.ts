/** Where a request comes from: WebSocket hijack, DNS rebinding, addresses and schemes that a request claims for itself. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";
import { mustOpen, mustRefuse, openSocket } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { startServer } from "../../../packages/ingress/src/http/testing/start-server.ts";
import type { TestServer, Wish } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { startAttackHouse } from "../../support/attack-house.ts";
import type { AttackHouse } from "../../support/attack-house.ts";
import { signIn, world } from "./visitor.ts";

describe("advisories on where a request comes from", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let cookie: string;
  let weak: TestServer | undefined;
  beforeAll(async () => {
    house = await startAttackHouse();
    cookie = await signIn(house);
  }, 60_000);
  afterEach(async () => {
    await weak?.server.close();
    weak = undefined;
  });
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });
  /** The listener without one of its checks, and a handler that notes what got through. */
  const unplugged = async (wish: Wish): Promise<TestServer> => {
    weak = await startServer({
      ...wish,
      handlers: { "agents.list": async () => ok([]), ...wish.handlers },
    });
    return weak;
  };

  describe("WebSocket hijack: another site's page opens the gateway's socket with the owner's cookie", () => {
    const origins = (port: number): readonly string[] => [
      "https://evil.example",
      "null",
      `http://localhost:${String(port)}`,
      `https://127.0.0.1:${String(port)}`,
      `http://127.0.0.1:${String(port)}.evil.example`,
      "http://127.0.0.1:1",
    ];
    it("gets no socket, from any origin, nor with no word of where from", async () => {
      const before = await world(house);
      for (const origin of origins(house.port))
        expect((await mustRefuse({ port: house.port, headers: { cookie, origin } })).status, origin).toBe(403);
      expect((await mustRefuse({ port: house.port, headers: { cookie } })).status).toBe(403);
      expect((await mustRefuse({ port: house.port, headers: { cookie, "sec-fetch-site": "cross-site" } })).status).toBe(
        403,
      );
      const own = await mustOpen({ port: house.port, headers: { cookie, origin: house.gateway.url } });
      expect((await own.ask("1", "sessions.current")).ok).toBe(true);
      own.leave();
      expect(await world(house)).toEqual(before);
    });

    it("unplug the Origin check: the page speaks as the owner", async () => {
      const open = await unplugged({ controls: { originAllowed: () => true } });
      const page = { cookie: "moltbot_session=good-cookie", origin: "https://evil.example" };
      const socket = await mustOpen({ port: open.port, headers: page });
      expect((await socket.ask("1", "system.stop")).ok).toBe(true);
      expect(open.called.map(({ name }) => name)).toEqual(["system.stop"]);
      socket.leave();
    });
  });

  describe("DNS rebinding: a page whose own name was pointed at this machine", () => {
    const rebound = (port: number, name: string): Readonly<Record<string, string>> => ({
      cookie: "",
      host: `${name}:${String(port)}`,
      origin: `http://${name}:${String(port)}`,
      "sec-fetch-site": "same-origin",
    });
    it("reads nothing, changes nothing and opens no socket under any name that is not the gateway's", async () => {
      const before = await world(house);
      for (const name of [
        "evil.example",
        "127.0.0.1.nip.example",
        "localhost.evil.example",
        "0.0.0.0",
        "moltbot.local",
      ]) {
        const headers = { ...rebound(house.port, name), cookie };
        for (const path of ["/v2/agents", "/", "/signin", "/healthz", "/v2/vault/state", "/openai/v1/models"])
          expect((await house.http({ method: "GET", path, headers })).status, `${name} ${path}`).toBe(421);
        expect(
          (
            await house.http({
              method: "POST",
              path: "/v2/stop",
              headers: { ...headers, "content-type": "application/json" },
              body: "{}",
            })
          ).status,
        ).toBe(421);
        expect((await mustRefuse({ port: house.port, headers })).status).toBe(421);
      }
      expect(await world(house)).toEqual(before);
    });

    it("unplug the Host check: the rebound page is the gateway's own page", async () => {
      const open = await unplugged({ controls: { hostAllowed: () => true } });
      const headers = { ...rebound(open.port, "evil.example"), cookie: "moltbot_session=good-cookie" };
      const socket = await openSocket({ port: open.port, headers });
      expect("status" in socket).toBe(false);
      if (!("status" in socket)) socket.leave();
    });
  });

  describe("X-Forwarded-For: a request says itself where it comes from", () => {
    const claims = (index: number): Readonly<Record<string, string>> => ({
      "x-forwarded-for": `10.0.${String(index)}.1`,
      "x-real-ip": `10.0.${String(index)}.1`,
      "x-client-ip": "127.0.0.1",
      forwarded: `for=10.0.${String(index)}.1;proto=https;host=localhost`,
      "x-forwarded-proto": "https",
      "x-forwarded-host": "localhost",
    });
    /** Guesses, each from another address by its own word, until it is told to wait. */
    const guess = async (from: string): Promise<number> => {
      for (let index = 0; index < 30; index += 1) {
        const headers = { ...claims(index), authorization: `Bearer mb_${String(index).padStart(43, "x")}` };
        const { text } = await house.http({ method: "GET", path: "/v2/agents", headers, from });
        if (text.includes("LOCKED_OUT")) return index;
      }
      return Infinity;
    };

    it("is counted by its real address all the same, and this machine's own counts as any other", async () => {
      expect(await guess("127.0.0.7")).toBeLessThanOrEqual(10);
      expect(await guess("127.0.0.8")).toBeLessThanOrEqual(10);
      // The owner is not locked out: not on the socket, not in the browser that is signed in.
      expect((await house.client.call("agents.list", {})).ok).toBe(true);
      expect((await house.http({ method: "GET", path: "/v2/agents", headers: { cookie } })).status).toBe(200);
    });

    it("gets neither a local owner's rights nor a cookie for https by what it says", async () => {
      const from = "127.0.0.9";
      expect((await house.http({ method: "GET", path: "/v2/agents", headers: claims(1), from })).status).toBe(401);
      const origin = `https://127.0.0.1:${String(house.port)}`;
      const headers = { ...claims(1), cookie, origin, "content-type": "application/json" };
      expect((await house.http({ method: "POST", path: "/v2/stop", headers, body: "{}", from })).status).toBe(403);
    });

    it("unplug: where everybody is believed to be a proxy, each guess comes from somewhere else", async () => {
      const counted = async (proxies: readonly string[]): Promise<number> => {
        const open = await unplugged({ proxies });
        const ask = async (index: number): Promise<void> => {
          const headers = { ...claims(index), authorization: "Bearer wrong" };
          await fetch(`http://127.0.0.1:${String(open.port)}/v2/agents`, { headers });
        };
        for (let index = 0; index < 10; index += 1) await ask(index);
        await open.server.close();
        return new Set(open.identity.addresses).size;
      };
      expect(await counted([])).toBe(1);
      expect(await counted(["0.0.0.0/0"])).toBe(10);
    });
  });
});
