import { err, ok } from "@moltbot/contracts";
import type { AuditEvent, Result } from "@moltbot/contracts";
import { hmacSha256, randomBytes } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";
import { hexOf } from "./hex.ts";

const SALT_BYTES = 16;
/** A call of the generator costs more than all else of a commitment, so it is asked for many salts at once. */
const SALTS_AT_ONCE = 256;
const PURPOSE = "moltbot:audit-commitment:v1";
/** Whose key seals details that belong to nobody in particular. */
export const SYSTEM_SUBJECT = "system";

let salts: Uint8Array = new Uint8Array();

/** A salt that was never handed out before: base64url. */
const nextSalt = (): string => {
  if (salts.length < SALT_BYTES) salts = randomBytes(SALT_BYTES * SALTS_AT_ONCE);
  const salt = salts.subarray(0, SALT_BYTES);
  salts = salts.subarray(SALT_BYTES);
  return Buffer.from(salt).toString("base64url");
};

/** What a record says about its details, and the details themselves, sealed. */
export interface CommittedDetails {
  readonly commitments: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly sealed: Uint8Array | null;
}

/** The keyed commitment to one detail: lower-case hex. Without the key not even a guess at a short value can be tried. */
export const commitmentOf = (key: Uint8Array, name: string, salt: string, value: string): string =>
  hexOf(hmacSha256(key, JSON.stringify([PURPOSE, name, salt, value])));

/** Commits to an event's details and seals them for its subject; `recordId` binds them to their record. */
export const commitDetails = (
  event: AuditEvent,
  recordId: string,
  ports: { readonly commitmentKey: Uint8Array; readonly content: ContentSealer },
): Result<CommittedDetails> => {
  const subject = event.subject ?? SYSTEM_SUBJECT;
  const names = Object.keys(event.details ?? {});
  if (names.length === 0) return ok({ commitments: {}, subject, sealed: null });
  const commitments: [string, string][] = [];
  const kept: [string, { readonly salt: string; readonly value: string }][] = [];
  for (const name of names) {
    const salt = nextSalt();
    const value = (event.details?.[name] ?? "").toWellFormed();
    kept.push([name, { salt, value }]);
    commitments.push([name, commitmentOf(ports.commitmentKey, name, salt, value)]);
  }
  const sealed = ports.content.seal([subject], recordId, JSON.stringify(Object.fromEntries(kept)));
  if (!sealed.ok) return err(sealed.error);
  return ok({ commitments: Object.fromEntries(commitments), subject, sealed: sealed.value });
};
