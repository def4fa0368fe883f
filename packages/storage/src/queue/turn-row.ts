import { ok } from "@moltbot/contracts";
import type { ConversationId, Result, Turn, TurnEnd, TurnId } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Row, TurnTable } from "../database/index.ts";
import { subjectsOf, workSeal } from "./sealed.ts";

/** What of a turn is sealed from the beginning. */
type Entry = Pick<Turn, "label">;
/** Whose a turn is. */
export type TurnPlace = Pick<Row<TurnTable>, "id" | "conversation_id" | "owner_id">;

const parsed = <T>(text: string): T => JSON.parse(text) as T; // written by JSON.stringify of a T, on a page whose tag was verified
const KEY_PURPOSE = "turn key";
/** Sealed apart, at the beginning and at the end, so neither can stand in for the other. */
const beginRecord = (id: string): string => `turns/${id}`;
const endRecord = (id: string): string => `turns/end/${id}`;

/** Seals and opens what a turn's row holds, under its conversation and its owner. */
export interface TurnRows {
  /** The turn as everyone else knows it: without key, fence and lease. */
  readonly turn: (row: Row<TurnTable>) => Result<Turn>;
  begin(place: TurnPlace, label: Turn["label"]): Result<Uint8Array>;
  end(place: TurnPlace, end: TurnEnd): Result<Uint8Array>;
  /** By which an idempotency key is found again; null where its owner has no key, and so no turn. */
  key(ownerId: string, key: string): string | null;
}

export const turnRows = (sealer: ContentSealer): TurnRows => {
  const content = workSeal(sealer);
  const subjects = (place: Pick<TurnPlace, "conversation_id" | "owner_id">): readonly string[] =>
    subjectsOf(place.owner_id, place.conversation_id);

  const endOf = (row: Row<TurnTable>): Result<TurnEnd | null> =>
    row.end_entry === null ? ok(null) : content.open<TurnEnd>(subjects(row), endRecord(row.id), row.end_entry);
  return {
    turn: (row) => {
      const entry = content.open<Entry>(subjects(row), beginRecord(row.id), row.entry);
      if (!entry.ok) return entry;
      const end = endOf(row);
      if (!end.ok) return end;
      return ok({
        id: row.id,
        tenantId: row.tenant_id,
        ownerId: row.owner_id,
        conversationId: row.conversation_id,
        agentId: row.agent_id,
        authority: row.authority,
        userMessageId: row.user_message_id,
        ...(row.came_by === null ? {} : { cameBy: parsed(row.came_by) }),
        label: entry.value.label,
        state: row.state,
        steps: row.steps,
        attempts: row.attempts,
        waitingFor: parsed(row.waiting_for),
        end: end.value,
        createdAt: row.created_at,
        updatedAt: row.updated_at,
      });
    },
    begin: (place, label) => content.seal(subjects(place), beginRecord(place.id), { label }),
    end: (place, end) => content.seal(subjects(place), endRecord(place.id), end),
    key: (ownerId, key) => {
      const mac = content.mac(subjectsOf(ownerId), KEY_PURPOSE, key);
      return mac.ok ? mac.value : null;
    },
  };
};

/** Where a turn lies. */
export const placeOf = (turn: {
  readonly id: TurnId;
  readonly conversationId: ConversationId;
  readonly ownerId: Turn["ownerId"];
}): TurnPlace => ({ id: turn.id, conversation_id: turn.conversationId, owner_id: turn.ownerId });

/** JSON text for a column of that type. */
export const jsonText = <T extends string>(value: unknown): T => JSON.stringify(value) as T; // the column's brand names what it holds
