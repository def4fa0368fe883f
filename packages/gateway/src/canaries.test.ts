import { createCrypto } from "@moltbot/storage/crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCanaries } from "./canaries.ts";

const crypto = createCrypto(Buffer.alloc(32, 7));
const canaries = createCanaries(crypto);

describe("a canary", () => {
  it("is `mbc-` and 32 characters, another one each time, and known again though nothing was kept", () => {
    const made = Array.from({ length: 50 }, () => canaries.make());
    expect(made.every((text) => /^mbc-[a-z2-7]{32}$/.test(text))).toBe(true);
    expect(new Set(made).size).toBe(50);
    const afterRestart = createCanaries(createCrypto(Buffer.alloc(32, 7)));
    expect(made.every((text) => afterRestart.is(text) && afterRestart.is(text.toUpperCase()))).toBe(true);
  });

  it("of another home, or with one character changed, is none", () => {
    const [mine, stranger] = [canaries.make(), createCanaries(createCrypto(Buffer.alloc(32, 8))).make()];
    expect(canaries.is(stranger)).toBe(false);
    for (let at = 4; at < mine.length; at += 1) {
      const changed = `${mine.slice(0, at)}${mine[at] === "a" ? "b" : "a"}${mine.slice(at + 1)}`;
      expect(canaries.is(changed)).toBe(false);
    }
  });

  it("is nothing that a stranger could write", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^mbc-[a-z2-7]{32}$/)), (text) => !canaries.is(text)),
    );
  });

  it("unplug: with a seal that anybody can make, a stranger's canary raises our alarm", () => {
    const open = createCanaries({ ...crypto, mac: () => "00".repeat(32), equal: () => true });
    expect(open.is(`mbc-${"a".repeat(32)}`)).toBe(true);
    expect(canaries.is(`mbc-${"a".repeat(32)}`)).toBe(false);
  });
});
