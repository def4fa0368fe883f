import { REAL_STEPS } from "../vault-disk.ts";
import type { DiskSteps } from "../vault-disk.ts";

/** Steps of which the one with this number fails, and every one after it: the power is gone. `done` says how many there were. */
export const stepsUntil = (last: number): { readonly steps: DiskSteps; readonly done: () => number } => {
  let count = 0;
  const names = Object.keys(REAL_STEPS) as (keyof DiskSteps)[]; // the keys of the object itself
  const steps = Object.fromEntries(
    names.map((name) => [
      name,
      (...given: readonly unknown[]): unknown => {
        count += 1;
        if (count > last) throw Object.assign(new Error("the power is gone"), { code: "EIO" });
        return (REAL_STEPS[name] as (...values: readonly unknown[]) => unknown)(...given); // each step with its own arguments
      },
    ]),
  ) as unknown as DiskSteps; // the same names, each calling the real one
  return { steps, done: () => count };
};
