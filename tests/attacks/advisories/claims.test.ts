/** What a caller says of itself: scopes and roles in headers, bodies and frames, rights made by rotation, settings changed by an agent. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Identified } from "@moltbot/contracts";
import { mustOpen } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { shown, OWNER } from "../../../packages/ingress/src/http/testing/sample.ts";
import { startServer } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { codeOf, must, startAttackHouse } from "../../support/attack-house.ts";
import type { AttackHouse } from "../../support/attack-house.ts";
import { bearer, world } from "./visitor.ts";

const CLAIMS: Readonly<Record<string, string>> = {
  "x-openclaw-scopes": "operator.admin",
  "x-moltbot-scopes": "*",
  "x-scopes": "operator.admin,*",
  "x-role": "owner",
  "x-user": "owner",
  "x-principal": "owner",
  "x-device-id": "trusted",
  "x-forwarded-user": "owner",
  "x-auth-request-user": "owner",
  "x-remote-user": "owner",
};
const JSON_BODY = { "content-type": "application/json" };

describe("advisories on what a caller says of itself", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  let viewer: string;
  let member: string;
  /** A token that is for reading agents alone, though its role may everything. */
  let scoped: string;
  beforeAll(async () => {
    house = await startAttackHouse();
    viewer = await house.tokenOf("viewer");
    member = await house.tokenOf("member");
    const wish = { name: "reader", role: "owner", scopes: ["agents.list"] } as const;
    scoped = must(await house.client.call("tokens.create", { ...wish, scopes: [...wish.scopes] })).token;
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });
  const post = (token: string, path: string, body: unknown, method = "POST") =>
    house.http({
      method,
      path,
      headers: { ...bearer(token), ...CLAIMS, ...JSON_BODY },
      body: JSON.stringify(body),
    });

  describe("self-declared scopes: the client says what it may", () => {
    it("may what its record says, whatever headers and bodies claim", async () => {
      const before = await world(house);
      const more = { scopes: ["*"], role: "owner", principal: "owner", device: null };
      for (const token of [viewer, scoped]) {
        for (const [method, path, body] of [
          ["POST", "/v2/agents", { name: "mole" }],
          ["PUT", "/v2/policy", { text: "" }],
          ["PATCH", "/v2/config", { key: "approvals.ask", value: false }],
          ["POST", "/v2/tokens", { name: "mole", role: "viewer" }],
        ] as const) {
          expect((await post(token, path, body, method)).status, path).toBe(403);
          expect([400, 403], path).toContain((await post(token, path, { ...body, ...more }, method)).status);
        }
      }
      expect(
        (await house.http({ method: "GET", path: "/v2/agents", headers: { ...bearer(scoped), ...CLAIMS } })).status,
      ).toBe(200);
      expect((await house.http({ method: "GET", path: "/v2/agents", headers: CLAIMS })).status).toBe(401);
      expect(await world(house)).toEqual(before);
    });

    it("may no more on a socket, whatever its first frame declares", async () => {
      const before = await world(house);
      for (const token of [viewer, scoped]) {
        const socket = await mustOpen({ port: house.port, headers: { ...bearer(token), ...CLAIMS } });
        socket.say({ type: "connect", role: "operator", scopes: ["operator.admin"], auth: { token } });
        const asked = { id: "1", operation: "agents.create", input: { name: "mole" } };
        socket.say({ ...asked, scopes: ["*"], role: "owner" });
        expect((await socket.ask("2", "agents.create", { name: "mole" })).error?.["code"]).toMatch(
          /^(ROLE|SCOPE)_INSUFFICIENT$/,
        );
        socket.leave();
      }
      expect(await world(house)).toEqual(before);
    });

    it("unplug: where the record's scopes are not kept, the narrow token does it all", async () => {
      const tryWith = async (scopes: readonly string[] | null): Promise<boolean> => {
        const server = await startServer();
        server.identity.byToken = async () => ok(shown(OWNER, "token", { scopes }));
        const answer = await fetch(`${server.url}/v2/agents`, {
          method: "POST",
          headers: { ...bearer("x"), ...JSON_BODY },
          body: '{"name":"mole"}',
        });
        await server.server.close();
        return answer.ok && server.called.some(({ name }) => name === "agents.create");
      };
      expect(await tryWith(["agents.list"])).toBe(false);
      expect(await tryWith(null)).toBe(true);
    });
  });

  describe("role minting by rotation: a weak credential makes itself a strong one", () => {
    it("makes none with more role, wider scopes or better words than its own, nor a link or a device that has them", async () => {
      const before = await world(house);
      const memberClient = house.clientOf(member);
      for (const role of ["owner", "admin"] as const)
        expect(codeOf(await memberClient.call("tokens.create", { name: "mole", role }))).toBe("ROLE_INSUFFICIENT");
      for (const client of [memberClient, house.clientOf(scoped), house.clientOf(viewer)])
        for (const name of ["links.create", "devices.invite"] as const)
          expect(["SCOPE_INSUFFICIENT", "ROLE_INSUFFICIENT"]).toContain(codeOf(await client.call(name, {})));
      expect(await world(house)).toEqual(before);
    });

    it("makes none without scopes out of one that has some", async () => {
      const wish = { name: "maker", role: "owner", scopes: ["tokens.*"] } as const;
      const made = must(await house.client.call("tokens.create", { ...wish, scopes: [...wish.scopes] }));
      const maker = house.clientOf(made.token);
      const before = await world(house);
      for (const scopes of [null, ["*"], ["agents.list"], ["tokens.create", "config.set"]])
        expect(codeOf(await maker.call("tokens.create", { name: "mole", role: "member", scopes }))).toBe(
          "SCOPE_INSUFFICIENT",
        );
      const narrow = must(await maker.call("tokens.create", { name: "list", role: "viewer", scopes: ["tokens.list"] }));
      expect(
        codeOf(await house.clientOf(narrow.token).call("tokens.create", { name: "mole", role: "viewer" })),
      ).toMatch(/INSUFFICIENT$/);
      must(await house.client.call("tokens.revoke", { tokenId: narrow.id }));
      expect((await world(house)).agents).toEqual(before.agents);
    });

    it("makes no words its owner's: a token for what others wrote makes none for what the owner says", async () => {
      const wish = { name: "bridge", role: "owner", integrity: "untrusted" } as const;
      const bridge = must(await house.client.call("tokens.create", wish));
      const made = await house.clientOf(bridge.token).call("tokens.create", { name: "mole", role: "member" });
      expect(codeOf(made)).toBe("SCOPE_INSUFFICIENT");
    });
  });

  describe("config change by an agent, or by nobody: the settings are written by whoever reaches the socket", () => {
    const settingsOf = (): string => {
      const file = join(house.place.home, "moltbot.json5");
      return existsSync(file) ? readFileSync(file, "utf8") : "";
    };
    it("is not done by a hijacked model, by any name it gives a tool or any file it writes", async () => {
      const before = await world(house);
      const text = settingsOf();
      const outside = ["../../moltbot.json5", "../moltbot.json5", join(house.place.home, "moltbot.json5")];
      const change = { key: "approvals.ask", value: false, path: "approvals.ask" };
      const { report } = await house.obey([
        [
          "config.set",
          "config.apply",
          "config.patch",
          "gateway.config",
          "system.resume",
          "tokens.create",
          "capabilities.grant",
        ].map((tool) => ({ tool, arguments: change })),
        outside.map((path) => ({
          tool: "files.write",
          arguments: { path, text: "{ approvals: { ask: false } }", content: "x" },
        })),
        [
          {
            tool: "web.fetch",
            arguments: { url: `${house.gateway.url}/v2/config`, method: "PATCH", body: JSON.stringify(change) },
          },
        ],
      ]);
      await house.allowAll(report);
      expect(settingsOf()).toBe(text);
      expect(await world(house)).toEqual({ ...before, conversations: before.conversations + 1 });
    });

    it("is not done by whoever brings nothing, on HTTP or on the socket", async () => {
      const before = await world(house);
      const body = JSON.stringify({ key: "gateway.host", value: "0.0.0.0" });
      const nobody = await house.http({ method: "PATCH", path: "/v2/config", headers: JSON_BODY, body });
      expect(nobody.status).toBe(401);
      for (const token of [viewer, member, scoped])
        expect(
          (await house.http({ method: "PATCH", path: "/v2/config", headers: { ...bearer(token), ...JSON_BODY }, body }))
            .status,
        ).toBe(403);
      expect(await world(house)).toEqual(before);
    });

    it("unplug: a caller who is believed to be the owner changes them", async () => {
      const believed = async (believe: boolean): Promise<number> => {
        const server = await startServer();
        const owner: Identified = shown(OWNER, "token");
        server.identity.byToken = async () => (believe ? ok(owner) : err(moltbotError("TOKEN_INVALID")));
        const headers = { ...bearer("anything"), ...JSON_BODY };
        const body = '{"key":"gateway.port","value":1}';
        await fetch(`${server.url}/v2/config`, { method: "PATCH", headers, body });
        await server.server.close();
        return server.called.filter(({ name }) => name === "config.set").length;
      };
      expect(await believed(false)).toBe(0);
      expect(await believed(true)).toBe(1);
    });
  });
});
