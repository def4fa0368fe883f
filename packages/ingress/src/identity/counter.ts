import { done, err, instantOf, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type {
  AuditEvent,
  AuditPort,
  ClockPort,
  CryptoPort,
  IdPort,
  IdentityRepository,
  Instant,
  LogPort,
  MoltbotError,
  Result,
} from "@moltbot/contracts";
import type { Lockout } from "./lockout.ts";
import { createVerifiedCache } from "./verified-cache.ts";
import type { VerifiedCache } from "./verified-cache.ts";

export interface IdentityOptions {
  readonly repository: IdentityRepository;
  readonly crypto: CryptoPort;
  readonly clock: ClockPort;
  readonly ids: IdPort;
  readonly audit: AuditPort;
  readonly log: LogPort;
}

export const SECRET_BYTES = 32;
export type CredentialKind = "token" | "session" | "sign-in";

/** What tokens, sessions and codes share: how they are kept, recorded, refused and counted. */
export interface Counter extends IdentityOptions {
  readonly cache: VerifiedCache;
  /** What is stored in place of a credential: its MAC under the vault's key, one purpose for each kind. */
  readonly verifierOf: (kind: CredentialKind, text: string) => string;
  readonly later: (milliseconds: number) => Instant;
  readonly usable: (held: { readonly expiresAt: Instant; readonly revokedAt: Instant | null }) => boolean;
  readonly record: (event: AuditEvent) => Promise<Result<void>>;
  /** LOCKED_OUT with the seconds to wait, or undefined. */
  readonly locked: (address: string) => Result<never> | undefined;
  /** Counts a wrong credential and refuses it; the burst is recorded once, when it locks the address. */
  readonly refuse: (address: string, error: MoltbotError, kind: CredentialKind) => Promise<Result<never>>;
}

export const createCounter = (options: IdentityOptions, lockout: Lockout): Counter => {
  const { crypto, clock, audit, log } = options;
  const record: Counter["record"] = async (event) => {
    const recorded = await audit.record(event);
    return recorded.ok ? done : recorded;
  };
  return {
    ...options,
    cache: createVerifiedCache(clock),
    verifierOf: (kind, text) => crypto.mac(kind, text),
    later: (milliseconds) => instantOf(millisecondsOf(clock.now()) + milliseconds),
    usable: ({ expiresAt, revokedAt }) => revokedAt === null && clock.now() < expiresAt,
    record,
    locked(address) {
      const retryAfter = lockout.remaining(address);
      return retryAfter > 0 ? err(moltbotError("LOCKED_OUT", { retryAfter })) : undefined;
    },
    async refuse(address, error, kind) {
      if (!lockout.wrong(address)) return err(error);
      const seconds = lockout.remaining(address);
      log.warn("an address is locked out after wrong credentials", { kind, seconds });
      const recorded = await record({
        event: "credential:refused",
        actor: "system",
        fields: { kind, seconds },
        details: { address },
      });
      if (!recorded.ok) log.error("a lockout could not be recorded", { code: recorded.error.code });
      return err(error);
    },
  };
};
