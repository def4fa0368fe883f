import type { DeviceKeyPair } from "@moltbot/client";
import type { DeviceTokens } from "@moltbot/contracts";

/** What makes this browser a device: its key, whose private part nobody can take out, and its tokens. */
export interface KeptDevice {
  readonly keys: DeviceKeyPair;
  readonly tokens: DeviceTokens;
}

const NAME = "moltbot";
const STORE = "device";
const KEY = "this";

const done = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("the browser keeps nothing")));
  });

/** Runs one thing on the store; fails where the browser keeps nothing. */
const onStore = async <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
  const opening = indexedDB.open(NAME, 1);
  opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE));
  const database = await done(opening);
  try {
    return await done(work(database.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    database.close();
  }
};

/** The device that this browser is; null when it is none, or keeps nothing. */
export const loadDevice = async (): Promise<KeptDevice | null> => {
  try {
    const kept: unknown = await onStore("readonly", (store) => store.get(KEY));
    return kept === undefined ? null : (kept as KeptDevice); // only `keepDevice` writes there
  } catch {
    return null;
  }
};

/** Keeps it; the key goes in as it is, and its private part stays out of reach. */
export const keepDevice = async (device: KeptDevice): Promise<void> => {
  await onStore("readwrite", (store) => store.put(device, KEY));
};

/** This browser is no device any more. */
export const forgetDevice = async (): Promise<void> => {
  try {
    await onStore("readwrite", (store) => store.delete(KEY));
  } catch {
    // What keeps nothing has nothing to forget.
  }
};
