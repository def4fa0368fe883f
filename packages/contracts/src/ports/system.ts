import type { DeviceKey } from "../device.ts";
import type { Digest, Instant } from "../ids.ts";

/** Time, handed in. */
export interface ClockPort {
  now(): Instant;
  /** Monotonic milliseconds, for measuring only. */
  monotonic(): number;
}

/** New ids (UUIDv7), handed in; the caller names the brand: `ids.next(MessageId)`. */
export interface IdPort {
  next<T>(kind: { parse(text: string): T }): T;
}

/** The primitives that pure rooms may ask for. Keys stay behind the port. */
export interface CryptoPort {
  /** SHA-256. */
  hash(bytes: string | Uint8Array): Digest;
  /** HMAC-SHA-256 under a key that lives in the vault; `purpose` separates uses. Lower-case hex. */
  mac(purpose: string, bytes: string | Uint8Array): string;
  /** HMAC-SHA-256 (RFC 2104) under a key that is itself a link of a chain, as hex. Lower-case hex. */
  macWith(key: string, bytes: string): string;
  /** `length` bytes of randomness, base64url. */
  randomText(length: number): string;
  /** Compares in constant time. */
  equal(a: string, b: string): boolean;
}

/** Checks signatures by public keys; it makes none. */
export interface SignaturePort {
  /** Whether it is a key of its kind: a point of its curve. */
  isKey(key: DeviceKey): boolean;
  /**
   * Whether the signature is the key's over these bytes: Ed25519 (RFC 8032), or ECDSA on P-256 with SHA-256 as the 64 bytes of r and s.
   * The key alone says which; false for anything malformed.
   */
  verify(key: DeviceKey, bytes: string | Uint8Array, signature: Uint8Array): boolean;
}

/** One line of the program's own log: ids and numbers, never content. */
export interface LogPort {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
