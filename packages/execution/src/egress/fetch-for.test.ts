import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { createEgress } from "./create-egress.ts";
import { EgressFault } from "./egress-fault.ts";
import type { Egress } from "./egress.ts";
import { keptLog, lenderOf, startWorld } from "./test-support/world.ts";
import type { World } from "./test-support/world.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});

const setUp = async (
  answer: Parameters<typeof startWorld>[0],
): Promise<{ world: World; egress: Egress; origin: string; fetch: typeof fetch }> => {
  const world = await startWorld(answer);
  const origin = `http://127.0.0.1:${world.port}`;
  const egress = createEgress({
    secrets: lenderOf("model-key", "sk-1", `127.0.0.1:${world.port}`),
    isCanary: () => false,
    log: keptLog(),
  });
  open.push(world, egress);
  return {
    world,
    egress,
    origin,
    fetch: egress.fetchFor(
      { kind: "provider", origin },
      { name: "model-key", header: "Authorization", prefix: "Bearer " },
    ),
  };
};
const faultOf = async (promise: Promise<unknown>): Promise<string> => {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  return thrown instanceof EgressFault ? thrown.error.code : String(thrown);
};

describe("fetchFor", () => {
  it("sends what a client library sends, with the vault's secret in the header", async () => {
    const { world, fetch, origin } = await setUp((_request, response) =>
      response.setHeader("content-type", "application/json").end('{"ok":true}'),
    );
    const response = await fetch(`${origin}/v1/chat`, {
      method: "POST",
      body: '{"a":1}',
      headers: { "content-type": "application/json", authorization: "Bearer wrong" },
    });
    expect(response.headers.get("content-type")).toBe("application/json");
    expect(await response.json()).toEqual({ ok: true });
    expect(world.hits[0]).toMatchObject({
      method: "POST",
      url: "/v1/chat",
      body: '{"a":1}',
      headers: { authorization: "Bearer sk-1", "content-type": "application/json" },
    });
  });

  it("takes addresses, requests, bytes and text, as fetch does", async () => {
    const { world, fetch, origin } = await setUp((_request, response) => response.end("x"));
    await (await fetch(new URL(`${origin}/a`))).text();
    await (await fetch(new Request(`${origin}/b`, { method: "PUT", body: "request" }))).text();
    await (await fetch(`${origin}/c`, { method: "post", body: new TextEncoder().encode("bytes") })).text();
    await (await fetch(`${origin}/d`, { method: "POST", body: "text" })).text();
    await (await fetch(new Request(`${origin}/e`))).text();
    expect(world.hits.map(({ method, url, body }) => `${method} ${url} ${body}`)).toEqual([
      "GET /a ",
      "PUT /b request",
      "POST /c bytes",
      "POST /d text",
      "GET /e ",
    ]);
    expect(world.hits[3]?.headers["content-type"]).toBe("text/plain;charset=UTF-8");
  });

  it("works without a secret", async () => {
    const { world, egress, origin } = await setUp((_request, response) => response.end("x"));
    expect(await (await egress.fetchFor({ kind: "provider", origin }, null)(origin)).text()).toBe("x");
    expect(world.hits[0]?.headers.authorization).toBeUndefined();
  });

  it("hands out pieces as they arrive, compressed or not", async () => {
    let finish: () => void = () => undefined;
    const { fetch, origin } = await setUp((_request, response) => {
      response.write("first");
      finish = () => response.end("second");
    });
    const seen: string[] = [];
    for await (const piece of (await fetch(origin)).body ?? []) {
      seen.push(Buffer.from(piece as Uint8Array).toString()); // fetch yields bytes
      finish();
    }
    expect(seen).toEqual(["first", "second"]);
    const packed = await setUp((_request, response) =>
      response.setHeader("content-encoding", "gzip").end(gzipSync("packed")),
    );
    const response = await packed.fetch(packed.origin);
    expect([await response.text(), response.headers.get("content-encoding")]).toEqual(["packed", null]);
  });

  it("serves many calls over few connections", async () => {
    const { world, fetch, origin } = await setUp((_request, response) => response.end("x"));
    for (let index = 0; index < 20; index += 1) await (await fetch(origin, { method: "POST", body: "{}" })).text();
    expect(world.hits).toHaveLength(20);
    expect(world.connections()).toBeLessThanOrEqual(2);
  });

  it("gives empty answers no body", async () => {
    const { fetch, origin } = await setUp((_request, response) => response.writeHead(204).end());
    const response = await fetch(origin);
    expect([response.status, response.body]).toEqual([204, null]);
    const unchanged = await setUp((_request, reply) => reply.writeHead(304).end());
    expect((await unchanged.fetch(unchanged.origin)).status).toBe(304);
  });

  it("passes an error status on to the library", async () => {
    const { fetch, origin } = await setUp((_request, response) => response.writeHead(429).end("slow down"));
    const response = await fetch(origin);
    expect([response.status, await response.text()]).toEqual([429, "slow down"]);
  });

  it("reaches its own origin and nothing else, and follows no redirect", async () => {
    const other = await startWorld((_request, response) => response.end());
    open.push(other);
    const { world, egress, fetch, origin } = await setUp((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${other.port}/` }).end(),
    );
    expect(await faultOf(fetch(`http://127.0.0.1:${other.port}/`))).toBe("HOST_NOT_ALLOWED");
    expect(await faultOf(fetch("http://example.org/"))).toBe("HOST_NOT_ALLOWED");
    expect(await faultOf(fetch("file:///etc/passwd"))).toBe("URL_INVALID");
    expect(await faultOf(fetch(origin, { method: "TRACE2" }))).toBe("FETCH_FAILED");
    expect(await faultOf(fetch(origin))).toBe("FETCH_FAILED");
    expect(
      await faultOf(egress.fetchFor({ kind: "tool", hosts: [`127.0.0.1:${world.port}`], granted: [] }, null)(origin)),
    ).toBe("ADDRESS_REFUSED");
    expect(
      await faultOf(egress.fetchFor({ kind: "provider", origin }, { name: "absent", header: "x", prefix: "" })(origin)),
    ).toBe("SECRET_NOT_FOUND");
    expect([world.hits.length, other.hits.length]).toEqual([1, 0]);
  });

  it("rejects with the signal's reason when it is stopped, before, during and in the middle of the body", async () => {
    const { fetch, origin } = await setUp((request, response) => {
      if (request.url === "/body") response.write("half");
    });
    const reason = new Error("the person stopped it");
    await expect(fetch(origin, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const during = new AbortController();
    setTimeout(() => during.abort(reason), 30);
    await expect(fetch(origin, { signal: during.signal })).rejects.toBe(reason);
    const middle = new AbortController();
    const response = await fetch(`${origin}/body`, { signal: middle.signal });
    setTimeout(() => middle.abort(reason), 30);
    await expect(response.text()).rejects.toBe(reason);
  });

  it("rejects with a named error when the connection dies, also in the middle of the body", async () => {
    const { fetch, origin } = await setUp((request, response) => {
      if (request.url === "/body") response.write("half");
      setTimeout(() => request.socket.destroy(), 30);
    });
    expect(await faultOf(fetch(`${origin}/head`))).toBe("FETCH_FAILED");
    expect(await faultOf(fetch(`${origin}/body`).then((response) => response.text()))).toBe("FETCH_FAILED");
  });

  it("lets go of the connection when the reader loses interest", async () => {
    let closed = false;
    const { fetch, origin } = await setUp((request, response) => {
      request.socket.once("close", () => (closed = true));
      response.write("half");
    });
    const response = await fetch(origin);
    await response.body?.cancel();
    await expect.poll(() => closed).toBe(true);
  });
});
