import { MemoryId, ReminderId, ok } from "@moltbot/contracts";
import type { ContactPort, CryptoPort, FileLabelPort, IdPort, MemoryPort, ReminderPort } from "@moltbot/contracts";
import { confirmContact, matchingContacts } from "./contacts.ts";
import type { Memory } from "./open-memory.ts";

/** Reminders as tools set them; `wake` tells the clock of a new one. */
export const reminderPort = (memory: Memory, ids: IdPort, wake: () => void): ReminderPort => ({
  create: async (scope, wish) => {
    const created = await memory.database.reminders.create(scope, {
      ...wish,
      id: ids.next(ReminderId),
      state: "scheduled",
      createdAt: memory.clock.now(),
      firedAt: null,
    });
    if (created.ok) wake();
    return created;
  },
  list: (scope) => memory.database.reminders.list(scope, { state: "scheduled" }),
});

/** Memory as tools use it. */
export const memoryPort = (memory: Memory, ids: IdPort): MemoryPort => ({
  save: (scope, wish) =>
    memory.database.memories.create(scope, { ...wish, id: ids.next(MemoryId), createdAt: memory.clock.now() }),
  search: (scope, query, limit, audience) => memory.database.memories.search(scope, query, limit, audience),
});

/** The directory as tools use it. */
export const contactPort = (memory: Memory, ids: IdPort): ContactPort => ({
  confirm: (scope, wish) =>
    confirmContact({ audit: memory.audit, store: memory.database, ids, clock: memory.clock }, scope, wish),
  search: async (scope, query, limit) => {
    const all = await memory.database.contacts.list(scope);
    return all.ok ? ok(matchingContacts(all.value, query).slice(0, limit)) : all;
  },
});

/** Labels lie by the hash of the content, so that a file that somebody else wrote has none. */
export const fileLabelPort = (memory: Memory, { hash }: Pick<CryptoPort, "hash">): FileLabelPort => ({
  keep: (scope, content, kept) => memory.database.fileLabels.keep(scope, hash(content), kept),
  of: (scope, content) => memory.database.fileLabels.find(scope, hash(content)),
});
