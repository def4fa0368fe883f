/** This browser as a device: loaded only where it is one, or becomes one. */
import { createDeviceKey, dpopTransport, pairDevice } from "@moltbot/client";
import type { DeviceKeyPair, DeviceOptions, Transport, WebCrypto } from "@moltbot/client";
import type { DeviceTokens, Result } from "@moltbot/contracts";
import type { Problem } from "../state/state.ts";
import { keepDevice, loadDevice } from "./kept-device.ts";
import type { KeptDevice } from "./kept-device.ts";

/** What of the browser a device needs, handed in. */
interface Browser {
  readonly origin: string;
  /** Undefined where the address is neither https nor this machine. */
  readonly webCrypto: WebCrypto | undefined;
  /** Runs something while no other window of this browser does. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
}

const optionsOf = ({ origin }: Browser, webCrypto: WebCrypto, keys: DeviceKeyPair): DeviceOptions => ({
  origin,
  keys,
  webCrypto,
});

/** Sends everything with the device's key; windows of one browser share its tokens. */
export const deviceTransport = (browser: Browser, webCrypto: WebCrypto, { keys, tokens }: KeptDevice): Transport => {
  let latest: DeviceTokens = tokens;
  return dpopTransport({
    ...optionsOf(browser, webCrypto, keys),
    tokens,
    save: async (next) => {
      latest = next;
      await keepDevice({ keys, tokens: next });
    },
    shared: {
      load: async () => {
        latest = (await loadDevice())?.tokens ?? latest;
        return latest;
      },
      alone: browser.alone,
    },
  });
};

/** Said by the page itself: the gateway cannot know. */
const cannot = (message: string, next: string): { readonly ok: false; readonly error: Problem } => ({
  ok: false,
  error: { code: "PAIRING_INVALID", message, next },
});

/** Makes this browser a device by a pairing code, with a key that it makes for itself and that never leaves it. */
export const pairBrowser = async (
  browser: Browser,
  code: string,
  name: string,
): Promise<Result<KeptDevice, Problem>> => {
  const { webCrypto } = browser;
  if (webCrypto?.subtle === undefined)
    return cannot("This address is not protected, so the browser makes no key.", "Open it over https.");
  const keys = await createDeviceKey(webCrypto);
  const paired = await pairDevice(optionsOf(browser, webCrypto, keys), { code, name });
  if (!paired.ok) return paired;
  const device = { keys, tokens: paired.value };
  try {
    await keepDevice(device);
  } catch {
    return cannot(
      "This browser keeps nothing, so it cannot stay a device.",
      "Leave its private mode, and take a new code.",
    );
  }
  return { ok: true, value: device };
};
