import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { signal, tool, get, setUp, codeOf } from "./test-support/set-up.ts";

describe("limits", () => {
  const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));

  it("counts decompressed bytes: a bomb of a few kilobytes is refused", async () => {
    const { egress } = await setUp((_request, response) => response.setHeader("content-encoding", "gzip").end(bomb));
    expect(bomb.byteLength).toBeLessThan(20_000);
    const answer = await egress.send(tool("example.org:80"), get("http://example.org/", { maxBytes: 100_000 }), signal);
    expect(!answer.ok && answer.error).toMatchObject({ code: "RESPONSE_TOO_LARGE", context: { limit: 100_000 } });
    expect(codeOf(await egress.send(tool("example.org:80"), get("http://example.org/"), signal))).toBe(
      "RESPONSE_TOO_LARGE",
    );
  });

  it("refuses an endless answer without reading it all", async () => {
    let written = 0;
    const { egress } = await setUp((_request, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
        if (!response.destroyed) response.once("drain", pour);
      };
      pour();
    });
    expect(
      codeOf(await egress.send(tool("example.org:80"), get("http://example.org/", { maxBytes: 1_000_000 }), signal)),
    ).toBe("RESPONSE_TOO_LARGE");
    expect(written).toBeLessThan(50_000_000);
  });

  it.each([
    ["gzip", gzipSync("hello")],
    ["x-gzip", gzipSync("hello")],
    ["deflate", deflateSync("hello")],
    ["br", brotliCompressSync("hello")],
    ["identity", Buffer.from("hello")],
    ["", Buffer.from("hello")],
  ])("reads %j", async (encoding, bytes) => {
    const { egress } = await setUp((_request, response) => response.setHeader("content-encoding", encoding).end(bytes));
    const answer = await egress.send(tool("example.org:80"), get("http://example.org/"), signal);
    expect(answer.ok && Buffer.from(answer.value.body).toString()).toBe("hello");
  });

  it.each([
    ["gzip", Buffer.from("not gzip at all"), "the compressed answer is damaged"],
    ["gzip", gzipSync("hello hello hello").subarray(0, 12), "the compressed answer is cut off"],
    ["gzip, gzip", gzipSync(gzipSync("hello")), "the answer is encoded in a way that is not accepted"],
    ["constructor", Buffer.from("x"), "the answer is encoded in a way that is not accepted"],
  ])("refuses a body in %j that cannot be read", async (encoding, bytes, problem) => {
    const { egress } = await setUp((_request, response) => response.setHeader("content-encoding", encoding).end(bytes));
    const answer = await egress.send(tool("example.org:80"), get("http://example.org/"), signal);
    expect(!answer.ok && answer.error).toMatchObject({ code: "FETCH_FAILED", context: { problem } });
  });

  it("refuses headers past 16 KB", async () => {
    const { egress } = await setUp((_request, response) => response.setHeader("x-long", "a".repeat(20_000)).end());
    const answer = await egress.send(tool("example.org:80"), get("http://example.org/"), signal);
    expect(!answer.ok && answer.error.context["problem"]).toBe("the answer's headers are too large");
  });

  it("says when an answer is cut off or is not HTTP", async () => {
    const cut = await setUp((request, response) => {
      response.setHeader("content-length", "100").write("half");
      setTimeout(() => request.socket.destroy(), 20);
    });
    expect(codeOf(await cut.egress.send(tool("example.org:80"), get("http://example.org/"), signal))).toBe(
      "FETCH_FAILED",
    );
    const odd = await setUp((request) => request.socket.end("SSH-2.0-OpenSSH\r\n\r\n"));
    const answer = await odd.egress.send(tool("example.org:80"), get("http://example.org/"), signal);
    expect(!answer.ok && answer.error.context["problem"]).toBe("the answer is not valid HTTP");
  });
});
