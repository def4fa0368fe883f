import { speakersOf } from "@moltbot/contracts";
import type { Facts } from "./facts.ts";

/** What programs left is in no argument, and what is remembered comes back: who made a file says nothing of those. */
const NEVER: readonly string[] = ["exec:keep", "memory:write"];

/**
 * Whether those alone go on with a file who made it: every file that changes is known to be from outside, and nobody who speaks
 * for themselves (`speakersOf`) is in view that had no part in it. Then nobody gains a hand in anything.
 */
export const staysAmongItsMakers = ({ input, manifest, carried, labelOf, beyondPlan }: Facts): boolean => {
  const { call, resources } = input;
  if (manifest.undo !== "undoable" || manifest.permissions.some((permission) => NEVER.includes(permission)))
    return false;
  // Where a detector saw orders, or a plan was left, somebody wants more than to go on.
  if (call.alarmed === true || beyondPlan()) return false;
  const inView = speakersOf([call.label, ...carried().map(labelOf)].flatMap(({ sources }) => sources));
  return (
    resources.length > 0 &&
    resources.every(
      ({ kind, origin }) =>
        kind === "path" &&
        origin !== undefined &&
        inView.every((one) => origin.some((maker) => maker.kind === one.kind && maker.ref === one.ref)),
    )
  );
};
