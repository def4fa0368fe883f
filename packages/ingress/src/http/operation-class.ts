import { OPERATIONS } from "@moltbot/contracts";
import type { OperationName } from "@moltbot/contracts";

/** What an operation may do, as budgets tell it: `effect` is what commits to something that cannot be taken back by itself. */
export type OperationClass = "read" | "write" | "effect";

const isOperation = (name: string): name is OperationName => Object.hasOwn(OPERATIONS, name);

/** The class of an operation by name; what is no operation of the registry changes nothing. */
export const classOf = (name: string | null): OperationClass => {
  if (name === null || !isOperation(name)) return "read";
  const { effect } = OPERATIONS[name];
  if (effect === "read") return "read";
  return effect === "commit" ? "effect" : "write";
};
