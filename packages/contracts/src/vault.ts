import { z } from "zod";
import { Instant } from "./ids.ts";

/** What can open the vault's root key. */
export const VAULT_OPENERS = ["passphrase", "key-file", "keychain", "recovery-code"] as const;

/** What may be known of the vault: no key, nothing that opens it. */
export const VaultStatus = z.strictObject({
  /** How it is sealed, in words. */
  sealedBy: z.string(),
  openers: z.array(z.enum(VAULT_OPENERS)).readonly(),
  /** Costs of trying a passphrase (RFC 9106); null where none seals it. */
  argon2: z.strictObject({ passes: z.int(), parallelism: z.int(), memoryKib: z.int() }).nullable(),
  keyring: z.strictObject({
    /** Rises with every erasure and every re-wrapping. */
    generation: z.int().nonnegative(),
    /** New content is sealed under keys of this epoch. */
    epoch: z.int().nonnegative(),
    keys: z.int().nonnegative(),
  }),
  /** Minutes without a request after which it locks by itself; 0: never. */
  autoLockMinutes: z.int().nonnegative(),
  unlockedAt: Instant,
});
export type VaultStatus = Readonly<z.infer<typeof VaultStatus>>;
