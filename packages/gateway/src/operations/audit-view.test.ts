import { ConversationId, PrincipalId, TurnId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { AuditFields, AuditRecord, Principal } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { seenRecords } from "./audit-view.ts";
import { OWNER, conversation, idOf } from "./testing/fake-house.ts";

const OTHER = idOf(PrincipalId, 9);
const MINE = idOf(ConversationId, 20);
const THEIRS = idOf(ConversationId, 21);
const MY_TURN = idOf(TurnId, 30);

const store = {
  conversations: {
    find: async (_scope: unknown, id: string) =>
      id === MINE ? ok(conversation(20)) : err(moltbotError("NOT_FOUND", { kind: "conversation" })),
  },
  turns: {
    find: async (_scope: unknown, id: string) =>
      id === MY_TURN ? ok({ id }) : err(moltbotError("NOT_FOUND", { kind: "turn" })),
  },
} as unknown as Parameters<typeof seenRecords>[0]; // all that is reached

const record = (sequence: number, event: string, actor: string, fields: AuditFields = {}): AuditRecord => ({
  sequence,
  at: instantOf(0),
  event,
  actor,
  fields,
  commitments: {},
});
const LOG: readonly AuditRecord[] = [
  record(9, "contact:confirmed", OWNER.id),
  record(8, "contact:confirmed", OTHER),
  record(7, "tool:intended", "an-agent", { conversationId: MINE }),
  record(6, "tool:intended", "an-agent", { conversationId: THEIRS }),
  record(5, "turn:stopped", "system", { turnId: MY_TURN }),
  record(4, "person:changed", OTHER, { personId: OWNER.id }),
  record(3, "config:set", OTHER, { key: "log.level" }),
  record(2, "system:stopped", "system", { conversationId: THEIRS }),
  record(1, "share:set", OTHER, { personId: OWNER.id, effect: "deny" }),
  record(0, "token:created", OTHER, {}),
];
const pages =
  (log: readonly AuditRecord[], asked: number[] = []) =>
  async (limit: number, before: number | undefined) => {
    asked.push(limit);
    return ok(log.filter(({ sequence }) => sequence < (before ?? Infinity)).slice(0, limit));
  };
const as = (role: Principal["role"]): Principal => ({ ...OWNER, role });
const seen = async (role: Principal["role"], limit = 500) => {
  const found = await seenRecords(store, as(role), pages(LOG), { limit, before: undefined });
  return found.ok ? found.value.map(({ sequence }) => sequence) : found.error.code;
};

describe("the records that somebody sees", () => {
  it("are what they did, what is about them, and what happened to their own conversations and turns", async () => {
    expect(await seen("viewer")).toEqual([9, 7, 5, 4]);
    expect(await seen("member")).toEqual([9, 7, 5, 4]);
  });

  it("are for keepers also what concerns the house, but nothing that names another's conversation", async () => {
    expect(await seen("admin")).toEqual([9, 7, 5, 4, 3]);
    expect(await seen("owner")).toEqual([9, 7, 5, 4, 3]);
  });

  it("are looked for past what is hidden, until there are as many as wished", async () => {
    expect(await seen("viewer", 2)).toEqual([9, 7]);
    const asked: number[] = [];
    const many = Array.from({ length: 1_200 }, (_, at) =>
      record(1_199 - at, "contact:confirmed", at % 400 === 0 ? OWNER.id : OTHER),
    );
    const found = await seenRecords(store, OWNER, pages(many, asked), { limit: 3, before: 1_199 });
    expect(found.ok && found.value.map(({ sequence }) => sequence)).toEqual([799, 399]);
    expect(asked[0]).toBe(3);
    expect(asked.length).toBeGreaterThan(2);
  });

  it("pass a log that cannot be read on", async () => {
    const broken = async () => err(moltbotError("AUDIT_UNWRITABLE"));
    expect(await seenRecords(store, OWNER, broken, { limit: 1, before: undefined })).toMatchObject({
      error: { code: "AUDIT_UNWRITABLE" },
    });
  });

  it("unplug: the log itself holds what everybody did, and lists it to whoever asks", async () => {
    const whole = await pages(LOG)(500, undefined);
    expect(whole.ok && whole.value.map(({ sequence }) => sequence)).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  });
});
