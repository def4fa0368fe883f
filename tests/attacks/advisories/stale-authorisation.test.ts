/** Stale authorisation: what was opened with a credential lives on after the credential was taken back. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { err, moltbotError, ok } from "@moltbot/contracts";
import { mustOpen } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { followStream, startServer } from "../../../packages/ingress/src/http/testing/start-server.ts";
import { must, startAttackHouse } from "../../support/attack-house.ts";
import type { AttackHouse } from "../../support/attack-house.ts";
import { bearer, signIn } from "./visitor.ts";

const SECOND = 1_000;

/** Milliseconds until it happens, or more than two seconds. */
const within = async (happens: Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await Promise.race([happens, new Promise((resolve) => setTimeout(resolve, 2 * SECOND))]);
  return performance.now() - began;
};

describe("advisories on stale authorisation", { timeout: 90_000 }, () => {
  let house: AttackHouse;
  beforeAll(async () => {
    house = await startAttackHouse();
  }, 60_000);
  afterAll(async () => {
    await house.checkAudit();
    await house.close();
  });

  /** Everything that one credential can have open. */
  const openAll = async (headers: Readonly<Record<string, string>>) => {
    const stream = await followStream(house.port, "/v2/events", headers);
    const silent = await mustOpen({ port: house.port, headers: { ...headers, origin: house.gateway.url } });
    const talking = await mustOpen({ port: house.port, headers: { ...headers, origin: house.gateway.url } });
    expect((await silent.ask("1", "events.subscribe")).error).toBeUndefined();
    expect((await talking.ask("1", "agents.list")).ok).toBe(true);
    expect((await house.http({ method: "GET", path: "/v2/agents", headers })).status).toBe(200);
    return { stream, silent, talking };
  };
  const isOver = async (
    { stream, silent, talking }: Awaited<ReturnType<typeof openAll>>,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> => {
    const ends = [within(stream.ended), within(silent.closed)];
    const said = await Promise.race([talking.ask("after", "agents.list"), talking.closed.then(() => null)]);
    if (said !== null) expect(said.error?.["code"]).toMatch(/^(NOT_SIGNED_IN|TOKEN_INVALID)$/);
    expect([400, 401]).toContain((await house.http({ method: "GET", path: "/v2/agents", headers })).status);
    for (const milliseconds of await Promise.all(ends)) expect(milliseconds).toBeLessThan(SECOND);
    // What happens afterwards is heard by nobody who was thrown out.
    const before = [stream.text().length, silent.heard.length];
    must(await house.client.call("agents.create", { name: `after ${String(before[0])}` }));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([stream.text().length, silent.heard.length]).toEqual(before);
  };

  it("ends a revoked token's streams and sockets within a second, and every request at once", async () => {
    const made = must(await house.client.call("tokens.create", { name: "short", role: "owner" }));
    const headers = bearer(made.token);
    const open = await openAll(headers);
    must(await house.client.call("tokens.revoke", { tokenId: made.id }));
    await isOver(open, headers);
  });

  it("ends a browser's session the same, when it signs out and when it is revoked from elsewhere", async () => {
    for (const revoke of [false, true]) {
      const headers = { cookie: await signIn(house) };
      const open = await openAll(headers);
      if (revoke) {
        const sessions = must(await house.client.call("sessions.list", {}));
        for (const { id } of sessions) must(await house.client.call("sessions.revoke", { sessionId: id }));
      } else {
        const own = { ...headers, origin: house.gateway.url };
        expect((await house.http({ method: "DELETE", path: "/v2/sessions/current", headers: own })).status).toBe(200);
      }
      await isOver(open, headers);
    }
  });

  it("ends everything of a person who is suspended, and of a role that was taken back", async () => {
    const guest = must(await house.client.call("people.invite", { name: "Guest", role: "admin" }));
    const body = JSON.stringify({ code: guest.url.split("#code=")[1] });
    const own = { "content-type": "application/json", origin: house.gateway.url };
    const signedIn = await house.http({ method: "POST", path: "/v2/sessions", headers: own, body });
    const headers = { cookie: signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "" };
    const open = await openAll(headers);
    const personId = guest.person.id;
    const invite = { method: "POST", path: "/v2/people", headers: { ...own, ...headers }, body: '{"name":"Mole"}' };
    must(await house.client.call("people.change", { personId, role: "viewer" }));
    expect([401, 403]).toContain((await house.http(invite)).status);
    must(await house.client.call("people.change", { personId, state: "suspended" }));
    await isOver(open, headers);
    expect(must(await house.client.call("people.list", {})).map(({ name }) => name)).not.toContain("Mole");
  });

  it("unplug: where nobody asks after who was let in, a revoked token goes on listening", async () => {
    const listens = async (asks: boolean): Promise<boolean> => {
      const server = await startServer();
      server.identity.stillGood = async (who) =>
        asks && server.identity.revoked.has("owner-token") ? err(moltbotError("NOT_SIGNED_IN")) : ok(void who);
      const stream = await followStream(server.port, "/v2/events", bearer("owner-token"));
      server.identity.revoked.add("owner-token");
      const milliseconds = await within(stream.ended);
      stream.leave();
      await server.server.close();
      return milliseconds > SECOND;
    };
    expect(await listens(true)).toBe(false);
    expect(await listens(false)).toBe(true);
  });
});
