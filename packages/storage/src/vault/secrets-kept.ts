import { err, instantOf, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, Instant, PrincipalId, Result, SecretInfo } from "@moltbot/contracts";
import { newId } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { SecretName, StoredSecret } from "./secrets-file.ts";
import type { LoadedSecrets, SecretsContent } from "./secrets-file.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A secret to keep. What a wish leaves out stays as it was; a passed expiry does not outlive its value. */
export interface SecretWish {
  readonly name: string;
  readonly value: string;
  /** Exact hosts, in any case, with a port or without; no wildcards. */
  readonly hosts: readonly string[];
  /** Null: stays as it was. */
  readonly ownerId: PrincipalId | null;
  readonly kind?: SecretInfo["kind"] | undefined;
  /** Null: never. */
  readonly expiresAt?: Instant | null | undefined;
  readonly rotateEveryDays?: number | null | undefined;
}

/** Whether a secret's time is over; replaced only by tests that show what it is for. */
export type Expiry = (expiresAt: Instant, now: Instant) => boolean;
export const hasExpired: Expiry = (expiresAt, now) => now >= expiresAt;

/** What seals the values. */
export interface ValuePorts {
  /** Seals each value under a subject of its own. */
  readonly values: Pick<ContentSealer, "seal" | "open">;
  readonly clock: ClockPort;
}

const invalid = (path: string, problem: string): Result<never> =>
  err(moltbotError("REQUEST_INVALID", { path, problem }));

/** The instant, to the minute. */
export const minuteOf = (now: Instant): Instant => instantOf(Math.floor(millisecondsOf(now) / MINUTE) * MINUTE);

/** What may be known of a kept secret. */
export const infoOf = (name: string, secret: StoredSecret, now: Instant): SecretInfo => {
  const { kind, hosts, ownerId, createdAt, rotatedAt, expiresAt, rotateEveryDays, lastUsedAt } = secret;
  const age = millisecondsOf(now) - millisecondsOf(rotatedAt);
  return {
    name,
    kind,
    hosts: [...hosts],
    ownerId,
    createdAt,
    rotatedAt,
    expiresAt,
    rotateEveryDays,
    lastUsedAt,
    rotationDue: rotateEveryDays !== null && age >= rotateEveryDays * DAY,
  };
};

type Sealed = Pick<StoredSecret, "subject" | "sealed">;

/** Seals a value under a subject that nothing else ever has. */
const sealValue = ({ values }: ValuePorts, value: string): Result<Sealed> => {
  const subject = `secret:${newId()}`;
  const sealed = values.seal([subject], subject, value);
  return sealed.ok ? ok({ subject, sealed: Buffer.from(sealed.value).toString("base64url") }) : sealed;
};

/** The value of a kept secret, for as long as the caller needs it. */
export const openValue = ({ values }: ValuePorts, { subject, sealed }: Sealed): Result<string> =>
  values.open([subject], subject, Buffer.from(sealed, "base64url"));

/** What was read, as it is kept now: each value of version 1 is sealed under a key of its own. */
export const upgrade = (ports: ValuePorts, loaded: LoadedSecrets): Result<SecretsContent> => {
  if (loaded.version === 2) return ok(loaded.content);
  const secrets = new Map<string, StoredSecret>();
  for (const [name, { value, hosts, createdAt }] of loaded.secrets) {
    const sealed = sealValue(ports, value);
    if (!sealed.ok) return sealed;
    secrets.set(name, {
      ...sealed.value,
      kind: "other",
      hosts,
      ownerId: null,
      createdAt,
      rotatedAt: createdAt,
      expiresAt: null,
      rotateEveryDays: null,
      lastUsedAt: null,
    });
  }
  return ok({ secrets, retired: [] });
};

/** All that is kept of a secret but its value. */
const Facts = StoredSecret.omit({ subject: true, sealed: true });
type Facts = Omit<StoredSecret, keyof Sealed>;

const factsOf = (wish: SecretWish, before: StoredSecret | undefined, isNew: boolean, now: Instant): Facts => {
  const kept = before?.expiresAt ?? null;
  // Otherwise the new value of an expired secret could not be lent either.
  const ended = isNew && kept !== null && hasExpired(kept, now);
  return {
    kind: wish.kind ?? before?.kind ?? "other",
    hosts: [...new Set(wish.hosts.map((host) => host.toLowerCase()))],
    ownerId: wish.ownerId ?? before?.ownerId ?? null,
    createdAt: before?.createdAt ?? now,
    rotatedAt: isNew || before === undefined ? now : before.rotatedAt,
    expiresAt: wish.expiresAt === undefined ? (ended ? null : kept) : wish.expiresAt,
    rotateEveryDays: wish.rotateEveryDays === undefined ? (before?.rotateEveryDays ?? null) : wish.rotateEveryDays,
    lastUsedAt: before?.lastUsedAt ?? null,
  };
};

const PROBLEMS: Readonly<Record<string, string>> = {
  hosts: "a secret needs at least one exact host, such as api.example.com",
  rotateEveryDays: "a secret is rotated every 1 to 3650 days",
};

/** What a wish makes of what was kept under its name before; the same value again is no rotation and keeps its key. */
export const madeOf = (ports: ValuePorts, wish: SecretWish, before: StoredSecret | undefined): Result<StoredSecret> => {
  if (!SecretName.safeParse(wish.name).success)
    return invalid("name", "a secret's name has letters, digits, dots and dashes");
  if (wish.value === "") return invalid("value", "a secret needs a value");
  const now = ports.clock.now();
  const old = before === undefined ? null : openValue(ports, before);
  const same = old?.ok === true && old.value === wish.value ? before : undefined;
  const facts = Facts.safeParse(factsOf(wish, before, same === undefined, now));
  if (!facts.success) {
    const path = String(facts.error.issues[0]?.path[0]);
    return invalid(path, PROBLEMS[path] ?? "this cannot be kept");
  }
  if (typeof wish.expiresAt === "string" && hasExpired(wish.expiresAt, now))
    return invalid("expiresAt", "that time has passed");
  // The last step: no key is made for what is refused.
  const sealed = same === undefined ? sealValue(ports, wish.value) : ok(same);
  return sealed.ok ? ok({ ...facts.data, subject: sealed.value.subject, sealed: sealed.value.sealed }) : sealed;
};
