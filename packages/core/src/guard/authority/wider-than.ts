import { isPathUnder, UNDO } from "@moltbot/contracts";
import type { Constraint, JsonValue } from "@moltbot/contracts";
import { sameValue } from "../canonical.ts";

const isIn = (value: JsonValue, values: readonly JsonValue[]): boolean =>
  values.some((other) => sameValue(value, other));

const isInside = (path: string, root: string): boolean => root === "" || path === root || path.startsWith(`${root}/`);

/** Whether `wish` asks for something that `held`, a limit of the same kind, does not have. Told where it can be told. */
const asksForMore = (wish: Constraint, held: Constraint): boolean => {
  switch (wish.kind) {
    case "equals":
      return held.kind === wish.kind && !sameValue(wish.value, held.value);
    case "one-of":
      return held.kind === wish.kind && !wish.values.every((value) => isIn(value, held.values));
    case "host-in":
      return held.kind === wish.kind && !wish.hosts.every((host) => held.hosts.includes(host));
    case "method-in":
      return held.kind === wish.kind && !wish.methods.every((method) => held.methods.includes(method));
    case "path-prefix":
      return (
        held.kind === wish.kind &&
        !wish.prefixes.every((prefix) => held.prefixes.some((other) => isPathUnder(prefix, other)))
      );
    case "recipient-in":
      return held.kind === wish.kind && !wish.recipients.every((address) => held.recipients.includes(address));
    case "program-in":
      return held.kind === wish.kind && !wish.programs.every((program) => held.programs.includes(program));
    case "path-within":
      return held.kind === wish.kind && !isInside(wish.root, held.root);
    case "reversible":
      return held.kind === wish.kind && UNDO.indexOf(wish.atMost) > UNDO.indexOf(held.atMost);
    case "rate":
      return held.kind === wish.kind && wish.seconds === held.seconds && wish.limit > held.limit;
    case "at-most":
    case "cost":
    case "count":
    case "bytes":
      return held.kind === wish.kind && wish.limit > held.limit;
    case "matches":
    case "time-window":
    default:
      return false;
  }
};

const subject = (constraint: Constraint): string | null => ("argument" in constraint ? constraint.argument : null);

/**
 * The first limit of a wish that is looser than one already held on the same thing; null when there is none. A wish that leaves
 * a limit out asks for nothing more: every limit held stays in what is handed on.
 */
export const looserLimit = (wish: readonly Constraint[], held: readonly Constraint[]): Constraint | null =>
  wish.find((one) =>
    held.some((other) => one.kind === other.kind && subject(one) === subject(other) && asksForMore(one, other)),
  ) ?? null;
