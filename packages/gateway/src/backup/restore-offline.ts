import { err, moltbotError } from "@moltbot/contracts";
import type { LogPort, Result } from "@moltbot/contracts";
import { placesOf } from "../home.ts";
import { systemClock } from "../open-memory.ts";
import {
  homeOf,
  keyFolderOf,
  openSettings,
  overridesOf,
  processEnvironment,
  readPassphrase,
  settingsFileOf,
} from "../settings/index.ts";
import type { Environment } from "../settings/index.ts";
import { restoreHome } from "./restore-home.ts";
import type { RestoreReport, RestoreWish } from "./restore-home.ts";

/** A restore as the command line asks for it: the home and its settings come from the environment. */
export interface OfflineRestore extends Pick<RestoreWish, "file" | "withSettings" | "progress" | "confirm"> {
  /** Where the vault's passphrase is read from; the variable MOLTBOT_PASSPHRASE_FILE counts too. */
  readonly passphraseDescriptor: number | null;
  readonly passphraseFile: string | null;
}

const given = (value: string | undefined): string | null => (value === undefined || value === "" ? null : value);

/** What goes wrong on the way is told by the result; the rest of the log goes nowhere, since no gateway runs. */
const unheard: LogPort = Object.freeze({
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
});

/** Restores the home that the environment names, while its gateway is stopped. */
export const restoreOffline = async (
  wish: OfflineRestore,
  environment: Environment = processEnvironment(),
): Promise<Result<RestoreReport | null>> => {
  const { passphraseDescriptor: descriptor, passphraseFile, ...rest } = wish;
  if (descriptor !== null && !Number.isSafeInteger(descriptor))
    return err(moltbotError("USAGE", { problem: "--passphrase-fd takes a number." }));
  const path = homeOf(environment);
  const settings = openSettings({
    file: settingsFileOf(path),
    environment: overridesOf(environment),
    flags: {},
  });
  if (!settings.ok) return settings;
  const passphrase = readPassphrase({
    descriptor,
    file: passphraseFile ?? given(environment["MOLTBOT_PASSPHRASE_FILE"]),
  });
  if (!passphrase.ok) return passphrase;
  return restoreHome({
    ...rest,
    home: placesOf(path, keyFolderOf(environment), given(environment["MOLTBOT_KEY_FILE"])),
    settings: settings.value.current(),
    passphrase: passphrase.value,
    clock: systemClock,
    log: unheard,
  });
};
