import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { helloFor } from "../test-support/gate-world.ts";
import { serverNameOf } from "./server-name.ts";

describe("the server's name in a hello", () => {
  it("is read whole, in pieces and in records of any size, and nothing else is taken for one", async () => {
    const hello = await helloFor("Example.ORG");
    expect(serverNameOf(hello)).toEqual({ kind: "hello", name: "example.org" });
    for (let length = 0; length < hello.length; length += 1)
      expect(serverNameOf(hello.subarray(0, length)).kind).toBe("more");
    const body = hello.subarray(5);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: body.length }), (size) => {
        const records = Array.from({ length: Math.ceil(body.length / size) }, (_, at) =>
          body.subarray(at * size, (at + 1) * size),
        );
        const split = Buffer.concat(
          records.flatMap((record) => [Buffer.from([22, 3, 1, record.length >> 8, record.length & 255]), record]),
        );
        expect(serverNameOf(split)).toEqual({ kind: "hello", name: "example.org" });
      }),
      { numRuns: 100, seed: 7 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(hello.length - 1), fc.nat(255), (noise, at, byte) => {
        expect(["more", "refused", "hello"]).toContain(serverNameOf(Buffer.from(noise)).kind);
        const changed = Buffer.from(hello);
        changed[at] = byte;
        expect(["more", "refused", "hello"]).toContain(serverNameOf(changed).kind);
      }),
      { numRuns: 500, seed: 7 },
    );
  });

  it("is refused where it stands twice, or could stand encrypted", async () => {
    const hello = await helloFor("example.org");
    const withMore = (extension: Buffer): Buffer => {
      const message = hello.subarray(9);
      const start = 34 + 1 + (message[34] ?? 0);
      const ciphers = start + 2 + message.readUInt16BE(start);
      const at = ciphers + 1 + (message[ciphers] ?? 0);
      const extensions = Buffer.concat([message.subarray(at + 2), extension]);
      const size = Buffer.from([extensions.length >> 8, extensions.length & 255]);
      const body = Buffer.concat([message.subarray(0, at), size, extensions]);
      const head = Buffer.from([1, 0, body.length >> 8, body.length & 255]);
      const length = body.length + 4;
      return Buffer.concat([Buffer.from([22, 3, 1, length >> 8, length & 255]), head, body]);
    };
    expect(serverNameOf(withMore(Buffer.from([0x12, 0x34, 0, 0])))).toMatchObject({
      kind: "hello",
      name: "example.org",
    });
    expect(serverNameOf(withMore(Buffer.from([0xfe, 0x0d, 0, 1, 0])))).toMatchObject({
      kind: "refused",
      problem: "its hello is encrypted",
    });
    expect(serverNameOf(withMore(Buffer.from([0, 0, 0, 6, 0, 4, 0, 0, 1, 0x65])))).toMatchObject({
      kind: "refused",
      problem: "it names two servers",
    });
  });

  /** A hello of one record that holds these extensions; null: it ends before them. */
  const helloWith = (extensions: Buffer | null): Buffer => {
    const sized = (bytes: Buffer): Buffer => Buffer.from([bytes.length >> 8, bytes.length & 255]);
    const fixed = Buffer.concat([Buffer.from([3, 3]), Buffer.alloc(32), Buffer.from([0, 0, 2, 0x13, 1, 1, 0])]);
    const body = extensions === null ? fixed : Buffer.concat([fixed, sized(extensions), extensions]);
    const message = Buffer.concat([Buffer.from([1, 0]), sized(body), body]);
    return Buffer.concat([Buffer.from([22, 3, 1]), sized(message), message]);
  };
  const naming = (list: readonly number[]): Buffer => Buffer.from([0, 0, 0, list.length, ...list]);

  it("is none in a hello of the old kind, without a single extension, or with none that names one", () => {
    for (const extensions of [null, Buffer.alloc(0)])
      expect(serverNameOf(helloWith(extensions))).toEqual({ kind: "hello", name: null });
  });

  it.each([
    ["of another kind than a host's", [0, 4, 1, 0, 1, 0x61]],
    ["with something behind its list", [0, 4, 0, 0, 1, 0x61, 0]],
    ["beside a second in one list", [0, 8, 0, 0, 1, 0x61, 0, 0, 1, 0x62]],
    ["that is cut off", [0, 4, 0, 0, 9, 0x61]],
    ["in an empty list", [0, 0]],
  ])("is refused %s: readers would disagree on it", (_how, list) => {
    expect(serverNameOf(helloWith(naming([0, 4, 0, 0, 1, 0x61])))).toEqual({ kind: "hello", name: "a" });
    expect(serverNameOf(helloWith(naming(list)))).toEqual({ kind: "refused", problem: "its hello is damaged" });
  });

  it("is not waited for without end: a hello that goes on and on is refused", () => {
    const record = Buffer.concat([
      Buffer.from([22, 3, 1, 0x40, 0]),
      Buffer.from([1, 0xff, 0xff, 0xff]),
      Buffer.alloc(16_380),
    ]);
    const next = Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0]), Buffer.alloc(16_384)]);
    expect(serverNameOf(Buffer.concat([record, next, next]))).toEqual({ kind: "more" });
    expect(serverNameOf(Buffer.concat([record, next, next, next]))).toEqual({
      kind: "refused",
      problem: "its hello is too long",
    });
  });
});
