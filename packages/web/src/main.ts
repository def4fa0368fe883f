import { createClient, createVaultDoor, fetchTransport } from "@moltbot/client";
import type { Result } from "@moltbot/contracts";
import { forgetDevice, loadDevice } from "./device/kept-device.ts";
import type { KeptDevice } from "./device/kept-device.ts";
import { MoltbotApp } from "./elements/moltbot-app.ts";
import { takeBrought } from "./sign-in-code.ts";
import type { Brought } from "./sign-in-code.ts";
import { createSession } from "./state/session.ts";
import type { Problem } from "./state/state.ts";
import { createStore } from "./state/store.ts";
import "./elements/approval-group.ts";
import "./elements/message-composer.ts";

const brought = takeBrought(location, history);
const store = createStore();

/** The session's cookie, until this browser is a device: then its key. */
const cookies = fetchTransport();
let transport = cookies;
const byCookie = createClient({ transport: cookies });
const client = createClient({
  transport: { address: cookies.address, send: (request) => transport.send(request) },
});
let device: KeptDevice | null = null;

const browser = {
  origin: location.origin,
  webCrypto: globalThis.crypto,
  alone: <T>(work: () => Promise<T>): Promise<T> => navigator.locks.request("moltbot-device", work),
};
const becomeDevice = async (kept: KeptDevice): Promise<void> => {
  const { deviceTransport } = await import("./device/browser-device.ts");
  device = kept;
  transport = deviceTransport(browser, browser.webCrypto, kept);
};
const beNoDevice = async (): Promise<void> => {
  device = null;
  transport = cookies;
  await forgetDevice();
};
const revokeDevice = async (): Promise<void> => {
  if (device !== null) await client.call("devices.revoke", { deviceId: device.tokens.deviceId });
};
/** A device that is left is ended at the gateway, too: its key goes, so nobody could use it again. */
const endDevice = async (): Promise<void> => {
  await revokeDevice();
  await beNoDevice();
};

// What opens the vault is said to the gateway itself: there is nobody behind it yet who could know a device.
const session = createSession(client, store, createVaultDoor(cookies), undefined, endDevice);

const pairWith =
  (code: string) =>
  async (name: string): Promise<Result<unknown, Problem>> => {
    const { pairBrowser } = await import("./device/browser-device.ts");
    const paired = await pairBrowser(browser, code, name);
    if (!paired.ok) return paired;
    // Whoever was signed in here is not any more.
    await revokeDevice();
    await byCookie.call("sessions.end", {});
    await becomeDevice(paired.value);
    return paired;
  };

const begin = async ({ code, pairing }: Brought): Promise<void> => {
  const kept = device ?? (await loadDevice());
  if (kept !== null && device === null) await becomeDevice(kept);
  if (pairing !== null) return session.askToPair(pairWith(pairing));
  if (kept === null || code === null) return session.start(code);
  // A good link signs somebody in who may be somebody else; a used one is no reason to end a device.
  const signed = await byCookie.call("sessions.create", { code });
  if (signed.ok) await endDevice();
  await session.start(null);
};

const app = document.querySelector("moltbot-app");
if (app instanceof MoltbotApp) app.connect(store, session);
void begin(brought)
  .then(() => import("./elements/on-demand.ts"))
  .catch(() => {
    const problem = {
      code: "GATEWAY_UNREACHABLE",
      message: "A part of this page could not be loaded.",
      next: "Reload the page.",
    };
    store.dispatch({ type: "problem", problem });
  });

// A second link opened in this tab only changes the fragment.
addEventListener("hashchange", () => {
  const next = takeBrought(location, history);
  if (next.code !== null || next.pairing !== null) void begin(next);
});
