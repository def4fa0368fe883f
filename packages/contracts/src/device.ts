import { z } from "zod";
import { DeviceId, Instant, SessionId } from "./ids.ts";

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** A public key as the device made it (RFC 7517): ECDSA P-256, or Ed25519 (RFC 8037). No private part is ever taken. */
export const DeviceKey = z.discriminatedUnion("kty", [
  z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate }),
  z.strictObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: coordinate }),
]);
export type DeviceKey = Readonly<z.infer<typeof DeviceKey>>;

/** A paired phone, computer or program of a person. */
export const Device = z.strictObject({
  id: DeviceId,
  name: z.string(),
  /** RFC 7638 thumbprint of its key, base64url of SHA-256. */
  thumbprint: z.string(),
  pairedAt: Instant,
  /** To the minute. */
  lastSeenAt: Instant.nullable(),
  /** Without a refresh until then it has to be paired again. */
  idleUntil: Instant,
  /** Whatever it does, it has to be paired again then. */
  expiresAt: Instant,
  revokedAt: Instant.nullable(),
});
export type Device = Readonly<z.infer<typeof Device>>;

/** What a device holds: the access token is good for ten minutes at most and only with the device's key; the refresh token once. */
export const DeviceTokens = z.strictObject({
  deviceId: DeviceId,
  /** A JWT (RFC 7519, RFC 9068) for `Authorization: DPoP …` (RFC 9449). */
  accessToken: z.string(),
  expiresAt: Instant,
  refreshToken: z.string(),
});
export type DeviceTokens = Readonly<z.infer<typeof DeviceTokens>>;

/** A browser's session, as its person may see it. */
export const SessionInfo = z.strictObject({
  id: SessionId,
  createdAt: Instant,
  lastSeenAt: Instant.nullable(),
  idleUntil: Instant,
  expiresAt: Instant,
  /** Whether it is the one that asks. */
  current: z.boolean(),
});
export type SessionInfo = Readonly<z.infer<typeof SessionInfo>>;
