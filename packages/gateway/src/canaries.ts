import { Buffer } from "node:buffer";
import type { CryptoPort } from "@moltbot/contracts";

const PREFIX = "mbc-";
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
/** Both halves have eighty bits: sixteen characters of five. */
const HALF_BYTES = 10;
const HALF = 16;
const PURPOSE = "canary";
const SHAPE = /^mbc-[a-z2-7]{32}$/;

/** Base32 of RFC 4648 in lower case, without padding. */
const base32 = (bytes: Uint8Array): string => {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.replaceAll(/.{5}/g, (five) => ALPHABET[Number.parseInt(five, 2)] ?? "");
};

/** Texts to leave where nobody should read them. */
export interface Canaries {
  /** A new one: `mbc-` and 32 characters of base32. */
  make(): string;
  /** Whether this home made it. Upper and lower case are one. */
  is(text: string): boolean;
}

/** The second half is a MAC of the first, so that none must be stored and nobody else can make one: a stranger who could would raise false alarms. */
export const createCanaries = (crypto: Pick<CryptoPort, "mac" | "randomText" | "equal">): Canaries => {
  const seal = (half: string): string => base32(Buffer.from(crypto.mac(PURPOSE, half), "hex").subarray(0, HALF_BYTES));
  return Object.freeze<Canaries>({
    make: () => {
      const half = base32(Buffer.from(crypto.randomText(HALF_BYTES), "base64url"));
      return `${PREFIX}${half}${seal(half)}`;
    },
    is: (text) => {
      const word = text.toLowerCase();
      if (!SHAPE.test(word)) return false;
      const half = word.slice(PREFIX.length, PREFIX.length + HALF);
      return crypto.equal(seal(half), word.slice(PREFIX.length + HALF));
    },
  });
};
