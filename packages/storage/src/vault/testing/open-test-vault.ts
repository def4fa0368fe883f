import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { instantOf } from "@moltbot/contracts";
import type { ClockPort, Result } from "@moltbot/contracts";
import { afterAll } from "vitest";
import type { VaultOptions } from "../open-vault.ts";
import { openVaultOn } from "../open-vault.ts";
import { realDisk } from "../vault-disk.ts";
import type { VaultDisk } from "../vault-disk.ts";

/** The lowest costs that Argon2id takes: tests of the vault do not test its slowness. */
export const CHEAP = { passes: 1, parallelism: 1, memory: 8 };

const clock: ClockPort = { now: () => instantOf(0), monotonic: () => 0 };

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A home and a key file beside it, in a folder of their own. */
export const testOptions = (passphrase: string | null = null): VaultOptions => {
  const base = mkdtempSync(join(tmpdir(), "moltbot-vault-"));
  folders.push(base);
  return { directory: join(base, "home", "vault"), keyFile: join(base, "keys", "moltbot.key"), passphrase, clock };
};

export const openCheaply = async (options: VaultOptions, disk: VaultDisk = realDisk) =>
  openVaultOn(disk, options, CHEAP);

/** A real disk that fails at chosen places. */
export const fragileDisk = () => {
  const faults = { replace: "", folder: false, appendTo: false, append: false, truncate: false, leaveBytes: 0 };
  const refuse = (): never => {
    throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
  };
  const disk: VaultDisk = {
    replace: async (path, text) =>
      faults.replace !== "" && path.endsWith(faults.replace) ? refuse() : realDisk.replace(path, text),
    supersede: (path, text) =>
      faults.replace !== "" && path.endsWith(faults.replace) ? refuse() : realDisk.supersede(path, text),
    clean: (path) => realDisk.clean(path),
    destroy: (path) => realDisk.destroy(path),
    makeFolder: async (path) => (faults.folder ? refuse() : realDisk.makeFolder(path)),
    appendTo: (path) => {
      if (faults.appendTo) return refuse();
      const file = realDisk.appendTo(path);
      return {
        ...file,
        append: (bytes) => {
          if (!faults.append) return file.append(bytes);
          file.append(bytes.subarray(0, faults.leaveBytes));
          return refuse();
        },
        truncate: (size) => (faults.truncate ? refuse() : file.truncate(size)),
      };
    },
  };
  return { faults, disk };
};

/** The value of a success; anything else ends the test. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`expected a success, got ${result.error.code}: ${result.error.message}`);
  return result.value;
};
