import { argon2 } from "node:crypto";
import { promisify } from "node:util";

/** Argon2id's costs (RFC 9106); stored beside what they protect, so that they can rise. */
export interface Argon2Parameters {
  readonly passes: number;
  readonly parallelism: number;
  /** In KiB. */
  readonly memory: number;
}

/** The second choice of RFC 9106 section 4: t=3, p=4, m=64 MiB. */
export const RFC_9106_SECOND_CHOICE: Argon2Parameters = Object.freeze({ passes: 3, parallelism: 4, memory: 65_536 });

const derive = promisify(argon2);

/** Argon2id (RFC 9106) of a passphrase: 32 bytes, computed off the main thread. `salt` has at least 8 bytes. */
export const argon2id = async (
  passphrase: string | Uint8Array,
  salt: Uint8Array,
  parameters: Argon2Parameters,
  extra: { readonly secret?: Uint8Array; readonly associatedData?: Uint8Array } = {},
): Promise<Uint8Array> =>
  derive("argon2id", {
    message: passphrase,
    nonce: salt,
    parallelism: parameters.parallelism,
    memory: parameters.memory,
    passes: parameters.passes,
    tagLength: 32,
    ...extra,
  });
