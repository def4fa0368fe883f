/** What people hold is copied, guessed, used at once from many sides, or asked for more than it is for. */
import { request } from "node:http";
import type { DeviceTokens } from "@moltbot/contracts";
import { instantOf } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDevice } from "../../../packages/ingress/src/identity/testing/device.ts";
import type { TestDevice } from "../../../packages/ingress/src/identity/testing/device.ts";
import { mustOpen } from "../../../packages/ingress/src/http/testing/open-socket.ts";
import { browserCaller, given, parsed, signInWith, strangerCaller, tokenCaller } from "../../support/people.ts";
import type { Said } from "../../support/people.ts";
import { startStrangeHouse } from "./house.ts";
import type { Somebody, StrangeHouse } from "./house.ts";

const CLOCK = { now: () => instantOf(Date.now()) };
const sorted = (words: readonly string[]): readonly string[] => words.toSorted();

describe("credentials of a house with several people", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let adam: Somebody;
  let neighbours = 0;

  /** One request, from another address of this machine each time, so that no lock answers in place of the gateway. */
  const send = (
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: unknown,
    from?: string,
  ): Promise<Said> =>
    new Promise((resolve, reject) => {
      neighbours += 1;
      const text = body === undefined ? undefined : JSON.stringify(body);
      const outgoing = request(
        {
          host: "127.0.0.1",
          port: strange.port,
          method,
          path,
          localAddress: from ?? `127.20.${String(neighbours >> 7)}.${String(1 + (neighbours & 0x7f))}`,
          agent: false,
          headers: {
            ...headers,
            ...(text === undefined
              ? {}
              : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
          },
        },
        (incoming) => {
          let got = "";
          const done = (): void => {
            const code = /"code":"([A-Z_]+)"/.exec(got)?.[1] ?? "?";
            const status = incoming.statusCode ?? 0;
            resolve({ status, text: got, json: parsed(got), code: status < 400 ? null : code });
          };
          if (incoming.headers["content-type"]?.startsWith("text/event-stream") === true) {
            done();
            incoming.destroy();
            return;
          }
          incoming.setEncoding("utf8").on("data", (piece: string) => (got += piece));
          incoming.on("end", done);
        },
      );
      outgoing.on("error", reject);
      outgoing.end(text);
    });
  const proofOf = async (device: TestDevice, method: string, path: string, token: string | null): Promise<string> =>
    (await device.proof(method, path, token, { claims: { htu: `${strange.url}${path}` } })).proof;
  const pair = async (device: TestDevice, code: string, from?: string): Promise<Said> =>
    send(
      "POST",
      "/v2/devices",
      { dpop: await proofOf(device, "POST", "/v2/devices", null) },
      { code, name: "phone", key: device.key },
      from,
    );
  const signIn = (link: string): Promise<Said> =>
    send("POST", "/v2/sessions", { origin: strange.url }, { code: link.split("#code=")[1] });

  beforeAll(async () => {
    strange = await startStrangeHouse();
    adam = await strange.join("Adam", "admin");
    // A proof from before the gateway began, to the second, is none.
    await new Promise((resolve) => setTimeout(resolve, 1_100));
  }, 60_000);
  afterAll(() => strange.close());

  it("are good once, however many come at the same instant: link, pairing code, proof and ticket", async () => {
    const bob = await strange.join("Bob", "member");
    const { url } = given<{ url: string }>(await bob.browser("links.create"));
    const links = await Promise.all(Array.from({ length: 5 }, () => signIn(url)));
    expect(sorted(links.map(({ code }) => code ?? "in"))).toEqual([
      ...Array<string>(4).fill("SIGN_IN_LINK_INVALID"),
      "in",
    ]);

    const { code } = given<{ code: string }>(await bob.browser("devices.invite"));
    const devices = await Promise.all(Array.from({ length: 3 }, () => createDevice(CLOCK)));
    const pairs = await Promise.all(devices.map((device) => pair(device, code)));
    expect(sorted(pairs.map((said) => said.code ?? "paired"))).toEqual([
      "PAIRING_INVALID",
      "PAIRING_INVALID",
      "paired",
    ]);
    const at = pairs.findIndex((said) => said.code === null);
    const [device, paired] = [devices[at], pairs[at]];
    if (device === undefined || paired === undefined) throw new Error("none was paired");
    expect((await bob.browser("devices.list")).json).toHaveLength(1);

    const { accessToken } = given<DeviceTokens>(paired);
    const headers = {
      authorization: `DPoP ${accessToken}`,
      dpop: await proofOf(device, "GET", "/v2/agents", accessToken),
    };
    const proofs = await Promise.all(Array.from({ length: 5 }, () => send("GET", "/v2/agents", headers)));
    expect(sorted(proofs.map((said) => said.code ?? "ok"))).toEqual([...Array<string>(4).fill("PROOF_REPLAYED"), "ok"]);

    const { ticket } = given<{ ticket: string }>(await bob.browser("sessions.ticket"));
    const streams = await Promise.all(Array.from({ length: 5 }, () => send("GET", `/v2/events?ticket=${ticket}`, {})));
    expect(sorted(streams.map((said) => said.code ?? "open"))).toEqual([
      ...Array<string>(4).fill("TICKET_INVALID"),
      "open",
    ]);
  });

  it("are all dead once their person was suspended, and stay dead when they are let in again", async () => {
    const bob = await strange.join("Bert", "member");
    const device = await createDevice(CLOCK);
    const tokens = given<DeviceTokens>(
      await pair(device, given<{ code: string }>(await bob.browser("devices.invite")).code),
    );
    const token = await strange.tokenOf(bob.browser);
    const link = given<{ url: string }>(await bob.browser("links.create")).url;
    const { code } = given<{ code: string }>(await bob.browser("devices.invite"));
    const { ticket } = given<{ ticket: string }>(await bob.browser("sessions.ticket"));
    const tryAll = async (): Promise<readonly number[]> => {
      const { accessToken, refreshToken } = tokens;
      const dpop = await proofOf(device, "GET", "/v2/agents", accessToken);
      const fresh = await proofOf(device, "POST", "/v2/devices/token", null);
      const tries = [
        send("GET", "/v2/agents", { authorization: `DPoP ${accessToken}`, dpop }),
        send("POST", "/v2/devices/token", { dpop: fresh }, { refreshToken }),
        send("GET", "/v2/agents", { authorization: `Bearer ${token}` }),
        send("GET", "/v2/agents", { cookie: bob.cookie }),
        send("GET", `/v2/events?ticket=${ticket}`, {}),
        signIn(link),
        pair(device, code),
      ];
      return (await Promise.all(tries)).map(({ status }) => status);
    };
    const dead = Array<number>(7).fill(401);
    given(await adam.browser("people.change", { personId: bob.id, state: "suspended" }));
    expect(await tryAll()).toEqual(dead);
    given(await adam.browser("people.change", { personId: bob.id, state: "active" }));
    expect(await tryAll()).toEqual(dead);
  });

  it("are not won by asking for them while one is being suspended", async () => {
    for (const round of [1, 2, 3]) {
      const bob = await strange.join(`Racer ${String(round)}`, "member");
      const asked = Array.from({ length: 6 }, () => [
        bob.browser("tokens.create", { name: "late" }),
        bob.browser("links.create"),
        bob.browser("devices.invite"),
      ]);
      const suspended = adam.browser("people.change", { personId: bob.id, state: "suspended" });
      const made = (await Promise.all(asked.flat())).filter(({ code }) => code === null).map(({ json }) => json);
      given(await suspended);
      for (const state of ["suspended", "active"]) {
        if (state === "active") given(await adam.browser("people.change", { personId: bob.id, state }));
        for (const won of made as { token?: string; url?: string; code?: string }[]) {
          // As the registry says what these give.
          if (won.token !== undefined)
            expect(
              (await strangerCaller(strange.url, { authorization: `Bearer ${won.token}` })("agents.list")).code,
            ).toBe("TOKEN_INVALID");
          else if (won.code === undefined) expect((await signIn(won.url ?? "")).code).toBe("SIGN_IN_LINK_INVALID");
        }
      }
    }
  });

  it("make none that live longer than they do themselves", async () => {
    const short = given<{ token: string; expiresAt: string }>(
      await adam.browser("tokens.create", { name: "a day", role: "admin", days: 1 }),
    );
    const made = given<{ expiresAt: string }>(
      await tokenCaller(strange.url, short.token)("tokens.create", { name: "a year", role: "admin", days: 365 }),
    );
    expect(made.expiresAt).toBe(short.expiresAt);
  });

  it("are for what they name and for nothing spelled like it", async () => {
    const scopes = ["tokens.create", "agents.list"];
    const narrow = tokenCaller(strange.url, await strange.tokenOf(strange.local, { role: "owner", scopes }));
    const wider = [["*"], ["tokens.*"], ["agents.*", "tokens.create"], ["agents.list", "*"], ["tokens.Create"]];
    for (const asked of wider)
      expect((await narrow("tokens.create", { name: "x", role: "owner", scopes: asked })).code).toBe(
        "SCOPE_INSUFFICIENT",
      );
    const odd = [
      " *",
      "*.*",
      "**",
      ".*",
      "agents.",
      "agents.l*",
      "tokens.create\n",
      "TOKENS.create",
      "__proto__.*",
      "",
      "a,*",
    ];
    for (const spelled of odd)
      for (const call of [narrow, strange.local])
        expect((await call("tokens.create", { name: "x", role: "owner", scopes: [spelled] })).code).toBe(
          "REQUEST_INVALID",
        );
    const bearer = { authorization: `Bearer ${await strange.tokenOf(strange.local, { role: "owner", scopes })}` };
    const paths = ["/v2/policy", "/v2/%70olicy", "/v2/agents/../policy", "//v2/policy", "/V2/policy", "/v2/policy/"];
    for (const path of [...paths, "/v2/agents/%2e%2e/policy", "/v2/policy;x", "/openai/v1/../../v2/policy"])
      expect([403, 404], path).toContain((await send("GET", path, bearer)).status);
    for (const extra of [{ "x-original-url": "/v2/policy" }, { "x-rewrite-url": "/v2/policy" }])
      expect((await send("GET", "/v2/agents", { ...bearer, ...extra })).text).toMatch(/^\[/);
    const socket = await mustOpen({ port: strange.port, headers: { ...bearer, origin: strange.url } });
    for (const operation of [
      "policy.get",
      "Policy.get",
      "policy.get ",
      "agents.list\0",
      "__proto__",
      "constructor",
      "*",
      "",
    ])
      expect((await socket.ask(`try ${operation}`, operation)).ok, operation).toBe(false);
    expect((await socket.ask("own", "agents.list")).ok).toBe(true);
    socket.leave();
  });

  it("stay as narrow in a ticket, which dies with what it was made with", async () => {
    const scopes = ["sessions.ticket", "events.stream", "agents.list"];
    const made = given<{ id: string; token: string }>(
      await strange.local("tokens.create", { name: "narrow", role: "owner", scopes }),
    );
    const ticket = async (): Promise<string> =>
      given<{ ticket: string }>(await tokenCaller(strange.url, made.token)("sessions.ticket")).ticket;
    const socket = await mustOpen({ port: strange.port, path: `/v2/socket?ticket=${await ticket()}`, headers: {} });
    for (const operation of ["policy.get", "tokens.create", "sessions.ticket", "links.create", "devices.invite"])
      expect((await socket.ask(operation, operation, {})).ok, operation).toBe(false);
    expect((await socket.ask("own", "agents.list")).ok).toBe(true);
    for (const path of ["/v2/agents", "/openai/v1/models"])
      expect((await send("GET", `${path}?ticket=${await ticket()}`, {})).status).toBe(401);
    const unused = await ticket();
    given(await strange.local("tokens.revoke", { tokenId: made.id }));
    expect((await send("GET", `/v2/events?ticket=${unused}`, {})).status).toBe(401);
    await socket.closed;
  });

  it("do not come by guessing a pairing code, and guessing keeps nobody out who is in or has one", async () => {
    const { code } = given<{ code: string }>(await adam.browser("devices.invite"));
    const guess = await createDevice(CLOCK);
    const codes: (string | null)[] = [];
    for (let tried = 0; tried < 12; tried += 1)
      codes.push((await pair(guess, `AAAA-AA${String(tried + 20)}`, "127.30.0.1")).code);
    expect(codes.slice(0, 5)).toEqual(Array<string>(5).fill("PAIRING_INVALID"));
    expect(codes.at(-1)).toBe("LOCKED_OUT");
    expect((await pair(guess, code, "127.30.0.1")).code).toBe("LOCKED_OUT");
    expect((await pair(guess, code)).code).toBeNull();
    expect((await browserCaller(strange.url, adam.cookie)("agents.list")).code).toBeNull();
    expect(
      (await signInWith(strange.url, given<{ url: string }>(await adam.browser("links.create")).url)).code,
    ).toBeNull();
  });
});
