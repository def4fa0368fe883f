import { ok } from "@moltbot/contracts";
import type {
  AccessScope,
  CallId,
  Digest,
  KeptItem,
  Label,
  PastEffect,
  ProvenanceRepository,
  Result,
  Source,
} from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection } from "./connection.ts";
import { decisionOf } from "./decisions.ts";
import { fileLabelRepository, fileOf } from "./file-labels.ts";
import type { Gate } from "./gate.ts";
import { effectFrom, keptMemory, keptMessage, keptReminder, namesSource } from "./kept-item.ts";
import { memoryOf } from "./memories.ts";
import { messageOf } from "./messages.ts";
import { notFound } from "./ownership.ts";
import { provenanceQueries } from "./provenance-queries.ts";
import { reminderOf } from "./reminders.ts";
import { walk } from "./walk.ts";
import type { Way } from "./walk.ts";

const mapped = <T>(result: Result<T>, keep: (value: T) => KeptItem): Result<KeptItem> =>
  result.ok ? ok(keep(result.value)) : result;
const oldestFirst = <T extends { readonly at: string }>(items: readonly T[], idOf: (item: T) => string): readonly T[] =>
  items.toSorted((a, b) => (a.at === b.at ? (idOf(a) < idOf(b) ? -1 : 1) : a.at < b.at ? -1 : 1));

/** What came of a source, read from labels. What was erased can say nothing any more and is passed over. */
export const provenanceRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ProvenanceRepository) => {
  const query = provenanceQueries(connection);
  const message = messageOf(sealer);
  const memory = memoryOf(sealer);
  const reminder = reminderOf(sealer);
  const decision = decisionOf(sealer);
  const file = fileOf(sealer);
  const fileLabels = fileLabelRepository(connection, sealer);

  const itemOf = async (scope: AccessScope, id: string): Promise<Result<KeptItem>> => {
    const ofMessage = await query.message.one(scope, { id });
    if (ofMessage !== undefined) return mapped(message(ofMessage), keptMessage);
    const ofMemory = await query.memory.one(scope, { id });
    if (ofMemory !== undefined) return mapped(memory(ofMemory), keptMemory);
    const ofReminder = await query.reminder.one(scope, { id });
    return ofReminder === undefined ? notFound("kept item") : mapped(reminder(ofReminder), keptReminder);
  };

  /** A walk over one table's rows by their id. */
  const byId =
    (gate: Gate) =>
    <R extends { readonly id: string }>(
      end: Way<R>["end"],
      rows: (after: string, to: string, limit: number) => Promise<readonly R[]>,
      size: (row: R) => number,
      visit: (row: R) => void,
    ): Promise<Result<void>> =>
      walk(gate, { end, rows, key: ({ id }) => id, size }, visit);

  const derivedFrom = async (gate: Gate, scope: AccessScope, source: Source): Promise<Result<readonly KeptItem[]>> => {
    const found: KeptItem[] = [];
    const keep = (item: Result<KeptItem>): void => {
      if (item.ok && namesSource(item.value.label, source)) found.push(item.value);
    };
    const each = byId(gate);
    const messages = await each(
      query.ends.messages,
      (after, to, limit) => query.messages.all(scope, { after, to, limit }),
      (row) => row.entry.length,
      (row) => keep(mapped(message(row), keptMessage)),
    );
    if (!messages.ok) return messages;
    const memories = await each(
      query.ends.memories,
      (after, to, limit) => query.memories.all(scope, { after, to, limit }),
      (row) => row.entry.length,
      (row) => keep(mapped(memory(row), keptMemory)),
    );
    if (!memories.ok) return memories;
    const reminders = await each(
      query.ends.reminders,
      (after, to, limit) => query.reminders.all(scope, { after, to, limit }),
      (row) => row.entry.length,
      (row) => keep(mapped(reminder(row), keptReminder)),
    );
    return reminders.ok ? ok(oldestFirst(found, ({ id }) => id)) : reminders;
  };

  const filesFrom = async (
    gate: Gate,
    scope: AccessScope,
    source: Source,
  ): Promise<Result<readonly { readonly content: Digest; readonly label: Label }[]>> => {
    const candidates = new Set<Digest>();
    const walked = await walk(
      gate,
      {
        end: query.ends.files,
        rows: (after, to, limit) => query.files.all(scope, { after, to, limit }),
        key: ({ content }) => content,
        size: (row) => row.entry.length,
      },
      (row) => {
        const known = file(row);
        if (known.ok && namesSource(known.value.label, source)) candidates.add(known.value.content);
      },
    );
    if (!walked.ok) return walked;
    // What several people keep is labelled by all of them.
    const found: { readonly content: Digest; readonly label: Label }[] = [];
    for (const content of candidates) {
      const label = await fileLabels(gate).find(scope, content);
      if (!label.ok) return label;
      if (label.value !== null) found.push({ content, label: label.value });
    }
    return ok(found.toSorted((a, b) => (a.content < b.content ? -1 : 1)));
  };

  const effectsFrom = async (
    gate: Gate,
    scope: AccessScope,
    source: Source,
  ): Promise<Result<readonly PastEffect[]>> => {
    const found = new Map<CallId, PastEffect>();
    const walked = await byId(gate)(
      query.ends.decisions,
      (after, to, limit) => query.allowed.all(scope, { after, to, limit }),
      (row) => row.input.length,
      (row) => {
        const record = decision(row);
        const effect = record.ok ? effectFrom(record.value, source) : null;
        const known = found.get(row.call_id);
        // Of a call that was allowed twice, the later decision is the one that let it go.
        if (effect !== null && (known === undefined || known.at <= effect.at)) found.set(row.call_id, effect);
      },
    );
    return walked.ok ? ok(oldestFirst([...found.values()], ({ callId }) => callId)) : walked;
  };

  return (gate) => ({
    item: (scope, id) => gate.read(() => itemOf(scope, id)),
    derivedFrom: (scope, source) => derivedFrom(gate, scope, source),
    filesFrom: (scope, source) => filesFrom(gate, scope, source),
    effectsFrom: (scope, source) => effectsFrom(gate, scope, source),
  });
};
