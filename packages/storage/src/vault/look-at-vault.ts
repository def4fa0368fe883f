import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { readVaultFile } from "./vault-file.ts";
import type { OpenerKind } from "./vault-file.ts";

/** What can open the vault of a folder, read without opening it; none where there is no vault yet. */
export const openersOf = async (directory: string): Promise<Result<readonly OpenerKind[]>> => {
  const read = await readVaultFile(join(directory, "vault.json"));
  return read.ok ? ok(read.value?.file.openers.map(({ kind }) => kind) ?? []) : read;
};
