import { done, err, instantOf, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type {
  AuditEvent,
  AuditPort,
  ClockPort,
  CryptoPort,
  DeviceRepository,
  IdPort,
  IdentityRepository,
  Instant,
  LogPort,
  MoltbotError,
  Result,
  SignaturePort,
} from "@moltbot/contracts";
import type { Lockout } from "./lockout.ts";
import { createVerifiedCache } from "./verified-cache.ts";
import type { VerifiedCache } from "./verified-cache.ts";

/** How long somebody stays signed in; the settings `sessions.*`. */
export interface Lifetimes {
  readonly idleDays: number;
  readonly days: number;
  readonly deviceDays: number;
}

export interface IdentityOptions {
  readonly repository: IdentityRepository;
  readonly devices: DeviceRepository;
  readonly crypto: CryptoPort;
  readonly signatures: SignaturePort;
  readonly clock: ClockPort;
  readonly ids: IdPort;
  readonly audit: AuditPort;
  readonly log: LogPort;
  /** 32 bytes of the vault that sign access tokens of devices (HS256); nothing else is made with them. */
  readonly accessKey: Uint8Array;
  /** Read at every use. */
  readonly lifetimes: () => Lifetimes;
}

export const SECRET_BYTES = 32;
export const MINUTE = 60_000;
export const DAY = 86_400_000;
export type CredentialKind = "token" | "session" | "sign-in" | "refresh" | "pairing" | "ticket" | "device";

/** What all credentials share: how they are kept, recorded, refused and counted. */
export interface Counter extends IdentityOptions {
  readonly cache: VerifiedCache;
  /** What is stored in place of a credential: its MAC under the vault's key, one purpose for each kind. */
  readonly verifierOf: (kind: CredentialKind, text: string) => string;
  readonly later: (milliseconds: number) => Instant;
  readonly usable: (held: {
    readonly expiresAt: Instant;
    readonly revokedAt: Instant | null;
    readonly idleUntil?: Instant;
  }) => boolean;
  /** Whether the last note of a use is older than a minute: more often nobody is asked to write one. */
  readonly isStale: (last: Instant | null) => boolean;
  /** Notes a use; one that cannot be noted is a use all the same. */
  readonly note: (what: string, noted: Promise<Result<unknown>>) => Promise<void>;
  readonly record: (event: AuditEvent) => Promise<Result<void>>;
  /** Records a refusal of something stolen or replayed, which is refused whether or not that can be recorded. */
  readonly recordRefusal: (event: AuditEvent) => Promise<void>;
  /** LOCKED_OUT with the seconds to wait, or undefined. Each kind is counted by itself: guessed tokens keep nobody from signing in. */
  readonly locked: (address: string, kind: CredentialKind) => Result<never> | undefined;
  /** Counts a wrong credential and refuses it; the burst is recorded once, when it locks the address. */
  readonly refuse: (address: string, error: MoltbotError, kind: CredentialKind) => Promise<Result<never>>;
}

const keyOf = (address: string, kind: CredentialKind): string => `${kind} ${address}`;

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
    usable: ({ expiresAt, revokedAt, idleUntil = expiresAt }) =>
      revokedAt === null && clock.now() < expiresAt && clock.now() < idleUntil,
    isStale: (last) => last === null || millisecondsOf(clock.now()) - millisecondsOf(last) >= MINUTE,
    async note(what, noted) {
      const written = await noted;
      if (!written.ok) log.warn("a use could not be noted", { what, code: written.error.code });
    },
    record,
    async recordRefusal(event) {
      const recorded = await record(event);
      if (!recorded.ok) log.error("a refusal could not be recorded", { event: event.event, code: recorded.error.code });
    },
    locked(address, kind) {
      const retryAfter = lockout.remaining(keyOf(address, kind));
      return retryAfter > 0 ? err(moltbotError("LOCKED_OUT", { retryAfter })) : undefined;
    },
    async refuse(address, error, kind) {
      const key = keyOf(address, kind);
      if (!lockout.wrong(key)) return err(error);
      const seconds = lockout.remaining(key);
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
