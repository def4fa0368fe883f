import { MemoryId, ReminderId, done } from "@moltbot/contracts";
import type { AuditEvent } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { keepsakeOperations } from "./keepsakes.ts";
import type { OperationPorts } from "./ports.ts";
import { OWNER, SYSTEM, fakeHouse, idOf, memory, reminder } from "./testing/fake-house.ts";

const context = { principal: OWNER, traceId: "t", surface: "local" as const, signal: new AbortController().signal };
const reminderId = idOf(ReminderId, 1);
const memoryId = idOf(MemoryId, 1);

/** The operations over a house with one scheduled and one fired reminder and two memories. */
const kept = () => {
  const fake = fakeHouse({
    reminders: [reminder(1, 60_000), reminder(2, 0, { state: "fired" })],
    memories: [memory(1), memory(2, "newer")],
  });
  const forgotten: (readonly string[])[] = [];
  const privacy = {
    forget: async (subjects: readonly string[]) => {
      forgotten.push([...subjects, `with ${String(fake.memories.size)} rows`]);
      return done;
    },
  } as OperationPorts["privacy"]; // nothing else of it is reached
  return { ...fake, forgotten, privacy, operations: keepsakeOperations({ house: fake.house, privacy }) };
};

describe("cancelling a reminder", () => {
  it("records it, then cancels it, once", async () => {
    const { operations, reminders, recorded } = kept();
    expect(await operations["reminders.cancel"](context, { reminderId })).toMatchObject({
      ok: true,
      value: { id: reminderId, state: "cancelled" },
    });
    expect(reminders.get(reminderId)?.state).toBe("cancelled");
    expect(recorded).toEqual([{ event: "reminder:cancelled", actor: OWNER.id, fields: { reminderId } }]);
    expect(await operations["reminders.cancel"](context, { reminderId })).toMatchObject({
      ok: false,
      error: { code: "CONFLICT" },
    });
    expect(recorded).toHaveLength(1);
    expect(await operations["reminders.list"](context, { state: "scheduled" })).toMatchObject({ value: [] });
    expect(await operations["reminders.list"](context, {})).toMatchObject({ value: [{}, {}] });
  });

  it("refuses one that fired and one that does not exist, and records nothing", async () => {
    const { operations, recorded } = kept();
    expect(await operations["reminders.cancel"](context, { reminderId: idOf(ReminderId, 2) })).toMatchObject({
      ok: false,
      error: { code: "CONFLICT" },
    });
    expect(await operations["reminders.cancel"](context, { reminderId: idOf(ReminderId, 9) })).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND" },
    });
    expect(recorded).toEqual([]);
  });

  it("says so when the reminder fired while the record was written", async () => {
    const { house, reminders, privacy } = kept();
    const slow = {
      ...house.audit,
      record: async (event: AuditEvent) => {
        await house.store.reminders.markFired(SYSTEM, reminderId, house.clock.now());
        return house.audit.record(event);
      },
    };
    const operations = keepsakeOperations({ house: { ...house, audit: slow }, privacy });
    expect(await operations["reminders.cancel"](context, { reminderId })).toMatchObject({
      ok: false,
      error: { code: "CONFLICT" },
    });
    expect(reminders.get(reminderId)?.state).toBe("fired");
  });
});

describe("forgetting a memory", () => {
  it("records it, destroys its key, then removes it", async () => {
    const { operations, memories, recorded, forgotten } = kept();
    expect(await operations["memories.list"](context, { limit: 1 })).toMatchObject({ value: [{ text: "newer" }] });
    expect(await operations["memories.remove"](context, { memoryId })).toEqual({ ok: true, value: {} });
    expect([...memories.keys()]).toEqual([idOf(MemoryId, 2)]);
    expect(forgotten).toEqual([[`memory:${memoryId}`, "with 2 rows"]]);
    expect(recorded).toEqual([{ event: "memory:removed", actor: OWNER.id, fields: { memoryId } }]);
    expect(await operations["memories.remove"](context, { memoryId })).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND" },
    });
    expect(recorded).toHaveLength(1);
  });
});

describe("when nothing can be recorded", () => {
  it("nothing is cancelled and nothing forgotten", async () => {
    const { operations, failAudit, reminders, memories } = kept();
    failAudit(true);
    expect(await operations["reminders.cancel"](context, { reminderId })).toMatchObject({
      ok: false,
      error: { code: "AUDIT_UNWRITABLE" },
    });
    expect(await operations["memories.remove"](context, { memoryId })).toMatchObject({
      ok: false,
      error: { code: "AUDIT_UNWRITABLE" },
    });
    expect(reminders.get(reminderId)?.state).toBe("scheduled");
    expect(memories.has(memoryId)).toBe(true);
  });
});
