import { calculateJwkThumbprint, importJWK, jwtVerify } from "jose";
import type { JWTHeaderParameters } from "jose";
import { z } from "zod";
import { DeviceKey, err, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { DpopRequest, Result } from "@moltbot/contracts";
import type { Counter } from "./counter.ts";
import { PROOF_TOLERANCE } from "./spent-proofs.ts";

/** A key of one kind signs in one way; everything else is refused by name, `none` and symmetric ones among it. */
const ALGORITHMS = { EC: "ES256", OKP: "EdDSA" } as const;
const LONGEST = 4_096;

const Claims = z.object({
  jti: z.string().min(8).max(128),
  htm: z.string(),
  htu: z.string().max(2_048),
  iat: z.number(),
  ath: z.string().optional(),
});

/** A proof whose signature, time and address are right. Whether its key is the right one is for the caller to say. */
export interface GoodProof {
  readonly id: string;
  readonly key: DeviceKey;
  /** RFC 7638, SHA-256, base64url. */
  readonly thumbprint: string;
  /** Seconds since 1970, by its device's clock. */
  readonly madeAt: number;
}

export interface DpopProofs {
  /** PROOF_INVALID unless it was made for this very request, just now, and for this access token when there is one. */
  check(request: DpopRequest, accessToken: string | null): Promise<Result<GoodProof>>;
}

const invalid = (problem: string): Result<never> => err(moltbotError("PROOF_INVALID", { problem }));

/** RFC 7638. */
export const thumbprintOf = (key: DeviceKey): Promise<string> => calculateJwkThumbprint({ ...key }, "sha256");

/** The key in a proof's header, as strict as that of a device: public parts alone, of the kind that its algorithm says. */
const keyIn = ({ alg, jwk }: JWTHeaderParameters): DeviceKey => {
  const key = DeviceKey.parse(jwk);
  if (ALGORITHMS[key.kty] !== alg) throw new TypeError("the algorithm is not the key's");
  return key;
};

/** A key that signed something, as it is used. */
interface KnownKey {
  readonly key: DeviceKey;
  readonly imported: CryptoKey | Uint8Array;
  readonly thumbprint: string;
}
const MOST_KEYS = 1_000;

/** Keys by their own parts, so that a device's is imported once; bounded, the one used least lately goes first. */
const createKnownKeys = (): ((key: DeviceKey) => Promise<KnownKey>) => {
  const known = new Map<string, KnownKey>();
  return async (key) => {
    const name = JSON.stringify(key);
    const found = known.get(name);
    const entry = found ?? {
      key,
      imported: await importJWK({ ...key }, ALGORITHMS[key.kty]),
      thumbprint: await thumbprintOf(key),
    };
    known.delete(name);
    const [oldest] = known.keys();
    if (known.size >= MOST_KEYS && oldest !== undefined) known.delete(oldest);
    known.set(name, entry);
    return entry;
  };
};

/** Scheme, host and path, written in one way; null for what is no address. */
const placeOf = (url: string): string | null => {
  if (!URL.canParse(url)) return null;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
};

/** Reads DPoP proofs (RFC 9449, 4.3). One made before this process began could have been used before it: it is refused too. */
export const createDpopProofs = ({ crypto, clock }: Pick<Counter, "crypto" | "clock">): DpopProofs => {
  const secondsNow = (): number => millisecondsOf(clock.now()) / 1000;
  const began = Math.floor(secondsNow());
  const knownKey = createKnownKeys();
  const digestOf = (text: string): string => Buffer.from(crypto.hash(text), "hex").toString("base64url");

  const read = async (
    proof: string,
  ): Promise<{ readonly claims: z.infer<typeof Claims>; readonly signer: KnownKey } | null> => {
    try {
      let signer: KnownKey | undefined;
      const { payload } = await jwtVerify(
        proof,
        async (header) => {
          signer = await knownKey(keyIn(header));
          return signer.imported;
        },
        { algorithms: Object.values(ALGORITHMS), typ: "dpop+jwt", currentDate: new Date(secondsNow() * 1000) },
      );
      const claims = Claims.safeParse(payload);
      return claims.success && signer !== undefined ? { claims: claims.data, signer } : null;
    } catch {
      return null; // whatever the library did not like about it: it is no proof
    }
  };

  return {
    async check({ proof, method, url }, accessToken) {
      const good = proof.length > LONGEST ? null : await read(proof);
      if (good === null) return invalid("it is not a signed dpop+jwt with a public key of its own (ES256 or EdDSA)");
      const { jti, htm, htu, iat, ath } = good.claims;
      if (htm !== method) return invalid("it was made for another method");
      const place = placeOf(htu);
      if (place === null || place !== placeOf(url)) return invalid("it was made for another address");
      if (Math.abs(secondsNow() - iat) > PROOF_TOLERANCE) return invalid("its time is more than a minute off");
      if (iat < began) return invalid("it was made before the gateway started");
      if (accessToken !== null && ath !== digestOf(accessToken)) return invalid("it was made for another access token");
      return ok({ id: jti, key: good.signer.key, thumbprint: good.signer.thumbprint, madeAt: iat });
    },
  };
};
