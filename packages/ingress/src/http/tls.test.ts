import { request as encryptedRequest } from "node:https";
import { connect as connectPlainly } from "node:net";
import { connect } from "node:tls";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";
import { CONTROLS } from "./gate.ts";
import { buildLockedDoor } from "./locked-door.ts";
import { RENEWED_TEST_TLS, TEST_TLS } from "./testing/for-tests-only.ts";
import { ask, bearer, startServer } from "./testing/start-server.ts";
import type { Answer, Ask, TestServer, Wish } from "./testing/start-server.ts";
import { checkTls } from "./tls.ts";
import { isLoopback, placeNeedsTls, wayAllowed } from "./way-rules.ts";

const HOST = "moltbot.example";
let running: TestServer[] = [];
const start = async (wish: Wish = {}): Promise<TestServer> => {
  const server = await startServer({ tls: TEST_TLS, allowedHosts: [HOST], ...wish });
  running.push(server);
  return server;
};
afterEach(async () => {
  await Promise.all(running.map(({ server }) => server.close()));
  running = [];
});

/** One request by https that believes the test certificate and nothing else. */
const askTls = (wish: Ask, ca: string = TEST_TLS.certificate): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const outgoing = encryptedRequest(
      {
        host: "127.0.0.1",
        port: wish.port,
        servername: HOST,
        ca,
        method: wish.method ?? "GET",
        path: wish.path ?? "/healthz",
        headers: {
          host: `${HOST}:${String(wish.port)}`,
          ...(wish.body === undefined ? {} : { "content-type": "application/json" }),
          ...wish.headers,
        },
        agent: false,
      },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (piece: string) => (text += piece));
        incoming.on("end", () =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text,
            json: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {},
          }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(wish.body);
  });

const shakeHands = (port: number, more: ConnectionOptions): Promise<string> =>
  new Promise((resolve) => {
    const socket: TLSSocket = connect(
      { host: "127.0.0.1", port, ca: TEST_TLS.certificate, servername: HOST, ...more },
      () => {
        resolve(socket.getProtocol() ?? "none");
        socket.destroy();
      },
    );
    socket.on("error", (error: Error & { code?: string }) => resolve(error.code ?? "refused"));
    socket.on("close", () => resolve("closed"));
  });

describe("a listener with a certificate", () => {
  it("speaks TLS 1.3 and nothing older", async () => {
    const { port, url } = await start();
    expect(url).toBe(`https://127.0.0.1:${port}`);
    expect(await shakeHands(port, {})).toBe("TLSv1.3");
    for (const maxVersion of ["TLSv1.2", "TLSv1.1"] as const)
      expect(await shakeHands(port, { minVersion: "TLSv1", maxVersion, ciphers: "DEFAULT@SECLEVEL=0" })).not.toMatch(
        /^TLSv/,
      );
    expect((await askTls({ port })).status).toBe(200);
  });

  it("says nothing to plain HTTP, and goes on", async () => {
    const { port } = await start();
    const heard = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connectPlainly(port, "127.0.0.1", () =>
        socket.write(`GET /healthz HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`),
      );
      socket.on("data", (piece) => (text += piece.toString("latin1")));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(text));
    });
    expect(heard).not.toContain("HTTP/1.1");
    expect((await askTls({ port })).status).toBe(200);
  });

  it("answers what it cannot read inside TLS, too", async () => {
    const { port } = await start();
    const heard = await new Promise<string>((resolve) => {
      let text = "";
      const socket = connect({ host: "127.0.0.1", port, ca: TEST_TLS.certificate, servername: HOST }, () =>
        socket.write("NONSENSE\r\n\r\n"),
      );
      socket.on("data", (piece) => (text += piece.toString("latin1")));
      socket.on("close", () => resolve(text));
      socket.on("error", () => undefined);
    });
    expect(heard).toMatch(/^HTTP\/1\.1 400/);
  });

  it("tells browsers to come by https only, under its name but not under this machine's", async () => {
    const { port } = await start();
    expect((await askTls({ port })).headers["strict-transport-security"]).toBe("max-age=63072000");
    expect((await askTls({ port, path: "/v2/nothing" })).headers["strict-transport-security"]).toBe("max-age=63072000");
    const own = { host: `localhost:${port}` };
    expect((await askTls({ port, headers: own })).headers["strict-transport-security"]).toBeUndefined();
    const plain = await start({ tls: null });
    expect((await ask({ port: plain.port, path: "/healthz" })).headers["strict-transport-security"]).toBeUndefined();
  });

  it("hands out cookies for https alone, and lets its own pages speak", async () => {
    const { port, called } = await start();
    const origin = `https://${HOST}:${port}`;
    const body = '{"code":"a-code-of-sixteen-or-more"}';
    const signedIn = await askTls({ port, method: "POST", path: "/v2/sessions", headers: { origin }, body });
    expect(signedIn.headers["set-cookie"]?.[0]).toMatch(/; Secure$/);
    const page = { cookie: "moltbot_session=good-cookie" };
    const stop = { port, method: "POST", path: "/v2/stop", body: "{}" };
    expect((await askTls({ ...stop, headers: { ...page, origin } })).status).toBe(200);
    const inThePlain = { ...page, origin: `http://${HOST}:${port}` };
    expect((await askTls({ ...stop, headers: inThePlain })).json["code"]).toBe("REQUEST_ORIGIN_REFUSED");
    expect(called.filter(({ name }) => name === "system.stop")).toHaveLength(1);
  });

  it("opens sockets by TLS for its own page, and for no other", async () => {
    const { port } = await start();
    const upgrade = (origin: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const outgoing = encryptedRequest({
          host: "127.0.0.1",
          port,
          servername: HOST,
          ca: TEST_TLS.certificate,
          path: "/v2/socket",
          headers: {
            host: `${HOST}:${port}`,
            origin,
            cookie: "moltbot_session=good-cookie",
            connection: "Upgrade",
            upgrade: "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
          },
          agent: false,
        });
        outgoing.on("upgrade", (incoming, socket) => {
          socket.destroy();
          resolve(incoming.statusCode ?? 0);
        });
        outgoing.on("response", (incoming) => {
          incoming.resume();
          resolve(incoming.statusCode ?? 0);
        });
        outgoing.on("error", reject);
        outgoing.end();
      });
    expect(await upgrade(`https://${HOST}:${port}`)).toBe(101);
    expect(await upgrade(`http://${HOST}:${port}`)).toBe(403);
    expect(await upgrade("https://evil.example")).toBe(403);
  });

  it("serves with a renewed certificate from the next connection on, and keeps the old one when the new one is no good", async () => {
    const { port, server } = await start();
    expect(server.renewTls({ ...RENEWED_TEST_TLS, key: TEST_TLS.key })).toMatchObject({
      error: { code: "TLS_UNUSABLE" },
    });
    expect((await askTls({ port })).status).toBe(200);
    expect(server.renewTls(RENEWED_TEST_TLS)).toMatchObject({ ok: true });
    expect((await askTls({ port }, RENEWED_TEST_TLS.certificate)).status).toBe(200);
    await expect(askTls({ port })).rejects.toThrow(/certificate|signature/);
    expect(await shakeHands(port, { ca: RENEWED_TEST_TLS.certificate, maxVersion: "TLSv1.2" })).not.toMatch(/^TLSv/);
  });
});

describe("a pair that cannot serve", () => {
  it.each([
    [
      "that does not belong together",
      { certificate: TEST_TLS.certificate, key: RENEWED_TEST_TLS.key },
      "belong together",
    ],
    ["without a certificate", { certificate: "", key: TEST_TLS.key }, "not PEM"],
    ["without a key", { certificate: TEST_TLS.certificate, key: "" }, "not PEM"],
    ["that is no PEM", { certificate: "hello", key: "hello" }, "not PEM"],
    [
      "whose key is nonsense",
      { certificate: TEST_TLS.certificate, key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" },
      "",
    ],
  ])("%s is named, and nothing listens", async (_, tls, problem) => {
    const checked = checkTls(tls);
    expect(checked).toMatchObject({ ok: false, error: { code: "TLS_UNUSABLE" } });
    expect(checked.ok ? "" : checked.error.message).toContain(problem);
    expect(checked.ok ? "" : JSON.stringify(checked.error)).not.toContain("PRIVATE KEY");
    await expect(start({ tls })).rejects.toThrow("gateway.tls");
  });
});

describe("listening beyond this machine", () => {
  it("needs TLS or a declared proxy, for the locked door too", async () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1", "moltbot.example", "127.0.0.1.example"]) {
      expect(placeNeedsTls({ host }), host).toBe(true);
      expect(placeNeedsTls({ host, tls: null, proxies: [] }), host).toBe(true);
      expect(placeNeedsTls({ host, tls: TEST_TLS }), host).toBe(false);
      expect(placeNeedsTls({ host, proxies: ["192.0.2.1"] }), host).toBe(false);
    }
    for (const host of ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LOCALHOST"])
      expect(placeNeedsTls({ host }), host).toBe(false);
    await expect(start({ host: "0.0.0.0", tls: null })).rejects.toThrow("Listening on 0.0.0.0");
    const door = buildLockedDoor(
      {
        host: "0.0.0.0",
        port: 0,
        allowedHosts: [],
        socketPath: null,
        webDirectory: null,
        log: { debug() {}, info() {}, warn() {}, error() {} },
        newTraceId: () => "0".repeat(32),
        unlock: async () => ok(undefined),
        openers: async () => ok([]),
        problem: () => null,
      },
      CONTROLS,
    );
    expect(await door.listen()).toMatchObject({ error: { code: "LISTENING_NEEDS_TLS", context: { host: "0.0.0.0" } } });
  });

  it("takes plain text only from this machine itself, and by a declared proxy only what came to it by https", async () => {
    expect(wayAllowed({ peer: "192.0.2.7", secure: false, proxied: false })).toBe(false);
    expect(wayAllowed({ peer: undefined, secure: false, proxied: false })).toBe(false);
    expect(wayAllowed({ peer: "::ffff:127.0.0.1", secure: false, proxied: false })).toBe(true);
    expect(isLoopback("127.0.0.1.evil.example")).toBe(false);
    const { port, called } = await start({ tls: null, proxies: ["127.0.0.1"], host: "0.0.0.0" });
    const to = { port, path: "/v2/agents" };
    const forwarded = { ...bearer("owner-token"), "x-forwarded-for": "192.0.2.7" };
    expect((await ask({ ...to, headers: { ...forwarded, "x-forwarded-proto": "https" } })).status).toBe(200);
    expect((await ask({ ...to, headers: bearer("owner-token") })).status).toBe(200);
    for (const scheme of [{}, { "x-forwarded-proto": "http" }]) {
      const refused = await ask({ ...to, headers: { ...forwarded, ...scheme } });
      expect(refused.json).toMatchObject({ code: "REQUEST_INVALID", status: 400 });
    }
    expect(called).toHaveLength(2);
  });
});

describe("unplug the rule on where to listen", () => {
  it("and on the way: a token that crosses the network in plain text opens the house for whoever listened", async () => {
    await expect(start({ tls: null, host: "0.0.0.0" })).rejects.toThrow("Listening on 0.0.0.0");
    const controls = { placeNeedsTls: () => false, wayAllowed: () => true };
    const open = await start({ tls: null, host: "0.0.0.0", controls });
    expect((await ask({ port: open.port, path: "/v2/agents", headers: bearer("owner-token") })).status).toBe(200);
  });
});

describe("unplug the rule on the way of a request", () => {
  it("what a proxy passed on in plain text is believed", async () => {
    const wish = { tls: null, proxies: ["127.0.0.1"] };
    const headers = { ...bearer("owner-token"), "x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "http" };
    const held = await start(wish);
    expect((await ask({ port: held.port, path: "/v2/agents", headers })).status).toBe(400);
    const open = await start({ ...wish, controls: { wayAllowed: () => true } });
    expect((await ask({ port: open.port, path: "/v2/agents", headers })).status).toBe(200);
  });
});
