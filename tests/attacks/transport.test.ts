/** What leaves this machine: a real gateway beyond loopback, with a certificate, behind a proxy, and with neither. */
import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { request } from "node:https";
import { createServer, request as plainRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { createClient } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import type { Result } from "@moltbot/contracts";
import { placesOf, startGateway } from "@moltbot/gateway";
import type { Gateway } from "@moltbot/gateway";
import { openSettings } from "../../packages/gateway/src/settings/index.ts";
import { RENEWED_TEST_TLS, TEST_TLS, TEST_TLS_FILES } from "../../packages/ingress/src/http/testing/for-tests-only.ts";
import { codeOf, must } from "../support/attack-house.ts";
import { newPlace } from "../support/gateway-process.ts";
import type { Place } from "../support/gateway-process.ts";

let place: Place | undefined;
let gateway: Gateway | undefined;
afterEach(async () => {
  await gateway?.close();
  place?.remove();
  gateway = undefined;
  place = undefined;
});

interface Wish {
  readonly host?: string;
  readonly tls?: "good" | "open key" | "other key" | "none";
  readonly proxies?: readonly string[];
}
/** Starts a gateway as its settings say. */
const start = async ({ host = "127.0.0.1", tls = "none", proxies = [] }: Wish): Promise<Result<Gateway>> => {
  const at = newPlace();
  place = at;
  const folder = join(at.root, "tls");
  mkdirSync(folder);
  const files = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  copyFileSync(TEST_TLS_FILES.certificate, files.certificate);
  copyFileSync(tls === "other key" ? TEST_TLS_FILES.renewedKey : TEST_TLS_FILES.key, files.key);
  chmodSync(files.key, tls === "open key" ? 0o644 : 0o600);
  const flags = {
    gateway: {
      host,
      port: 0,
      proxies: [...proxies],
      allowedHosts: ["moltbot.example"],
      ...(tls === "none" ? {} : { tls: files }),
    },
  };
  const settings = must(openSettings({ file: join(at.home, "moltbot.json5"), environment: {}, flags }));
  const home = placesOf(at.home, join(at.root, "config", "moltbot", "keys"), null);
  const started = await startGateway({
    home,
    settings,
    passphrase: null,
    acceptLoss: false,
    progress: () => undefined,
  });
  if (started.ok) gateway = started.value;
  return started;
};
const portOf = ({ url }: Gateway): number => Number(new URL(url).port);
interface Said {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}
const ask = (port: number, path: string, more: object = {}, isPlain = false): Promise<Said> =>
  new Promise((resolve, reject) => {
    const wish = {
      host: "127.0.0.1",
      port,
      path,
      ca: TEST_TLS.certificate,
      servername: "moltbot.example",
      agent: false,
    };
    const outgoing = (isPlain ? plainRequest : request)({ ...wish, ...more }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8");
      incoming.on("data", (piece: string) => (text += piece));
      incoming.on("end", () => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }));
    });
    outgoing.on("error", reject);
    outgoing.end();
  });

describe("a gateway beyond this machine", { timeout: 60_000 }, () => {
  it("does not start without TLS and without a proxy, and says what to do", async () => {
    const started = await start({ host: "0.0.0.0" });
    expect(codeOf(started)).toBe("LISTENING_NEEDS_TLS");
    expect(started.ok ? "" : started.error.next).toContain("gateway.tls");
  });

  it.each(["open key", "other key"] as const)("does not start with an unusable pair (%s)", async (tls) => {
    const started = await start({ tls });
    expect(codeOf(started)).toBe("TLS_UNUSABLE");
    expect(started.ok ? "" : JSON.stringify(started.error)).not.toContain("PRIVATE");
  });

  it("speaks TLS 1.3 alone, open and locked, and serves with a renewed certificate without a restart", async () => {
    const house = must(await start({ host: "0.0.0.0", tls: "good" }));
    const port = portOf(house);
    expect(house.url).toBe(`https://127.0.0.1:${String(port)}`);
    const headers = { host: `moltbot.example:${String(port)}` };
    const said = await ask(port, "/healthz", { headers });
    expect([said.status, said.headers["strict-transport-security"]]).toEqual([200, "max-age=63072000"]);
    await expect(ask(port, "/healthz", { headers }, true)).rejects.toThrow(/hang up|ECONNRESET|Parse Error/);
    await expect(ask(port, "/healthz", { headers, maxVersion: "TLSv1.2" })).rejects.toThrow(/alert protocol version/);
    // The owner's own socket needs none.
    const socketPath = join(place?.home ?? "", "run", "gateway.sock");
    expect(codeOf(await createClient({ transport: nodeTransport({ socketPath }) }).call("agents.list", {}))).toBe("ok");

    copyFileSync(TEST_TLS_FILES.renewedCertificate, join(place?.root ?? "", "tls", "certificate.pem"));
    copyFileSync(TEST_TLS_FILES.renewedKey, join(place?.root ?? "", "tls", "key.pem"));
    chmodSync(join(place?.root ?? "", "tls", "key.pem"), 0o600);
    await expect
      .poll(
        () =>
          ask(port, "/healthz", { headers, ca: RENEWED_TEST_TLS.certificate }).then(
            ({ status }) => status,
            () => 0,
          ),
        {
          timeout: 30_000,
          interval: 500,
        },
      )
      .toBe(200);

    must(await house.lock("person"));
    const locked = await ask(port, "/v2/vault/state", { headers, ca: RENEWED_TEST_TLS.certificate });
    expect([locked.status, JSON.parse(locked.text)]).toMatchObject([200, { locked: true }]);
    const version = await new Promise((resolve) => {
      const socket = connect(
        { host: "127.0.0.1", port, ca: RENEWED_TEST_TLS.certificate, servername: "moltbot.example" },
        () => {
          resolve(socket.getProtocol());
          socket.destroy();
        },
      );
    });
    expect(version).toBe("TLSv1.3");
  });

  it("behind a declared proxy believes its word, and hands out cookies for https", async () => {
    const house = must(await start({ host: "0.0.0.0", proxies: ["127.0.0.1"] }));
    const port = portOf(house);
    // A proxy that ends TLS, as far as the gateway can see one.
    const proxy = createServer((incoming, response) => {
      const forwarded = {
        "x-forwarded-for": "192.0.2.7",
        "x-forwarded-proto": incoming.headers["x-test-scheme"] ?? "https",
      };
      const headers = { ...incoming.headers, host: "moltbot.example", ...forwarded };
      incoming.pipe(
        plainRequest(
          { host: "127.0.0.1", port, method: incoming.method, path: incoming.url, headers, agent: false },
          (answer) => {
            response.writeHead(answer.statusCode ?? 0, answer.headers);
            answer.pipe(response);
          },
        ),
      );
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port: proxyPort } = proxy.address() as AddressInfo; // it listens on a port, not on a path
    const code = must(await house.signInLink()).split("#code=")[1];
    const signIn = (scheme: string) =>
      fetch(`http://127.0.0.1:${String(proxyPort)}/v2/sessions`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: "https://moltbot.example", "x-test-scheme": scheme },
        body: JSON.stringify({ code }),
      });
    expect((await signIn("http")).status).toBe(400);
    const signedIn = await signIn("https");
    expect(signedIn.status).toBe(201);
    expect(signedIn.headers.get("set-cookie")).toMatch(/; Secure$/);
    expect(signedIn.headers.get("strict-transport-security")).toBe("max-age=63072000");
    proxy.closeAllConnections();
    proxy.close();
  });
});
