import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { err, label, moltbotError } from "@moltbot/contracts";
import { createEgress } from "../../egress/index.ts";
import { createToolExecutor } from "../create-tool-executor.ts";
import { alwaysOk, buildHouse, callOf, page, scope } from "../test-support/world.ts";
import type { House } from "../test-support/world.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});
const houseThatAnswers = async (...args: Parameters<typeof page>): Promise<House> => {
  const house = await buildHouse(() => page(...args));
  open.push(house);
  return house;
};
const textOf = async (house: House, url = "https://example.org/"): Promise<string> => {
  const result = await house.run(callOf("web.fetch", { url }));
  return result.ok ? result.value.text : `${result.error.code}: ${result.error.context["problem"]}`;
};

describe("web.fetch", () => {
  it("gives the words of a page with its title, without scripts, styles and link addresses", async () => {
    const house = await houseThatAnswers(
      "<html><head><title> News &amp; more </title><style>p{}</style></head><body><script>evil()</script><h2>Hi</h2><p>Read <a href='https://x.example'>this</a>.</p><img src=x></body></html>",
    );
    const text = await textOf(house);
    expect(text.startsWith("News & more\n\n")).toBe(true);
    expect(text).toContain("Read this.");
    expect(text).not.toMatch(/evil|x\.example|p\{/);
  });

  it("marks the words as untrusted, public and from that host", async () => {
    const house = await houseThatAnswers("hello", "text/plain; charset=utf-8");
    const result = await house.run(callOf("web.fetch", { url: "https://example.org/" }));
    expect(result.ok && result.value).toMatchObject({
      text: "hello",
      label: label("untrusted", "public", [{ kind: "host", ref: "example.org:443" }]),
    });
  });

  it.each([
    ["application/json", '{"a":1}'],
    ["application/ld+json", "{}"],
    ["text/csv", "a,b"],
    ["application/xml", "<a/>"],
    ["image/svg+xml", null],
    ["application/pdf", null],
    ["", null],
    ["application/octet-stream", null],
  ])("reads %s or says that it is no text", async (type, text) => {
    expect(await textOf(await houseThatAnswers(text ?? "binary", type))).toBe(
      text ?? "FETCH_FAILED: it is not text, JSON or XML",
    );
  });

  it("reads other alphabets by the page's own charset, and unknown ones as UTF-8", async () => {
    const house = await buildHouse(() => ({
      ...page("", 'text/plain; charset="iso-8859-1"'),
      body: Buffer.from([0x63, 0x61, 0x66, 0xe9]),
    }));
    open.push(house);
    expect(await textOf(house)).toBe("café");
    expect(await textOf(await houseThatAnswers("é", "text/plain;charset=klingon"))).toBe("é");
  });

  it("shortens what is too long and says so", async () => {
    const text = await textOf(await houseThatAnswers("é".repeat(30_000), "text/plain"));
    expect(text).toContain("[Shortened: the first 32768 of 60000 bytes.]");
    expect(Buffer.byteLength(text)).toBeLessThan(33_000);
    expect(text).not.toContain("\ufffd");
  });

  it("passes an error status on as one", async () => {
    expect(await textOf(await houseThatAnswers("gone", "text/html", 404))).toBe(
      "FETCH_FAILED: it answered with status 404",
    );
  });

  it("resolves to the exact host and port, and refuses an inside address without dialling", async () => {
    const house = await houseThatAnswers("x");
    const resolve = async (url: string) => {
      const resolved = await house.tools.resolve(callOf("web.fetch", { url }));
      return resolved.ok ? resolved.value[0] : resolved.error.code;
    };
    expect(await resolve("https://example.org/a")).toEqual({
      argument: "url",
      kind: "host",
      value: "example.org:443",
      readers: "public",
      refusal: null,
    });
    expect(await resolve("http://127.0.0.1:18789/")).toEqual({
      argument: "url",
      kind: "host",
      value: "127.0.0.1:18789",
      readers: "public",
      refusal: "ADDRESS_REFUSED",
    });
    expect(await resolve("example.org")).toBe("URL_INVALID");
    expect(house.sent).toEqual([]);
  });

  it("does not reach loopback even when it is run past every question", async () => {
    let hits = 0;
    const server = createServer((_request, response) => {
      hits += 1;
      response.end("inside");
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo; // a TCP server has no other address
    const silent = (): void => undefined;
    const egress = createEgress({
      secrets: { lend: async (name) => err(moltbotError("SECRET_NOT_FOUND", { name })) },
      lookup: async () => ["127.0.0.1"],
      log: { debug: silent, info: silent, warn: silent, error: silent },
    });
    const house = await buildHouse();
    open.push({ close: async () => void server.close() }, egress, house);
    const tools = createToolExecutor({ ...house.ports, egress, redeemer: alwaysOk });
    for (const url of [
      `http://127.0.0.1:${port}/`,
      `http://localhost:${port}/`,
      `http://inside.example:${port}/`,
      `http://[::ffff:127.0.0.1]:${port}/`,
    ]) {
      const call = callOf("web.fetch", { url });
      const result = await tools.run(house.permits.mint(call), call, scope, new AbortController().signal);
      expect(!result.ok && result.error.code).toBe("ADDRESS_REFUSED");
    }
    const odd = callOf("web.fetch", { url: "file:///etc/passwd" });
    const refused = await tools.run(house.permits.mint(odd), odd, scope, new AbortController().signal);
    expect(!refused.ok && refused.error.code).toBe("URL_INVALID");
    expect(hits).toBe(0);
  });
});
