/** What stands in an address: tokens in URLs, and addresses that make a client of ours talk to somebody else. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createClient, fetchTransport } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import { transportTo } from "../../../packages/cli/src/connection.ts";
import { mustRefuse } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { codeOf, startAttackHouse, startVictim } from "../../support/attack-house.ts";
import type { AttackHouse, Victim } from "../../support/attack-house.ts";
import { bearer, signIn, world } from "./visitor.ts";

/** A server of an attacker that keeps what it is told. */
const startThief = async (
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_, response) => void response.end("[]"),
) => {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.url ?? ""} ${request.headers.authorization ?? ""} ${request.headers.cookie ?? ""}`);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a path
  return {
    url: `http://127.0.0.1:${String(port)}`,
    heard,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
};

describe("advisories on addresses", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let token: string;
  let cookie: string;
  let victim: Victim;
  beforeAll(async () => {
    house = await startAttackHouse();
    victim = await startVictim();
    token = await house.tokenOf("owner");
    cookie = await signIn(house);
  }, 60_000);
  afterEach(() => void vi.unstubAllGlobals());
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
    await victim.close();
  });

  describe("token in URL: a credential that ends up in histories, logs and Referer headers", () => {
    const NAMES = [
      "token",
      "access_token",
      "Token",
      "auth",
      "authorization",
      "api_key",
      "password",
      "session",
      "refresh_token",
    ];
    const PATHS = ["/v2/agents", "/v2/events", "/v2/status", "/openai/v1/models", "/v2/tokens", "/v2/conversations"];
    it("opens nothing, on no path and under no name, and is told so", async () => {
      const before = await world(house);
      for (const path of PATHS)
        for (const name of NAMES) {
          const said = await house.http({ method: "GET", path: `${path}?${name}=${token}` });
          expect([400, 401], `${path} ${name} ${said.text}`).toContain(said.status);
          expect(said.text).not.toContain(token);
        }
      const stop = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
      expect((await house.http({ ...stop, path: `/v2/stop?token=${token}` })).status).toBe(400);
      for (const query of [`token=${token}`, `ticket=${token}`, `moltbot_session=${cookie.split("=")[1] ?? ""}`])
        expect([400, 401], query).toContain(
          (await mustRefuse({ port: house.port, path: `/v2/socket?${query}` })).status,
        );
      expect(await world(house)).toEqual(before);
    });

    it("is refused beside a good credential too, so that no client gets used to it", async () => {
      const said = await house.http({ method: "GET", path: `/v2/agents?token=${token}`, headers: bearer(token) });
      expect(said.status).toBe(400);
      expect(said.text).toContain("REQUEST_INVALID");
    });

    it("is in no log, and a sign-in link carries its code where no server sees it", async () => {
      const logs = join(house.place.home, "logs");
      const text = readdirSync(logs)
        .map((name) => readFileSync(join(logs, name), "utf8"))
        .join("\n");
      expect(text).not.toContain(token);
      const made = await house.client.call("links.create", {});
      const url = new URL(made.ok ? made.value.url : "");
      expect([url.search, url.hash.startsWith("#code=")]).toEqual(["", true]);
    });
  });

  describe("gateway URL switch: a link or a page that makes our client hand its token to another gateway", () => {
    it("changes nothing about the page: no parameter names a gateway, and the page may talk to its own origin alone", async () => {
      const thief = await startThief();
      const plain = await house.http({ method: "GET", path: "/" });
      for (const query of [
        `?gatewayUrl=${thief.url}`,
        `?gateway=${thief.url}`,
        `?url=${thief.url}&token=x`,
        `?ws=${thief.url}`,
      ]) {
        const lured = await house.http({ method: "GET", path: `/${query}` });
        expect(lured.text).toBe(plain.text);
      }
      const policy = String(plain.headers["content-security-policy"]);
      for (const rule of [
        "default-src 'none'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "script-src 'self'",
      ])
        expect(policy).toContain(rule);
      expect(thief.heard).toEqual([]);
      await thief.close();
    });

    it("is no business of the page's transport: it asks its own origin, and follows nobody away from it", async () => {
      const asked: [string, RequestInit | undefined][] = [];
      vi.stubGlobal(
        "location",
        new URL("http://127.0.0.1:18790/?gatewayUrl=http://evil.example#gatewayUrl=http://evil.example"),
      );
      vi.stubGlobal("fetch", async (url: string, init?: RequestInit) => {
        asked.push([url, init]);
        return new Response("[]");
      });
      await createClient({ transport: fetchTransport() }).call("agents.list", {});
      expect(asked[0]?.[0]).toBe("/v2/agents");
      expect(asked[0]?.[1]).toMatchObject({ redirect: "error", credentials: "same-origin" });
    });

    it("is not done by a redirect either, with any transport and any status", async () => {
      const thief = await startThief();
      for (const status of [301, 302, 303, 307, 308]) {
        const lure = await startThief(
          (request, response) =>
            void response.writeHead(status, { location: `${thief.url}${request.url ?? ""}` }).end(),
        );
        for (const transport of [nodeTransport({ url: lure.url, token }), fetchTransport({ origin: lure.url, token })])
          expect(codeOf(await createClient({ transport }).call("agents.list", {}))).not.toBe("ok");
        expect(lure.heard.length).toBeGreaterThan(0);
        await lure.close();
      }
      expect(thief.heard).toEqual([]);
      await thief.close();
    });

    it("unplug: a transport that follows where it is sent hands the token over", async () => {
      const thief = await startThief();
      const lure = await startThief(
        (_, response) => void response.writeHead(307, { location: `${thief.url}/v2/agents` }).end(),
      );
      const send = async (url: string): Promise<Response> => {
        const answer = await fetch(url, { headers: bearer(token), redirect: "manual" });
        const away = answer.headers.get("location");
        return away === null ? answer : send(away);
      };
      await send(`${lure.url}/v2/agents`);
      expect(thief.heard.join()).toContain(token);
      await lure.close();
      await thief.close();
    });

    it("does not follow the note that says where the gateway listens: the command line takes its socket, and no token goes along", async () => {
      const thief = await startThief();
      const home = mkdtempSync(join(tmpdir(), "moltbot-note-"));
      mkdirSync(join(home, "run"));
      writeFileSync(
        join(home, "run", "gateway.json"),
        JSON.stringify({ pid: 1, url: thief.url, gatewayUrl: thief.url }),
      );
      const environment = { MOLTBOT_HOME: home, MOLTBOT_TOKEN: token };
      const transport = transportTo(environment);
      expect(transport.address).toBe(join(home, "run", "gateway.sock"));
      expect(codeOf(await createClient({ transport }).call("agents.list", {}))).toBe("GATEWAY_UNREACHABLE");
      expect(thief.heard).toEqual([]);
      rmSync(home, { recursive: true });
      await thief.close();
    });

    it("is not done by an agent's tool: none takes the address of a gateway, and fetching reaches none of this machine", async () => {
      const urls = [
        house.gateway.url,
        `http://127.0.0.1:${String(victim.port)}/?gatewayUrl=x`,
        `ws://127.0.0.1:${String(victim.port)}/`,
      ];
      const { results, report } = await house.obey([
        urls.map((url) => ({
          tool: "web.fetch",
          arguments: { url, gatewayUrl: house.gateway.url, gatewayToken: token },
        })),
        urls.map((url) => ({ tool: "web.fetch", arguments: { url } })),
      ]);
      expect(report.approvals).toEqual([]);
      expect(results.filter(({ code }) => code === null || code === undefined)).toEqual([]);
      expect(new Set(results.map(({ code }) => code))).toEqual(
        new Set(["TOOL_ARGUMENTS_INVALID", "ADDRESS_REFUSED", "URL_INVALID"]),
      );
      expect(victim.hits()).toEqual([]);
    });
  });
});
