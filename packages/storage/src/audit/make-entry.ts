import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditEvent, AuditRecord, Instant, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { commitDetails } from "./commit-details.ts";
import type { AuditDetailsRow } from "./details-store.ts";
import { hexOf } from "./hex.ts";
import { recordLine } from "./log-line.ts";
import { hasRecordForm } from "./record-text.ts";

/** All that one event becomes: its record, the record's line and leaf, and the row that lies beside it. */
export interface Entry {
  readonly record: AuditRecord;
  readonly line: string;
  readonly leaf: Uint8Array;
  readonly row: AuditDetailsRow;
}

const isWellFormed = (fields: AuditEvent["fields"]): boolean => {
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (!name.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) return false;
  }
  return true;
};

/** JSON text cannot hold half a surrogate pair; it becomes the replacement character before anything is hashed. */
const wellFormed = (fields: AuditEvent["fields"]): AuditEvent["fields"] =>
  isWellFormed(fields)
    ? { ...fields }
    : Object.fromEntries(
        Object.entries(fields).map(([name, value]) => [
          name.toWellFormed(),
          typeof value === "string" ? value.toWellFormed() : value,
        ]),
      );

/** Makes the entry of an event at its place in the log; AUDIT_UNWRITABLE for an event that has no JSON text. */
export const makeEntry = (
  event: AuditEvent,
  sequence: number,
  at: Instant,
  ports: { readonly commitmentKey: Uint8Array; readonly content: ContentSealer },
): Result<Entry> => {
  const committed = commitDetails(event, `audit:${sequence}`, ports);
  if (!committed.ok) return committed;
  const { commitments, subject, sealed } = committed.value;
  const record: AuditRecord = {
    sequence,
    at,
    event: event.event.toWellFormed(),
    actor: event.actor.toWellFormed(),
    fields: wellFormed(event.fields),
    commitments,
  };
  if (!hasRecordForm(record)) return err(moltbotError("AUDIT_UNWRITABLE"));
  const { line, leaf } = recordLine(record);
  return ok({ record: Object.freeze(record), line, leaf, row: { sequence, leaf: hexOf(leaf), subject, sealed } });
};
