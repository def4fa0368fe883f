/**
 * The only reader of the environment and of configuration files. One schema gives every key its type, level and sentence;
 * a change applies as a whole or is refused with the reason. It holds no secret and decides nothing. Wiring and the
 * configuration operations call it.
 */
export {
  homeOf,
  keyFolderOf,
  overridesOf,
  passphraseFileOf,
  processEnvironment,
  readPassphrase,
} from "./environment.ts";
export type { Environment } from "./environment.ts";
export { withValueAt } from "./keys.ts";
export { policyFileOf } from "./policy-file.ts";
export type { PolicyFile } from "./policy-file.ts";
export { DEFAULT_SETTINGS, Settings } from "./schema.ts";
export { postgresPasswordOf } from "./postgres-password.ts";
export { openSettings, settingsFileOf } from "./store.ts";
export type { Reload, SettingsStore } from "./store.ts";
