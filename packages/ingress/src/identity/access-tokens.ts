import { SignJWT, errors, jwtVerify } from "jose";
import { z } from "zod";
import { DeviceId, PrincipalId, instantOf, millisecondsOf } from "@moltbot/contracts";
import type { Instant } from "@moltbot/contracts";
import type { Counter } from "./counter.ts";

/** How long an access token is good, in seconds. */
const LENGTH = 600;
const WHOSE = "moltbot";
const MOST_GOOD = 1_000;

const Claims = z.object({
  sub: PrincipalId,
  client_id: DeviceId,
  iat: z.number(),
  exp: z.number(),
  cnf: z.object({ jkt: z.string() }),
});

/** What an access token says: a device, its person, and the only key with which it is worth anything. */
export interface AccessClaims {
  readonly deviceId: DeviceId;
  readonly principalId: PrincipalId;
  readonly thumbprint: string;
}

/** Access tokens of devices: JWTs (RFC 9068) that nobody but this house makes or reads, bound to a key (RFC 9449, 6.1). */
export interface AccessTokens {
  make(claims: AccessClaims): Promise<{ readonly text: string; readonly expiresAt: Instant }>;
  /** `over`: it was ours, and its time is up. */
  read(text: string): Promise<AccessClaims | "over" | "none of ours">;
}

export const createAccessTokens = ({
  accessKey,
  clock,
  crypto,
}: Pick<Counter, "accessKey" | "clock" | "crypto">): AccessTokens => {
  /** Those that were found good, until their end: a signature is checked once, everything else at each request. */
  const good = new Map<string, { readonly claims: AccessClaims; readonly until: number }>();
  const remember = (text: string, claims: AccessClaims, until: number): void => {
    const [oldest] = good.keys();
    if (good.size >= MOST_GOOD && oldest !== undefined) good.delete(oldest);
    good.set(text, { claims, until });
  };
  return {
    async make({ deviceId, principalId, thumbprint }) {
      const now = Math.floor(millisecondsOf(clock.now()) / 1000);
      const text = await new SignJWT({ client_id: deviceId, cnf: { jkt: thumbprint } })
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
        .setIssuer(WHOSE)
        .setAudience(WHOSE)
        .setSubject(principalId)
        .setJti(crypto.randomText(16))
        .setIssuedAt(now)
        .setExpirationTime(now + LENGTH)
        .sign(accessKey);
      return { text, expiresAt: instantOf((now + LENGTH) * 1000) };
    },
    async read(text) {
      const known = good.get(text);
      if (known !== undefined && millisecondsOf(clock.now()) < known.until) return known.claims;
      good.delete(text);
      try {
        const { payload } = await jwtVerify(text, accessKey, {
          algorithms: ["HS256"],
          typ: "at+jwt",
          audience: WHOSE,
          issuer: WHOSE,
          requiredClaims: ["exp", "iat", "jti"],
          currentDate: new Date(millisecondsOf(clock.now())),
        });
        const claims = Claims.safeParse(payload);
        if (!claims.success || claims.data.exp - claims.data.iat > LENGTH) return "none of ours";
        const { sub, client_id, cnf } = claims.data;
        const read: AccessClaims = { deviceId: client_id, principalId: sub, thumbprint: cnf.jkt };
        remember(text, read, claims.data.exp * 1000);
        return read;
      } catch (thrown) {
        // The library looks at the signature before it looks at the time.
        return thrown instanceof errors.JWTExpired ? "over" : "none of ours";
      }
    },
  };
};
