import { err, moltbotError, ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** One entry of the operating system's keychain for each vault: macOS Keychain, Windows Credential Manager, Secret Service. */
export interface Keychain {
  /** The text kept for this vault; null when there is none. */
  read(vaultId: string): Promise<Result<string | null>>;
  write(vaultId: string, text: string): Promise<Result<void>>;
  remove(vaultId: string): Promise<Result<void>>;
}

const SERVICE = "moltbot";
/** A desktop may ask its person to unlock the keychain first; nobody answers on a server. */
const PATIENCE = 60_000;

const locked = (problem: string): Result<never> => err(moltbotError("VAULT_LOCKED", { problem }));

type Library = Pick<typeof import("@napi-rs/keyring"), "AsyncEntry">;

const load = async (): Promise<Library | null> => {
  try {
    return await import("@napi-rs/keyring");
  } catch {
    return null; // an optional dependency: this platform has no build of it, or it was left out
  }
};

/** The keychain of this machine, through a library that is loaded at its first use; `load` is replaced by tests. */
export const systemKeychain = (library: () => Promise<Library | null> = load): Keychain => {
  const ask = async <T>(
    vaultId: string,
    use: (entry: InstanceType<Library["AsyncEntry"]>, signal: AbortSignal) => Promise<T>,
  ): Promise<Result<T>> => {
    const loaded = await library();
    if (loaded === null) return locked("this machine's keychain cannot be reached: @napi-rs/keyring is not installed");
    try {
      return ok(await use(new loaded.AsyncEntry(SERVICE, vaultId), AbortSignal.timeout(PATIENCE)));
    } catch {
      // The library's words may quote the entry.
      return locked("the keychain of this machine is locked, or there is none that answers");
    }
  };
  return Object.freeze<Keychain>({
    read: (vaultId) => ask(vaultId, async (entry, signal) => entry.getPassword(signal)),
    write: (vaultId, text) => ask(vaultId, async (entry, signal) => entry.setPassword(text, signal)),
    remove: async (vaultId) => {
      const removed = await ask(vaultId, async (entry, signal) => entry.deletePassword(signal));
      return removed.ok ? ok(undefined) : removed;
    },
  });
};
