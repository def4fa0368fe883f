import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { ALL_CONTROLS, createEgressWith } from "./create-egress.ts";
import type { EgressAuthority } from "./egress.ts";
import type { Lookup } from "./resolve-host.ts";
import { signal, open, tool, get, setUp, codeOf } from "./test-support/set-up.ts";
import { keptLog, lenderOf, PUBLIC_ADDRESS, startWorld } from "./test-support/world.ts";

describe("send", () => {
  it("fetches a page from the checked address and keeps the name in the Host header", async () => {
    const { world, egress } = await setUp((_request, response) =>
      response.setHeader("set-cookie", "a=b").setHeader("x-many", ["1", "2"]).end("hello"),
    );
    const answer = await egress.send(
      tool("example.org:80"),
      get("http://example.org/page?q=1", { headers: { "X-Extra": "1", Host: "evil.example", Cookie: "a=b" } }),
      signal,
    );
    expect(answer.ok && Buffer.from(answer.value.body).toString()).toBe("hello");
    expect(answer.ok && answer.value).toMatchObject({ status: 200, redirects: 0, url: "http://example.org/page?q=1" });
    expect(answer.ok && answer.value.headers["set-cookie"]).toBeUndefined();
    expect(world.dialled).toEqual([`${PUBLIC_ADDRESS} 80`]);
    expect(world.hits[0]?.headers).toMatchObject({ host: "example.org", "x-extra": "1" });
    expect(world.hits[0]?.headers.cookie).toBeUndefined();
  });

  it("keeps connections alive between calls", async () => {
    const { world, egress } = await setUp((_request, response) => response.end("x"));
    for (let index = 0; index < 10; index += 1)
      await egress.send(tool("example.org:80"), get("http://example.org/"), signal);
    expect(world.hits).toHaveLength(10);
    expect(world.dialled.length).toBeLessThanOrEqual(2);
  });

  it("sends bodies", async () => {
    const { world, egress } = await setUp((_request, response) => response.end());
    await egress.send(
      tool("example.org:80"),
      { method: "POST", url: "http://example.org/", body: "some text" },
      signal,
    );
    expect(world.hits[0]).toMatchObject({ method: "POST", body: "some text" });
  });

  it("refuses a host that the call does not name, and dials nobody", async () => {
    const { world, egress } = await setUp((_request, response) => response.end());
    for (const authority of [
      tool("example.com:80"),
      tool("example.org:8080"),
      tool(),
      { kind: "provider", origin: "https://example.org" } as const,
    ]) {
      expect(codeOf(await egress.send(authority, get("http://example.org/"), signal))).toBe("HOST_NOT_ALLOWED");
    }
    expect(codeOf(await egress.send(tool("example.org:80"), get("ftp://example.org/"), signal))).toBe("URL_INVALID");
    expect(world.dialled).toEqual([]);
  });

  it("names the range of a refused address", async () => {
    const { egress } = await setUp((_request, response) => response.end(), { lookup: async () => ["10.0.0.7"] });
    const answer = await egress.send(tool("intranet.example:80"), get("http://intranet.example/"), signal);
    expect(!answer.ok && answer.error).toMatchObject({
      code: "ADDRESS_REFUSED",
      context: { host: "intranet.example", range: "private" },
    });
  });

  it("says that a name cannot be resolved", async () => {
    const failing: Lookup = () => Promise.reject(new Error("ENOTFOUND"));
    for (const lookup of [failing, async () => []]) {
      const { egress } = await setUp((_request, response) => response.end(), { lookup });
      expect(codeOf(await egress.send(tool("example.org:80"), get("http://example.org/"), signal))).toBe(
        "HOST_UNRESOLVED",
      );
    }
  });

  it("refuses a resolver's answer that is not an address", async () => {
    const { world, egress } = await setUp((_request, response) => response.end(), {
      lookup: async () => [PUBLIC_ADDRESS, "localhost"],
    });
    expect(codeOf(await egress.send(tool("example.org:80"), get("http://example.org/"), signal))).toBe(
      "ADDRESS_REFUSED",
    );
    expect(world.dialled).toEqual([]);
  });

  it("tries the next checked address when the first does not answer", async () => {
    const lookup: Lookup = async () => ["8.8.8.8", PUBLIC_ADDRESS];
    const world = await startWorld((_request, response) => response.end("second"));
    const closedPort = await startWorld(() => undefined);
    await closedPort.close();
    const egress = createEgressWith(
      { secrets: lenderOf("", "", ""), lookup, isCanary: () => false, log: keptLog() },
      {
        ...ALL_CONTROLS,
        dial: (address, port) =>
          address === "8.8.8.8" ? ALL_CONTROLS.dial("127.0.0.1", closedPort.port) : world.dial(address, port),
      },
    );
    open.push(world, egress);
    expect(codeOf(await egress.send(tool("example.org:80"), get("http://example.org/"), signal))).toBe("status 200");
  });

  it("asks for the name, not the address, in TLS, and trusts no unknown certificate", async () => {
    let hello = "";
    const server = createServer((socket) => {
      socket.once("data", (bytes) => {
        hello = bytes.toString("latin1");
        socket.destroy();
      });
      socket.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // a TCP server has no other address
    const { egress } = await setUp((_request, response) => response.end(), {
      controls: { dial: () => ALL_CONTROLS.dial("127.0.0.1", port) },
    });
    expect(codeOf(await egress.send(tool("example.org:443"), get("https://example.org/"), signal))).toBe(
      "FETCH_FAILED",
    );
    expect(hello).toContain("example.org");
    expect(codeOf(await egress.send(tool("8.8.8.8:443"), get("https://8.8.8.8/"), signal))).toBe("FETCH_FAILED");
    server.close();
  });

  it("stops when it is told to, before and during an exchange", async () => {
    const { egress } = await setUp(() => undefined);
    const before = await egress.send(tool("example.org:80"), get("http://example.org/"), AbortSignal.abort());
    const during = await egress.send(tool("example.org:80"), get("http://example.org/"), AbortSignal.timeout(50));
    for (const answer of [before, during]) expect(!answer.ok && answer.error.context["problem"]).toBe("it was stopped");
  });

  it("sends nothing after it was closed", async () => {
    const { world, egress } = await setUp((_request, response) => response.end());
    await egress.send(tool("example.org:80"), get("http://example.org/"), signal);
    await egress.close();
    expect(codeOf(await egress.send(tool("example.org:80"), get("http://example.org/"), signal))).toBe("FETCH_FAILED");
    expect(
      codeOf(
        await egress.send(
          { kind: "tool", hosts: ["example.org:80"], granted: ["a:1"] },
          get("http://example.org/"),
          signal,
        ),
      ),
    ).toBe("FETCH_FAILED");
    expect(world.hits).toHaveLength(1);
  });

  it("forgets the oldest connections when many authorities come by", async () => {
    const { world, egress } = await setUp((_request, response) => response.end());
    for (let index = 0; index < 40; index += 1) {
      const authority: EgressAuthority = { kind: "tool", hosts: ["example.org:80"], granted: [`nas.example:${index}`] };
      expect(codeOf(await egress.send(authority, get("http://example.org/"), signal))).toBe("status 200");
    }
    expect(world.hits).toHaveLength(40);
  });
});
