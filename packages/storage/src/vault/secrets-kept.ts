import { SecretId, err, instantOf, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, Instant, PrincipalId, Result, SecretInfo } from "@moltbot/contracts";
import { newId } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { SecretName, StoredSecret } from "./secrets-file.ts";
import type { LoadedSecrets, SecretsContent } from "./secrets-file.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** What is to be kept of a secret. What is left out stays as it was; a passed expiry does not outlive its value. */
export interface SecretChange {
  readonly value: string;
  /** Exact hosts, in any case, with a port or without; no wildcards. */
  readonly hosts: readonly string[];
  /** The header in which alone it is sent; null: any. */
  readonly header?: string | null | undefined;
  readonly kind?: SecretInfo["kind"] | undefined;
  /** Null: never. */
  readonly expiresAt?: Instant | null | undefined;
  readonly rotateEveryDays?: number | null | undefined;
}

/** A secret to keep under a name, in the place of the one that its owner has under it. */
export interface SecretWish extends SecretChange {
  /** Unique among those of one owner. */
  readonly name: string;
  /** Whose it is; null: the house's. */
  readonly ownerId: PrincipalId | null;
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
export const infoOf = (id: SecretId, secret: StoredSecret, now: Instant): SecretInfo => {
  const { name, kind, hosts, header, ownerId, createdAt, rotatedAt, expiresAt, rotateEveryDays, lastUsedAt } = secret;
  const age = millisecondsOf(now) - millisecondsOf(rotatedAt);
  return {
    id,
    name,
    kind,
    hosts: [...hosts],
    ...(header === undefined ? {} : { header }),
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

/**
 * What was read, as it is kept now: each value of version 1 is sealed under a key of its own, and what has no id yet gets one and
 * is the house's, whoever put it there.
 */
export const upgrade = (ports: ValuePorts, loaded: LoadedSecrets): Result<SecretsContent> => {
  if (loaded.version === 3) return ok(loaded.content);
  const secrets = new Map<SecretId, StoredSecret>();
  const keep = (secret: StoredSecret): void => void secrets.set(SecretId.parse(newId()), secret);
  if (loaded.version === 2) {
    for (const [name, secret] of loaded.secrets) keep({ ...secret, name, ownerId: null });
    return ok({ secrets, retired: loaded.retired });
  }
  for (const [name, { value, hosts, createdAt }] of loaded.secrets) {
    const sealed = sealValue(ports, value);
    if (!sealed.ok) return sealed;
    keep({
      ...sealed.value,
      name,
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
  const header = wish.header === undefined ? before?.header : (wish.header ?? undefined);
  // Otherwise the new value of an expired secret could not be lent either.
  const ended = isNew && kept !== null && hasExpired(kept, now);
  return {
    name: wish.name,
    kind: wish.kind ?? before?.kind ?? "other",
    hosts: [...new Set(wish.hosts.map((host) => host.toLowerCase()))],
    ...(header === undefined ? {} : { header }),
    ownerId: wish.ownerId,
    createdAt: before?.createdAt ?? now,
    rotatedAt: isNew || before === undefined ? now : before.rotatedAt,
    expiresAt: wish.expiresAt === undefined ? (ended ? null : kept) : wish.expiresAt,
    rotateEveryDays: wish.rotateEveryDays === undefined ? (before?.rotateEveryDays ?? null) : wish.rotateEveryDays,
    lastUsedAt: before?.lastUsedAt ?? null,
  };
};

const PROBLEMS: Readonly<Record<string, string>> = {
  hosts: "a secret needs at least one exact host, such as api.example.com",
  header: "a header's name has letters, digits and dashes, and is none of the connection itself",
  rotateEveryDays: "a secret is rotated every 1 to 3650 days",
};

/** What of a wish goes further than what was kept before: to another host, in another header, or past its end. */
const widened = (before: StoredSecret, after: Facts): string | null => {
  if (after.hosts.some((host) => !before.hosts.includes(host))) return "add a host to";
  if (before.header?.toLowerCase() !== after.header?.toLowerCase()) return "change the header of";
  if (before.expiresAt === null) return null;
  return after.expiresAt === null || after.expiresAt > before.expiresAt ? "prolong" : null;
};

/** What a wish makes of what its owner kept under its name before, which it widens only where it may; the same value again is no rotation and keeps its key. */
export const madeOf = (
  ports: ValuePorts,
  wish: SecretWish,
  before: StoredSecret | undefined,
  widens = true,
): Result<StoredSecret> => {
  if (!SecretName.safeParse(wish.name).success)
    return invalid("name", "a secret's name has letters, digits, dots and dashes");
  if (wish.value === "") return invalid("value", "a secret needs a value");
  const now = ports.clock.now();
  // Whoever only may edit it is not told whether what they give is what it was: for them every value is a new one.
  const old = before === undefined || !widens ? null : openValue(ports, before);
  const same = old?.ok === true && old.value === wish.value ? before : undefined;
  const facts = Facts.safeParse(factsOf(wish, before, same === undefined, now));
  if (!facts.success) {
    const path = String(facts.error.issues[0]?.path[0]);
    return invalid(path, PROBLEMS[path] ?? "this cannot be kept");
  }
  if (typeof wish.expiresAt === "string" && hasExpired(wish.expiresAt, now))
    return invalid("expiresAt", "that time has passed");
  const more = before === undefined || widens ? null : widened(before, facts.data);
  if (more !== null) return err(moltbotError("ACCESS_DENIED", { right: more, kind: "secret" }));
  // The last step: no key is made for what is refused.
  const sealed = same === undefined ? sealValue(ports, wish.value) : ok(same);
  return sealed.ok ? ok({ ...facts.data, subject: sealed.value.subject, sealed: sealed.value.sealed }) : sealed;
};
