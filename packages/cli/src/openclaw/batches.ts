import type { ImportBatch } from "@moltbot/contracts";
import type { FoundState } from "./found.ts";

/** Under what the gateway takes at once, in bytes of JSON and in things. */
const MOST_BYTES = 500_000;
const MOST = { conversations: 50, messages: 1_000, memories: 500 } as const;

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

type Talk = ImportBatch["conversations"][number];

/** What fills up until it is sent. */
const emptyLoad = () => ({
  talks: new Map<string, Talk>(),
  memories: [] as ImportBatch["memories"][number][],
  messages: 0,
  bytes: 0,
});

/**
 * A folder's findings in parts that the gateway takes, agents first. A conversation goes on in the next part where one is full; in no
 * part does one stand twice.
 */
export function* batchesOf(state: Pick<FoundState, "agents" | "sessions" | "memories">): Generator<ImportBatch> {
  const batch = (more: Partial<ImportBatch>): ImportBatch => ({
    from: "openclaw",
    agents: [],
    conversations: [],
    memories: [],
    ...more,
  });
  if (state.agents.length > 0) yield batch({ agents: [...state.agents] });
  let load = emptyLoad();
  const sent = (): ImportBatch => {
    const full = batch({ conversations: [...load.talks.values()], memories: load.memories });
    load = emptyLoad();
    return full;
  };
  const isEmpty = (): boolean => load.talks.size + load.memories.length === 0;
  for (const { conversation } of state.sessions)
    for (const message of conversation.messages) {
      const size = sizeOf(message) + (load.talks.has(conversation.key) ? 0 : sizeOf({ ...conversation, messages: [] }));
      const isFull =
        load.bytes + size > MOST_BYTES ||
        load.messages >= MOST.messages ||
        (load.talks.size >= MOST.conversations && !load.talks.has(conversation.key));
      if (isFull && !isEmpty()) yield sent();
      const talk = load.talks.get(conversation.key) ?? { ...conversation, messages: [] };
      talk.messages.push(message);
      load.talks.set(conversation.key, talk);
      load.messages += 1;
      load.bytes += size;
    }
  for (const memory of state.memories) {
    const size = sizeOf(memory);
    if ((load.bytes + size > MOST_BYTES || load.memories.length >= MOST.memories) && !isEmpty()) yield sent();
    load.memories.push(memory);
    load.bytes += size;
  }
  if (!isEmpty()) yield sent();
}
