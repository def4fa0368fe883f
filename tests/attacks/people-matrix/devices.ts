import { createDeviceKey, dpopTransport, publicKeyOf } from "@moltbot/client";
import type { Transport } from "@moltbot/client";
import { OPERATIONS } from "@moltbot/contracts";
import type { DeviceTokens } from "@moltbot/contracts";
import { makeProof } from "../../../packages/client/src/device-key.ts";
import { given, strangerCaller, withPath } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";

const webCrypto = globalThis.crypto;

/** A device of somebody: as a program lives with it, and as a thief has it who took all of it elsewhere. */
export interface PairedDevice {
  readonly id: string;
  readonly transport: Transport;
  /** With its own key and access token, from addresses of which none was seen before. */
  readonly fromAnywhere: Caller;
  /** Tries to come back with its refresh token. */
  readonly refresh: () => ReturnType<Caller>;
}

/** Pairs a new device with whoever calls. */
export const pairDeviceOf = async (url: string, call: Caller, name: string): Promise<PairedDevice> => {
  const keys = await createDeviceKey(webCrypto);
  const proof = (method: string, path: string, accessToken: string | null): Promise<string> =>
    makeProof(webCrypto, keys, { method, url: url + path, accessToken, now: Date.now() });
  const post = async (operation: "devices.pair" | "devices.refresh", input: Readonly<Record<string, unknown>>) =>
    strangerCaller(url, { dpop: await proof("POST", OPERATIONS[operation].path, null) })(operation, input);

  const { code } = given<{ code: string }>(await call("devices.invite"));
  const key = await publicKeyOf(webCrypto, keys);
  const tokens = given<DeviceTokens>(await post("devices.pair", { code, name, key }));
  return {
    id: tokens.deviceId,
    transport: dpopTransport({ origin: url, keys, webCrypto, tokens, save: async () => undefined }),
    fromAnywhere: async (operation, input = {}) => {
      const { method, path } = OPERATIONS[operation];
      const [filled] = withPath(path, input);
      const headers = {
        authorization: `DPoP ${tokens.accessToken}`,
        dpop: await proof(method, filled, tokens.accessToken),
      };
      return strangerCaller(url, headers)(operation, input);
    },
    refresh: () => post("devices.refresh", { refreshToken: tokens.refreshToken }),
  };
};
