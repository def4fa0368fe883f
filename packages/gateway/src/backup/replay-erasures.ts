import { rmSync } from "node:fs";
import { join } from "node:path";
import { AttachmentId, ConversationId, MemoryId, PrincipalId, done, ok } from "@moltbot/contracts";
import type { AccessScope, PrivacySubject, Result, Store } from "@moltbot/contracts";

type Stores = Pick<Store, "privacy" | "memories" | "attachments">;

const missing = (result: Result<unknown>): boolean => !result.ok && result.error.code === "NOT_FOUND";

/** A subject of the vault's list as the one that rows are erased for; null for what has no rows, such as a secret. */
const privacySubject = (kind: string, id: string): PrivacySubject | null => {
  if (kind === "conversation") return { kind, id: ConversationId.parse(id) };
  return kind === "person" ? { kind, id: PrincipalId.parse(id) } : null;
};

/** Unlinks a file that nobody's row leads to any more; its key is destroyed. */
const unlink = (attachments: string, address: string): void =>
  rmSync(join(attachments, address.slice(0, 2), address.slice(2)), { force: true });

const eraseSubject = async (
  { privacy }: Stores,
  scope: AccessScope,
  subject: PrivacySubject,
  attachments: string,
): Promise<Result<void>> => {
  const addresses = await privacy.addressesOf(scope, subject);
  if (!addresses.ok) return missing(addresses) ? done : addresses;
  const erased = await privacy.erase(scope, subject);
  if (!erased.ok) return missing(erased) ? done : erased;
  for (const address of addresses.value) unlink(attachments, address);
  return done;
};

const eraseOne = async (
  stores: Stores,
  scope: AccessScope,
  name: string,
  attachments: string,
): Promise<Result<void>> => {
  const [kind = "", id = ""] = name.split(":");
  const subject = privacySubject(kind, id);
  if (subject !== null) return eraseSubject(stores, scope, subject, attachments);
  if (kind === "memory") {
    const removed = await stores.memories.remove(scope, MemoryId.parse(id));
    return removed.ok || missing(removed) ? done : removed;
  }
  if (kind !== "attachment") return done;
  const removed = await stores.attachments.remove(scope, AttachmentId.parse(id));
  if (!removed.ok) return missing(removed) ? done : removed;
  if (removed.value !== null) unlink(attachments, removed.value);
  return done;
};

/**
 * Removes the rows and files of every subject whose keys were destroyed, whatever a backup says of it: what was erased does not come
 * back. Returns how many subjects there were.
 */
export const replayErasures = async (
  stores: Stores,
  scope: AccessScope,
  erased: readonly { readonly subject: string }[],
  attachments: string,
): Promise<Result<number>> => {
  const subjects = new Set(erased.map(({ subject }) => subject));
  for (const subject of subjects) {
    const gone = await eraseOne(stores, scope, subject, attachments);
    if (!gone.ok) return gone;
  }
  return ok(subjects.size);
};
