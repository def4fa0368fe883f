import { randomBytes } from "../crypto/index.ts";

/** Crockford's base 32: no I, L, O or U, which a person would misread. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Its check character counts modulo 37, which finds every wrong character and every swap of two neighbours. */
const CHECKS = `${DIGITS}*~$=U`;
const CODE_BYTES = 20;
const CODE_DIGITS = 32;
const GROUP = 4;

const digitsOf = (bytes: Uint8Array): string => {
  let number = BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
  let digits = "";
  for (let at = 0; at < CODE_DIGITS; at += 1) {
    digits = (DIGITS[Number(number % 32n)] ?? "") + digits;
    number /= 32n;
  }
  return digits;
};

const checkOf = (bytes: Uint8Array): string =>
  CHECKS[Number(BigInt(`0x${Buffer.from(bytes).toString("hex")}`) % 37n)] ?? "";

/** A recovery code as a person writes it down: eight groups of four and a check character. `bytes` has 20. */
export const recoveryCodeOf = (bytes: Uint8Array): string =>
  [...(digitsOf(bytes).match(new RegExp(`.{${String(GROUP)}}`, "g")) ?? []), checkOf(bytes)].join("-");

/** 160 random bits. */
export const newRecoveryBytes = (): Uint8Array => randomBytes(CODE_BYTES);

/** What a person typed, in any case, with or without hyphens and spaces; null when it cannot be a code. */
export const readRecoveryCode = (typed: string): Uint8Array | null => {
  const plain = typed.toUpperCase().replace(/[\s-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  const digits = plain.slice(0, CODE_DIGITS);
  if (plain.length !== CODE_DIGITS + 1) return null;
  let number = 0n;
  for (const digit of digits) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) return null;
    number = number * 32n + BigInt(value);
  }
  const bytes = Buffer.from(number.toString(16).padStart(CODE_BYTES * 2, "0"), "hex");
  return checkOf(bytes) === plain.slice(CODE_DIGITS) ? bytes : null;
};
