import { ok } from "@moltbot/contracts";
import type { AuditRecord, PrivacySubject, Result } from "@moltbot/contracts";
import type { PrivacyPorts } from "./ports.ts";

const PAGE = 500;

const isDetails = (value: unknown): value is Readonly<Record<string, { readonly value: string }>> =>
  typeof value === "object" && value !== null;

/** The details of records that were sealed for these subjects, by their place in the log; what was erased is left out. */
const detailsOf = async (
  { auditDetails, vault }: PrivacyPorts,
  subjects: ReadonlySet<string>,
): Promise<Result<ReadonlyMap<number, Readonly<Record<string, string>>>>> => {
  const found = new Map<number, Readonly<Record<string, string>>>();
  for (let from = 0; ; from += PAGE) {
    const rows = await auditDetails.range(from, from + PAGE);
    if (!rows.ok) return rows;
    for (const { sequence, subject, sealed } of rows.value) {
      if (sealed === null || !subjects.has(subject)) continue;
      const text = vault.content.open([subject], `audit:${String(sequence)}`, sealed);
      if (!text.ok) continue;
      const details: unknown = JSON.parse(text.value); // authenticated: the log wrote it
      if (isDetails(details))
        found.set(sequence, Object.fromEntries(Object.entries(details).map(([name, { value }]) => [name, value])));
    }
    if (rows.value.length === 0) return ok(found);
  }
};

/** A record with what of its details could be opened. */
interface OpenRecord extends AuditRecord {
  readonly details?: Readonly<Record<string, string>>;
}

/** Records that name the subject or one of its conversations, or whose details are sealed for it. */
export const recordsOf = async (
  ports: PrivacyPorts,
  subject: PrivacySubject,
  conversations: ReadonlySet<string>,
): Promise<Result<readonly OpenRecord[]>> => {
  const details = await detailsOf(
    ports,
    new Set([`${subject.kind}:${subject.id}`, ...[...conversations].map((id) => `conversation:${id}`)]),
  );
  if (!details.ok) return details;
  const names = new Set<unknown>([subject.id, ...conversations]);
  const found: OpenRecord[] = [];
  for (let before: number | undefined; ;) {
    const page: Result<readonly AuditRecord[]> = await ports.house.audit.list(PAGE, before);
    if (!page.ok) return page;
    for (const record of page.value) {
      const opened = details.value.get(record.sequence);
      const named = names.has(record.actor) || Object.values(record.fields).some((value) => names.has(value));
      if (opened !== undefined) found.push({ ...record, details: opened });
      else if (named) found.push(record);
    }
    const last = page.value.at(-1);
    if (last === undefined || last.sequence === 0) return ok(found.toReversed());
    before = last.sequence;
  }
};
