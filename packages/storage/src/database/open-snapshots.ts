import type { Result } from "@moltbot/contracts";
import type { Snapshot } from "../backup/index.ts";

/** The snapshots of one database that are open. */
export interface OpenSnapshots {
  /** The same snapshot, known here until it is closed. */
  watch(taken: Result<Snapshot>): Result<Snapshot>;
  /** Resolves when all that are open now have been closed. */
  closed(): Promise<void>;
}

export const openSnapshots = (): OpenSnapshots => {
  const open = new Set<Promise<void>>();
  return {
    watch: (taken) => {
      if (!taken.ok) return taken;
      let end = (): void => undefined;
      const ended = new Promise<void>((resolve) => {
        end = resolve;
      });
      open.add(ended);
      const close = async (): Promise<void> => {
        await taken.value.close();
        open.delete(ended);
        end();
      };
      return { ok: true, value: { ...taken.value, close } };
    },
    closed: async () => {
      await Promise.all(open);
    },
  };
};
