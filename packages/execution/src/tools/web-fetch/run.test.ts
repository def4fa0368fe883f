import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { err, label, moltbotError, ok } from "@moltbot/contracts";
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
  it("gives the words of a page with its title and where its links lead, without scripts, styles and pictures", async () => {
    const house = await houseThatAnswers(
      "<html><head><title> News &amp; more </title><style>p{}</style></head><body><script>evil()</script><h2>Hi</h2><p>Read <a href='https://x.example'>this</a>.</p><img src=x></body></html>",
    );
    const text = await textOf(house);
    expect(text.startsWith("News & more\n\n")).toBe(true);
    expect(text).toBe("News & more\n\n## Hi\n\nRead [this](https://x.example/).");
  });

  it("marks the words as untrusted, public and from that host, as something that was read there", async () => {
    const house = await houseThatAnswers("hello", "text/plain; charset=utf-8");
    const result = await house.run(callOf("web.fetch", { url: "https://example.org/" }));
    expect(result.ok && result.value).toMatchObject({
      text: "hello",
      label: label("untrusted", "public", [
        { kind: "host", ref: "example.org:443" },
        { kind: "tool", ref: "web.fetch" },
      ]),
    });
  });

  it.each([
    ["application/json", '{"a":1}'],
    ["application/ld+json", "{}"],
    ["text/csv", "a,b"],
    ["application/xml", "<a/>"],
    ["", null],
    ["application/octet-stream", null],
  ])("reads %s or says that it is no text", async (type, text) => {
    expect(await textOf(await houseThatAnswers(text ?? "binary", type))).toBe(
      text ?? "FETCH_FAILED: it is not text, JSON or XML",
    );
  });

  it.each([
    ["application/pdf", "it is a PDF"],
    ["image/svg+xml", "it is a picture, sound or film"],
    ["video/mp4", "it is a picture, sound or film"],
  ])("says what %s is, and what can be read", async (type, words) => {
    const said = await textOf(await houseThatAnswers("binary", type));
    expect(said).toBe(`FETCH_FAILED: ${words}, and only text, HTML, JSON and XML can be read`);
  });

  it("does not take a server's word that bytes are text", async () => {
    for (const body of ["%PDF-1.7\n1 0 obj", "PK\u0003\u0004\0\0binary"])
      expect(await textOf(await houseThatAnswers(body, "text/plain"))).toBe(
        "FETCH_FAILED: it is not text, JSON or XML",
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

  it.each<[string, string, number[], string]>([
    ["a byte order mark before the header", "text/html; charset=windows-1252", [0xef, 0xbb, 0xbf, 0xc3, 0xa9], "é"],
    ["UTF-16 by its mark", "text/plain", [0xff, 0xfe, 0xe9, 0x00], "é"],
    ["the page's own declaration", "text/html", [...Buffer.from("<meta charset='koi8-r'>"), 0xc1], "а"],
    [
      "the older form of it",
      "text/html",
      [...Buffer.from('<meta http-equiv=x content="text/html; charset=koi8-r">'), 0xc1],
      "а",
    ],
    ["a page that says UTF-16 in bytes that are not", "text/html", [...Buffer.from("<meta charset=utf-16>é")], "é"],
    [
      "the declaration of XML",
      "application/xhtml+xml",
      [...Buffer.from('<?xml version="1.0" encoding="koi8-r"?>'), 0xc1],
      "а",
    ],
    ["UTF-8 where nothing is said", "text/html", [...Buffer.from("é")], "é"],
    ["what old pages are in where that does not fit", "text/html", [0x63, 0x61, 0x66, 0xe9], "café"],
  ])("finds the charset by %s", async (_by, type, bytes, words) => {
    const house = await buildHouse(() => ({ ...page("", type), body: Uint8Array.from(bytes) }));
    open.push(house);
    expect(await textOf(house)).toBe(words);
  });

  it("says what of a page it left out, after its words", async () => {
    const text = await textOf(await houseThatAnswers("<p>Seen.</p><p hidden>Not seen.</p>"));
    expect(text).toBe("Seen.\n\n[Left out: 1 part that a visitor would not see.]");
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
      grantable: true,
    });
    expect(await resolve("http://169.254.169.254/latest")).not.toHaveProperty("grantable");
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
      secrets: {
        lendTo: async (_person, id) => err(moltbotError("SECRET_NOT_FOUND", { name: id })),
        lendAll: (use) => ok(use([])),
        lend: async (name) => err(moltbotError("SECRET_NOT_FOUND", { name })),
      },
      isCanary: () => false,
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
