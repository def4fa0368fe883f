import type { AccessScope, DomainEvent, JsonObject } from "@moltbot/contracts";
import { createFewAtOnce } from "./few-at-once.ts";
import type { Rate } from "./rate.ts";

const MOST_WAITING = 100;
const MOST_IN_A_MINUTE = 60;
/** Threat: one event is for many people, and a plugin that never ends to hear would take every place of plugins that are called. */
const MOST_AT_ONCE = 2;

/** Somebody's instance of a plugin, as far as it hears. */
export interface Hearer {
  /** One for each plugin and person. */
  readonly key: string;
  readonly plugin: string;
  /** Never rejects. */
  tell(scope: AccessScope, name: string, said: JsonObject): Promise<void>;
}

/** Passes events on, one after another for each hearer and few at once for each plugin, and drops what comes too fast. */
export interface Hearing {
  /** Returns at once. */
  pass(event: DomainEvent, scope: AccessScope, hearer: Hearer): void;
  /** Drops what waits for keys that begin so. */
  forget(prefix: string): void;
}

interface Waiting {
  readonly scope: AccessScope;
  readonly name: string;
  readonly said: JsonObject;
}

export const createHearing = (rate: Rate): Hearing => {
  const queues = new Map<string, Waiting[]>();
  const fewAtOnce = createFewAtOnce(MOST_AT_ONCE);

  const work = async (hearer: Hearer, queue: Waiting[]): Promise<void> => {
    // The publisher goes on first.
    await Promise.resolve();
    while (queues.get(hearer.key) === queue) {
      const next = queue.shift();
      if (next === undefined) break;
      if (rate.take(`${hearer.key} hears`, MOST_IN_A_MINUTE))
        await fewAtOnce(hearer.plugin, () => hearer.tell(next.scope, next.name, next.said));
    }
    if (queues.get(hearer.key) === queue) queues.delete(hearer.key);
  };

  return {
    pass: (event, scope, hearer) => {
      // That it happened and when: nothing of what was said.
      const waiting = { scope, name: event.name, said: { name: event.name, at: event.at } };
      const queue = queues.get(hearer.key);
      if (queue === undefined) {
        const started = [waiting];
        queues.set(hearer.key, started);
        void work(hearer, started);
      } else if (queue.length < MOST_WAITING) queue.push(waiting);
    },
    forget: (prefix) => {
      for (const key of queues.keys()) if (key.startsWith(prefix)) queues.delete(key);
    },
  };
};
