import { SignJWT, exportJWK, generateKeyPair } from "jose";
import type { JWTHeaderParameters } from "jose";
import { DeviceKey } from "@moltbot/contracts";
import type { ClockPort, DeviceTokens, DpopRequest, Principal } from "@moltbot/contracts";
import { millisecondsOf } from "@moltbot/contracts";
import type { Identity } from "../identity.ts";
import { must, testCrypto } from "./world.ts";

export const ORIGIN = "https://molt.example";
let count = 0;

/** What a test may change about a proof. */
export interface ProofWish {
  readonly header?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Signs with this instead of the device's own key. */
  readonly signer?: CryptoKey | Uint8Array;
}

/** A device with a key of its own, as RFC 9449 wants it to speak. */
export interface TestDevice {
  readonly key: DeviceKey;
  readonly privateKey: CryptoKey;
  proof(method: string, path: string, accessToken?: string | null, wish?: ProofWish): Promise<DpopRequest>;
}

export const createDevice = async (
  clock: Pick<ClockPort, "now">,
  algorithm: "ES256" | "EdDSA" = "ES256",
): Promise<TestDevice> => {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const { kty, crv, x, y } = await exportJWK(publicKey);
  const key = DeviceKey.parse({ kty, crv, x, ...(y === undefined ? {} : { y }) });
  return {
    key,
    privateKey,
    async proof(method, path, accessToken = null, { header = {}, claims = {}, signer = privateKey } = {}) {
      const url = `${ORIGIN}${path}`;
      const proof = await new SignJWT({
        jti: `proof-number-${(count += 1)}`,
        htm: method,
        htu: url,
        iat: Math.floor(millisecondsOf(clock.now()) / 1000),
        ...(accessToken === null
          ? {}
          : { ath: Buffer.from(testCrypto.hash(accessToken), "hex").toString("base64url") }),
        ...claims,
      })
        .setProtectedHeader({ alg: algorithm, typ: "dpop+jwt", jwk: key, ...header } as JWTHeaderParameters) // a test may send any header
        .sign(signer);
      return { proof, method, url };
    },
  };
};

/** Pairs the device with the person, as the person's phone would. */
export const pair = async (identity: Identity, person: Principal, device: TestDevice): Promise<DeviceTokens> => {
  const { code } = must(await identity.createPairing(person));
  return must(
    await identity.pairDevice(
      { code, name: "phone", key: device.key },
      await device.proof("POST", "/v2/devices"),
      "10.0.0.1",
    ),
  );
};

export const refresh = async (
  identity: Identity,
  device: TestDevice,
  refreshToken: string,
  address = "10.0.0.1",
): ReturnType<Identity["refreshDevice"]> =>
  identity.refreshDevice(refreshToken, await device.proof("POST", "/v2/devices/token"), address);
