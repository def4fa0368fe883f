/** The table of decisions without the rules that the address of this file names: `?drop=rule,rule`. */
import { rowFor as whole } from "../../../../packages/core/src/guard/effect-table.ts";
import type { Row } from "../../../../packages/core/src/guard/effect-table.ts";

export * from "../../../../packages/core/src/guard/effect-table.ts";

const dropped: ReadonlySet<string> = new Set((new URL(import.meta.url).searchParams.get("drop") ?? "").split(","));

const without = (row: Row): Row => {
  const [first, ...rest] = row.requirements.map((one) =>
    dropped.has(one.rule) ? { ...one, satisfiedBy: () => true } : one,
  );
  if (first === undefined) return row;
  const kept: Row = { requirements: [first, ...rest] };
  return { ...kept, conditions: (row.conditions ?? []).filter(({ rule }) => !dropped.has(rule)) };
};

export const rowFor: typeof whole = (facts, context) => without(whole(facts, context));
