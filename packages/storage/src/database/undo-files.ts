import { open } from "node:fs/promises";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ClockPort, Result, UndoPort, UndoSummary } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { ofPerson } from "./subjects.ts";
import { absent, codeOf, openUndoFolder } from "./undo-folder.ts";
import type { UndoBounds } from "./undo-folder.ts";
import { LENGTH_BYTES, entryIn, hashOf, joined, summaryIn, summaryOf, textOf, wholeIn } from "./undo-format.ts";

/** What stood where tools changed files, of everybody in a home. */
export interface UndoFiles extends UndoPort {
  /** Removes what outlived its time, also of people for whom nothing is kept any more; gives how many. */
  sweep(): Promise<Result<number>>;
}

const BOUNDS: UndoBounds = { bytes: 256 * 1024 * 1024, entries: 2000, milliseconds: 30 * 24 * 3_600_000 };

const guarded = async <T>(work: () => Promise<Result<T>>): Promise<Result<T>> => {
  try {
    return await work();
  } catch (thrown) {
    const code = codeOf(thrown);
    if (!/^E[A-Z]+$/.test(code)) throw thrown;
    return err(moltbotError("DATABASE_UNAVAILABLE", { problem: `the folder of undo snapshots (${code})` }));
  }
};

/** The sealed summary at the beginning of a snapshot's file; null where there is none, or none any more. */
const readSummary = async (path: string): Promise<Buffer | null> => {
  const file = await open(path, "r").catch(absent);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(LENGTH_BYTES);
    await file.read(head, 0, LENGTH_BYTES, 0);
    const length = head.readUInt32BE();
    if (length === 0 || length > size - LENGTH_BYTES) return null;
    const summary = Buffer.alloc(length);
    const { bytesRead } = await file.read(summary, 0, length, LENGTH_BYTES);
    return bytesRead === length ? summary : null;
  } finally {
    await file.close();
  }
};

const recordOf = ({ tenantId }: AccessScope, id: string): string => `undo:${tenantId}:${id}`;
const summaryRecordOf = ({ tenantId }: AccessScope, id: string): string => `undo-summary:${tenantId}:${id}`;

/**
 * Opens the folder of a home's undo snapshots; it is made with the first of them. One file for each call, sealed under its person's
 * key: erasing the person destroys them. The oldest go when a person has too many, too much or too old ones.
 */
export const openUndoFiles = (place: {
  readonly folder: string;
  readonly sealer: ContentSealer;
  readonly clock: Pick<ClockPort, "now">;
  readonly bounds?: UndoBounds;
}): UndoFiles => {
  const { sealer } = place;
  const folder = openUndoFolder(place.folder, place.clock, place.bounds ?? BOUNDS);
  return {
    hash: hashOf,
    keep: (scope, entry) =>
      guarded(async () => {
        const { principalId } = scope;
        const { callId } = entry;
        if (await folder.has(principalId, callId)) return done;
        const summary = sealer.seal(ofPerson(principalId), summaryRecordOf(scope, callId), summaryOf(entry));
        if (!summary.ok) return summary;
        const whole = sealer.seal(ofPerson(principalId), recordOf(scope, callId), textOf(entry));
        if (!whole.ok) return whole;
        await folder.put(principalId, callId, joined(summary.value, whole.value));
        return done;
      }),
    find: (scope, id) =>
      guarded(async () => {
        const bytes = await folder.read(scope.principalId, id);
        if (bytes === null) return err(moltbotError("NOT_FOUND", { kind: "undo" }));
        const opened = sealer.open(ofPerson(scope.principalId), recordOf(scope, id), wholeIn(bytes));
        if (!opened.ok) return opened;
        const entry = entryIn(opened.value);
        return entry === null ? err(moltbotError("CONTENT_UNREADABLE")) : ok(entry);
      }),
    list: (scope, limit) =>
      guarded(async () => {
        const found: UndoSummary[] = [];
        for (const { name, path } of await folder.newest(scope.principalId)) {
          if (found.length >= limit) break;
          const sealed = await readSummary(path);
          if (sealed === null) continue;
          const opened = sealer.open(ofPerson(scope.principalId), summaryRecordOf(scope, name), sealed);
          if (!opened.ok && opened.error.code !== "CONTENT_UNREADABLE") return opened;
          const summary = opened.ok ? summaryIn(opened.value) : null;
          if (summary !== null) found.push(summary);
        }
        return ok(found);
      }),
    sweep: () => guarded(async () => ok(await folder.sweep())),
  };
};
