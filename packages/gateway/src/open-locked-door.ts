import { ok } from "@moltbot/contracts";
import type { LogPort, MoltbotError, Result } from "@moltbot/contracts";
import { createLockedDoor } from "@moltbot/ingress/http";
import type { UnlockAttempt } from "@moltbot/ingress/http";
import { newId } from "@moltbot/storage/crypto";
import { openersOf } from "@moltbot/storage/vault";
import { noteAddress, webFolder } from "./doorway.ts";
import type { Home } from "./home.ts";
import { hostsToServe } from "./public-address.ts";
import type { SettingsStore } from "./settings/index.ts";
import { readTls, watchTls } from "./tls-files.ts";

/** What listens while the vault is locked. */
export interface LockedDoor {
  readonly url: string;
  close(): Promise<void>;
}

export interface LockedDoorWish {
  readonly home: Home;
  readonly settings: SettingsStore;
  readonly log: LogPort;
  /** The port of the house that was locked; null: as the settings say. */
  readonly port: number | null;
  unlock(attempt: UnlockAttempt, local: boolean): Promise<Result<void>>;
  /** Why the last opening came to nothing; null when none did. */
  problem(): MoltbotError | null;
}

/** Opens the door of a locked house on the address and the socket of the open one. */
export const openLockedDoor = async (wish: LockedDoorWish): Promise<Result<LockedDoor>> => {
  const { home, settings, log } = wish;
  const { gateway } = settings.current();
  const tls = readTls(gateway.tls);
  if (!tls.ok) return tls;
  const server = createLockedDoor({
    host: gateway.host,
    port: wish.port ?? gateway.port,
    allowedHosts: hostsToServe(gateway),
    tls: tls.value,
    proxies: gateway.proxies,
    socketPath: home.socket,
    webDirectory: webFolder(),
    log,
    newTraceId: () => newId().replaceAll("-", ""),
    unlock: (attempt, local) => wish.unlock(attempt, local),
    openers: () => openersOf(home.vault),
    problem: () => wish.problem(),
  });
  const listening = await server.listen();
  if (!listening.ok) return listening;
  const { url } = listening.value;
  const forget = noteAddress(home, url);
  const forgetTls = watchTls(gateway.tls, log, (pair) => server.renewTls(pair));
  return ok({
    url,
    close: async () => {
      forget();
      forgetTls();
      await server.close();
    },
  });
};
