import { inspect } from "node:util";
import { instantOf } from "@moltbot/contracts";
import type { ClockPort, Instant } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { must, openCheaply, testOptions } from "../../../packages/storage/src/vault/testing/open-test-vault.ts";

const VALUES = [
  "sk-plain-0123456789",
  "it's-0123456789-quoted",
  'double"quote-0123456789',
  "back\\slash-0123456789",
  "-----BEGIN KEY-----\nMIIB0123456789\nabcdef\n-----END KEY-----",
  "tab\tinside-0123456789",
  "ümlaut-🔑-0123456789",
  "c0ntrol-\u0001-0123456789",
] as const;

/** Ways in which a library quotes what it was given in its complaint. */
const COMPLAINTS: Readonly<Record<string, (value: string) => unknown>> = {
  message: (value) => new Error(`bad header: Bearer ${value}`),
  member: (value) => Object.assign(new Error("bad header"), { headers: { authorization: `Bearer ${value}` } }),
  list: (value) => Object.assign(new Error("bad header"), { headers: ["authorization", `Bearer ${value}`] }),
  "long list": (value) =>
    Object.assign(new Error("bad header"), { headers: [...Array.from({ length: 200 }, (_, at) => String(at)), value] }),
  deep: (value) => Object.assign(new Error("bad"), { a: { b: { c: { d: { e: { f: { g: { h: value } } } } } } } }),
  "behind much": (value) => Object.assign(new Error("bad"), { body: `${"x".repeat(20_000)}${value}` }),
  cause: (value) => new Error("outer", { cause: new Error("inner", { cause: { value } }) }),
  map: (value) => Object.assign(new Error("bad"), { headers: new Map([["authorization", value]]) }),
  bytes: (value) => Object.assign(new Error("bad"), { raw: Buffer.from(`GET / HTTP/1.1\r\nauthorization: ${value}`) }),
  base64: (value) => new Error(`bad header: Basic ${Buffer.from(value).toString("base64")}`),
  url: (value) => new Error(`bad url: https://a.example/?key=${encodeURIComponent(value)}`),
  json: (value) => new Error(`bad body: ${JSON.stringify({ value })}`),
  several: (value) => new AggregateError([new Error("one"), new Error(value)], "all failed"),
  "no error": (value) => ({ authorization: value }),
  text: (value) => value,
  hidden: (value) =>
    Object.assign(new Error("bad"), {
      [inspect.custom]: () => "bad",
      headers: { authorization: value },
    }),
};

/** Whether anything that can be reached from what was thrown says the value, in any of its spellings. */
const says = (thrown: unknown, value: string): boolean => {
  const spellings = [
    value,
    JSON.stringify(value).slice(1, -1),
    encodeURIComponent(value),
    Buffer.from(value).toString("base64"),
  ];
  const seen = new Set<unknown>();
  const look = (at: unknown): boolean => {
    if (typeof at === "string") return spellings.some((spelling) => at.includes(spelling));
    if (typeof at !== "object" || at === null || seen.has(at)) return false;
    seen.add(at);
    if (at instanceof Uint8Array) return look(Buffer.from(at).toString("utf8"));
    if (at instanceof Map || at instanceof Set) return look([...at.entries()]);
    return Reflect.ownKeys(at).some((key) => look(Reflect.get(at, key)));
  };
  return look(thrown);
};

describe("a library that quotes the secret it was lent in its complaint", () => {
  it("lets no spelling of it out of the loan", async () => {
    const vault = must(await openCheaply(testOptions()));
    const leaks: string[] = [];
    for (const value of VALUES) {
      must(await vault.secrets.set({ name: "k", value, hosts: ["a.example"], ownerId: null }));
      for (const [name, complain] of Object.entries(COMPLAINTS)) {
        const outcome: unknown = await vault
          .lend("k", "a.example", async () => {
            throw complain(value);
          })
          .catch((thrown: unknown) => thrown);
        if (says(outcome, value)) leaks.push(`${name}: ${JSON.stringify(value)}`);
      }
    }
    await vault.close();
    expect(leaks).toEqual([]);
  });
});

describe("a secret that is bound to a host", () => {
  const HOSTS = [
    "api.example.com.",
    ".api.example.com",
    "api.example.com:443",
    "api.example.com:8443",
    "api.example.com:",
    "user@api.example.com",
    "api.example.com@evil.example",
    "api.example.com/evil.example",
    "api.example.com#evil.example",
    "evil.example#api.example.com",
    " api.example.com",
    "api.example.com\u0000",
    "api.example.com\n",
    "api%2eexample.com",
    "api。example.com",
    "api.example.com.evil.example",
    "evil-api.example.com",
    "аpi.example.com",
    "xn--pi-6kc.example.com",
    "*.example.com",
    "*",
    "",
    "__proto__",
    "length",
  ] as const;

  it("is lent to that one alone, in whatever way another is written", async () => {
    const vault = must(await openCheaply(testOptions()));
    must(await vault.secrets.set({ name: "k", value: "sk-0123456789", hosts: ["API.example.com"], ownerId: null }));
    const told: string[] = [];
    for (const host of HOSTS) {
      const lent = await vault.lend("k", host, async (text) => void told.push(`${host}: ${text}`));
      expect(lent, host).toMatchObject({ ok: false, error: { code: "SECRET_NOT_BOUND" } });
    }
    expect(told).toEqual([]);
    expect(await vault.lend("k", "api.example.com", async () => "lent")).toEqual({ ok: true, value: "lent" });
    await vault.close();
  });

  it("cannot be bound to what is no exact host", async () => {
    const vault = must(await openCheaply(testOptions()));
    for (const host of HOSTS.filter(
      (one) => !/^(evil-)?(xn--pi-6kc|api)?\.?[a-z.-]*example\.com(\.evil\.example)?(:\d+)?$|^length$/.test(one),
    ))
      expect(await vault.secrets.set({ name: "k", value: "v", hosts: [host], ownerId: null }), host).toMatchObject({
        ok: false,
        error: { code: "REQUEST_INVALID" },
      });
    expect(vault.secrets.list()).toEqual([]);
    await vault.close();
  });

  it("is lent to nobody from the very millisecond of its end, also when the clock jumps, and none of it stays after the close", async () => {
    let now = 0;
    const clock: ClockPort = { now: () => instantOf(now), monotonic: () => now };
    const options = { ...testOptions(), clock };
    const vault = must(await openCheaply(options));
    const expiresAt: Instant = instantOf(10_000);
    must(
      await vault.secrets.set({ name: "k", value: "sk-0123456789", hosts: ["a.example"], ownerId: null, expiresAt }),
    );
    const lend = async (at: number): Promise<boolean> => {
      now = at;
      return (await vault.lend("k", "a.example", async () => "lent")).ok;
    };
    expect([await lend(9_999), await lend(10_000), await lend(10_001), await lend(8.64e15 / 100)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    now = 0;
    await vault.close();
    expect(await vault.lend("k", "a.example", async () => "lent")).toMatchObject({
      ok: false,
      error: { code: "VAULT_LOCKED" },
    });
    for (const shown of [inspect(vault, { depth: 20, showHidden: true }), JSON.stringify(vault)])
      expect(shown).not.toContain("sk-0123456789");
  });
});
