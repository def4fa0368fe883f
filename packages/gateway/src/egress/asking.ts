import { AsyncLocalStorage } from "node:async_hooks";
import type { ModelPort } from "@moltbot/contracts";
import type { OnBehalf } from "@moltbot/execution/egress";

/** Knows for whom a model is being asked, wherever its request is made. */
export interface Asking {
  /** The same model, whose requests are made on behalf of somebody. */
  askedFor(behalf: OnBehalf, model: ModelPort): ModelPort;
  /** For whom the code that calls this is asking a model; null: for nobody in particular. */
  current(): OnBehalf | null;
}

export const createAsking = (): Asking => {
  const context = new AsyncLocalStorage<OnBehalf>();
  return {
    current: () => context.getStore() ?? null,
    askedFor: (behalf, model) => ({
      describe: () => model.describe(),
      async *stream(request, signal) {
        // Each step runs in the context of the asking, whoever takes it: a generator would run in that of its reader.
        const events = context.run(behalf, () => model.stream(request, signal)[Symbol.asyncIterator]());
        let isOver = false;
        try {
          for (;;) {
            const next = await context.run(behalf, () => events.next());
            isOver = next.done === true;
            if (next.done === true) return;
            yield next.value;
          }
        } finally {
          if (!isOver) await context.run(behalf, () => events.return?.());
        }
      },
    }),
  };
};
