import type {
  Contact,
  ContactId,
  MemoryId,
  Provenance,
  ProvenanceRemoval,
  Reading,
  ReminderId,
  Result,
} from "@moltbot/contracts";
import type { Behind } from "./behind.ts";
import { problemOf } from "./refusals.ts";
import type { Problem } from "./state.ts";

/** An address that a person confirms. */
export type NewContact = Pick<Contact, "kind" | "name" | "address">;

/** What a person does about what is kept of them, and where it came from. */
export interface KeptThings {
  cancel(reminderId: ReminderId): Promise<void>;
  forget(memoryId: MemoryId): Promise<void>;
  /** Where something came from and what came of it, by an id or by a source as one word. */
  whereFrom(of: string): Promise<Result<Provenance>>;
  /** With `dryRun` nothing changes: it says what would go. */
  removeSource(source: string, dryRun: boolean): Promise<Result<ProvenanceRemoval>>;
  /** Gives the problem when the address was not taken; null otherwise. */
  addContact(contact: NewContact): Promise<Problem | null>;
  removeContact(contactId: ContactId): Promise<void>;
  /** Gives the problem when the agent reads as before; null otherwise. */
  setReading(reading: Reading): Promise<Problem | null>;
  /** Gives the problem when the agent has the tools that it had; null otherwise. */
  setTools(tools: "all" | readonly string[]): Promise<Problem | null>;
  loadPanel(): Promise<void>;
}

/** Changes what is kept, and loads it anew. */
export const tendKeptThings = ({ client, store, load, fail }: Behind): KeptThings => ({
  async cancel(reminderId) {
    const cancelled = await client.call("reminders.cancel", { reminderId });
    if (!cancelled.ok) fail(cancelled.error);
    await load.reminders();
  },

  async forget(memoryId) {
    const removed = await client.call("memories.remove", { memoryId });
    if (!removed.ok) fail(removed.error);
    await load.memories();
  },

  whereFrom: (of) => client.call("provenance.show", { of }),

  async removeSource(source, dryRun) {
    const removed = await client.call("provenance.remove", { source, dryRun });
    if (removed.ok && removed.value.done) await load.remains();
    return removed;
  },

  async addContact(contact) {
    const added = await client.call("contacts.add", contact);
    await load.contacts();
    return added.ok ? null : problemOf(added.error);
  },

  async removeContact(contactId) {
    const removed = await client.call("contacts.remove", { contactId });
    if (!removed.ok) fail(removed.error);
    await load.contacts();
  },

  async setReading(reading) {
    const { agent } = store.state;
    if (agent === null) return null;
    const set = await client.call("agents.reading", { agentId: agent.id, reading });
    await load.status();
    return set.ok ? null : problemOf(set.error);
  },

  async setTools(tools) {
    const { agent } = store.state;
    if (agent === null) return null;
    const set = await client.call("agents.tools", { agentId: agent.id, tools: tools === "all" ? tools : [...tools] });
    await Promise.all([load.status(), load.capabilities()]);
    return set.ok ? null : problemOf(set.error);
  },

  loadPanel: () => load.panel(),
});
