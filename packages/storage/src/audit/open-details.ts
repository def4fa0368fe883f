import { err, ok } from "@moltbot/contracts";
import type { AuditDetails, AuditRecord, Result } from "@moltbot/contracts";
import { z } from "zod";
import type { ContentSealer } from "../crypto/index.ts";
import { commitmentOf } from "./commit-details.ts";
import type { AuditDetailsRow, AuditDetailsStore } from "./details-store.ts";
import { createPause } from "./let-others-work.ts";

interface Ports {
  readonly details: Pick<AuditDetailsStore, "range">;
  readonly content: Pick<ContentSealer, "open">;
  readonly commitmentKey: Uint8Array;
}

/** What `commitDetails` sealed. */
const Kept = z.record(z.string(), z.strictObject({ salt: z.string(), value: z.string() }));

/** Rows between two wanted ones that are read along rather than asked around. */
const GAP = 64;
/** Rows in one question to the database. */
const MOST_ROWS = 512;

/** The wanted sequences in stretches that are worth one question each. */
const stretches = (sequences: readonly number[]): readonly (readonly [from: number, to: number])[] => {
  const found: [number, number][] = [];
  for (const sequence of sequences.toSorted((a, b) => a - b)) {
    const last = found.at(-1);
    if (last !== undefined && sequence - last[1] < GAP && sequence - last[0] < MOST_ROWS) last[1] = sequence + 1;
    else found.push([sequence, sequence + 1]);
  }
  return found;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** The details of one record, if they can be opened and are those that it commits to. */
const openOne = ({ content, commitmentKey }: Ports, record: AuditRecord, row: AuditDetailsRow): AuditDetails | null => {
  if (row.sealed === null) return null;
  const opened = content.open([row.subject], `audit:${String(row.sequence)}`, row.sealed);
  const kept = Kept.safeParse(opened.ok ? parsed(opened.value) : null);
  if (!kept.success) return null;
  const details = Object.entries(kept.data);
  const isOfRecord =
    details.length === Object.keys(record.commitments).length &&
    details.every(
      ([name, { salt, value }]) => record.commitments[name] === commitmentOf(commitmentKey, name, salt, value),
    );
  return isOfRecord ? Object.fromEntries(details.map(([name, { value }]) => [name, value])) : null;
};

/**
 * What records hold sealed, by their sequence. Those whose key was erased, whose row was dropped or does not fit them are left out.
 * Lets others work between rows.
 */
export const openDetails = async (
  ports: Ports,
  records: readonly AuditRecord[],
): Promise<Result<ReadonlyMap<number, AuditDetails>>> => {
  const wanted = new Map(
    records.filter(({ commitments }) => Object.keys(commitments).length > 0).map((record) => [record.sequence, record]),
  );
  const found = new Map<number, AuditDetails>();
  const pause = createPause();
  for (const [from, to] of stretches([...wanted.keys()])) {
    const rows = await ports.details.range(from, to);
    if (!rows.ok) return err(rows.error);
    for (const row of rows.value) {
      const record = wanted.get(row.sequence);
      const details = record === undefined ? null : openOne(ports, record, row);
      if (details !== null) found.set(row.sequence, details);
      await pause();
    }
  }
  return ok(found);
};
