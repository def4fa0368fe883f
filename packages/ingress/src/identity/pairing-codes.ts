import { done, err, moltbotError } from "@moltbot/contracts";
import type { ClockPort, CryptoPort, Result } from "@moltbot/contracts";

/** Crockford's base 32: no letter that is mistaken for a digit, none for another letter. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE = /^[0-9A-HJKMNP-TV-Z]{8}$/;
const BYTES = 5;

/** Forty random bits as two groups of four. */
export const newPairingCode = (crypto: Pick<CryptoPort, "randomText">): string => {
  const bytes = Buffer.from(crypto.randomText(BYTES), "base64url");
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  const letters = Array.from({ length: 8 }, (_, place) => ALPHABET[Number((bits >> BigInt(35 - 5 * place)) & 31n)]);
  return `${letters.slice(0, 4).join("")}-${letters.slice(4).join("")}`;
};

/** The code as it was meant, however it was typed; null for what is none. */
export const readPairingCode = (text: string): string | null => {
  const code = text.toUpperCase().replaceAll(/[\s-]/g, "").replaceAll("O", "0").replaceAll(/[IL]/g, "1");
  return CODE.test(code) ? code : null;
};

const WINDOW = 10 * 60_000;
const TRIES = 1_000;

/** Counts wrong pairing codes of everybody together: forty bits are enough only where nobody may try often, from however many addresses. */
export interface PairingTries {
  /** LOCKED_OUT when all tries of these ten minutes are used up. */
  open(): Result<void>;
  wrong(): void;
}

export const createPairingTries = (clock: Pick<ClockPort, "monotonic">): PairingTries => {
  let began = 0;
  let count = 0;
  return {
    open() {
      const left = began + WINDOW - clock.monotonic();
      if (count < TRIES || left <= 0) return done;
      return err(moltbotError("LOCKED_OUT", { retryAfter: Math.ceil(left / 1000) }));
    },
    wrong() {
      const now = clock.monotonic();
      if (now - began >= WINDOW) [began, count] = [now, 0];
      count += 1;
    },
  };
};
