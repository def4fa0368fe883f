import { err, ok } from "@moltbot/contracts";
import type { AuditEvent, Result } from "@moltbot/contracts";
import { hmacSha256, randomBytes } from "../crypto/index.ts";
import type { ContentSealer } from "../crypto/index.ts";

const SALT_BYTES = 16;
const PURPOSE = "moltbot:audit-commitment:v1";
/** Whose key seals details that belong to nobody in particular. */
export const SYSTEM_SUBJECT = "system";

/** What a record says about its details, and the details themselves, sealed. */
export interface CommittedDetails {
  readonly commitments: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly sealed: Uint8Array | null;
}

/** The keyed commitment to one detail: lower-case hex. Without the key not even a guess at a short value can be tried. */
export const commitmentOf = (key: Uint8Array, name: string, salt: string, value: string): string =>
  Buffer.from(hmacSha256(key, JSON.stringify([PURPOSE, name, salt, value]))).toString("hex");

/** Commits to an event's details and seals them for its subject; `recordId` binds them to their record. */
export const commitDetails = (
  event: AuditEvent,
  recordId: string,
  ports: { readonly commitmentKey: Uint8Array; readonly content: ContentSealer },
): Result<CommittedDetails> => {
  const subject = event.subject ?? SYSTEM_SUBJECT;
  const details = Object.entries(event.details ?? {});
  if (details.length === 0) return ok({ commitments: {}, subject, sealed: null });
  const salted = details.map(([name, value]) => {
    const salt = Buffer.from(randomBytes(SALT_BYTES)).toString("base64url");
    return { name, salt, value: value.toWellFormed() };
  });
  const text = JSON.stringify(Object.fromEntries(salted.map(({ name, salt, value }) => [name, { salt, value }])));
  const sealed = ports.content.seal([subject], recordId, text);
  if (!sealed.ok) return err(sealed.error);
  const commitments = salted.map(
    ({ name, salt, value }) => [name, commitmentOf(ports.commitmentKey, name, salt, value)] as const,
  );
  return ok({ commitments: Object.fromEntries(commitments), subject, sealed: sealed.value });
};
