/**
 * Keys and secrets. One root key, wrapped by each of its openers (passphrase, key file, keychain, recovery code), from which every
 * other key comes; the subjects' data keys and the list of those erased; and the secrets that are lent to egress for the hosts
 * they are bound to. It never returns a secret as text and never shows a key in an error, a log line or an inspection. The
 * gateway opens it at the start.
 */
export type { Erased } from "./erasures.ts";
export { systemKeychain } from "./keychain.ts";
export type { Keychain } from "./keychain.ts";
export type { KeyErasure } from "./keyring.ts";
export { openersOf } from "./look-at-vault.ts";
export { openVault } from "./open-vault.ts";
export type { KeyPurpose, Vault, VaultFacts, VaultOptions } from "./open-vault.ts";
export type { SecretChange, SecretKeeper, SecretWish, UseOfSecret } from "./secrets.ts";
export type { OpenerKind } from "./vault-file.ts";
