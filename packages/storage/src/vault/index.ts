/**
 * Keys and secrets. One root key, sealed by a passphrase or a key file, from which every other key comes; the subjects' data
 * keys; and the secrets that are lent to egress for the hosts they are bound to. It never returns a secret as text and never
 * shows a key in an error, a log line or an inspection. The gateway opens it at the start.
 */
export { openVault } from "./open-vault.ts";
export type { KeyPurpose, Vault, VaultOptions } from "./open-vault.ts";
export type { SecretKeeper, SecretSummary } from "./secrets.ts";
