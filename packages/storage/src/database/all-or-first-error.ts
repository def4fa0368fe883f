import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";

/** Maps every row, or returns the first failure. */
export const mapAll = <R, T>(rows: readonly R[], map: (row: R) => Result<T>): Result<readonly T[]> => {
  const mapped: T[] = [];
  for (const row of rows) {
    const one = map(row);
    if (!one.ok) return one;
    mapped.push(one.value);
  }
  return ok(mapped);
};
