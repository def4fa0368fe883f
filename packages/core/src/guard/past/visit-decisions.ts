import { done } from "@moltbot/contracts";
import type { DecisionId, DecisionRecord, Result } from "@moltbot/contracts";

/** Reads the next page behind a decision; null begins. */
type NextPage = (behind: DecisionId | null, limit: number) => Promise<Result<readonly DecisionRecord[]>>;

/**
 * Shows recorded decisions to `visit`, page by page in the order of `next`, until there are no more or it answers false. What it
 * does with one page is done without a pause: `page` bounds how long others wait for it.
 */
export const visitDecisions = async (
  next: NextPage,
  page: number,
  visit: (record: DecisionRecord) => boolean,
): Promise<Result<void>> => {
  let behind: DecisionId | null = null;
  for (;;) {
    const read: Result<readonly DecisionRecord[]> = await next(behind, page);
    if (!read.ok) return read;
    for (const record of read.value) if (!visit(record)) return done;
    const last = read.value.at(-1);
    if (last === undefined || read.value.length < page) return done;
    behind = last.id;
  }
};
