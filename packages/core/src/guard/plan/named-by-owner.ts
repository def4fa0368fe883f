import { joinAll, readableBy } from "@moltbot/contracts";
import type { ArgumentRole, ContentRef, DecisionInput, JsonValue, Label, PlanStep } from "@moltbot/contracts";
import { argumentOf } from "../critical-arguments.ts";
import { isNamedContact } from "../directory.ts";
import { broughtIn, isLiteral } from "./planned.ts";

/** A planned call, and how to tell what the authority's own words name. */
interface Named {
  readonly input: Pick<DecisionInput, "call" | "plan" | "directory">;
  /** The step that the call is. */
  readonly step: PlanStep;
  readonly critical: readonly string[];
  readonly roleOf: (argument: string) => ArgumentRole | undefined;
  /** Whether a text stands in the authority's own words. */
  readonly stands: (words: string) => boolean;
  /** Whether every sink of the call may know what has this label. */
  readonly sinksMayRead: (label: Label) => boolean;
}

/** Every text in a value. */
const textsOf = (value: JsonValue): readonly string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
};

/** The owner names a source by all the texts with which the plan looks for it. Content kept aside has no such name. */
const isSourceNamed = (ref: ContentRef, { input, stands }: Named): boolean => {
  const source = typeof ref === "number" ? input.plan?.plan.steps[ref - 1] : undefined;
  if (source === undefined) return false;
  const names = Object.keys(source.arguments);
  if (!names.every((name) => isLiteral(source, name))) return false;
  const texts = names.flatMap((name) => textsOf(source.arguments[name] ?? null));
  return texts.length > 0 && texts.every(stands);
};

const isTargetNamed = (value: JsonValue, { input, stands }: Named): boolean =>
  typeof value === "string" && (stands(value) || isNamedContact(value, input.directory ?? [], stands));

const areTargetsNamed = (named: Named): boolean => {
  const { input, step, critical, roleOf } = named;
  const targets = critical.filter((name) => ["recipient", "url"].includes(roleOf(name) ?? ""));
  return (
    targets.length > 0 &&
    targets.every((name) => {
      const value = argumentOf(input.call.arguments, name);
      // What the plan leaves out reaches nobody.
      if (!Object.hasOwn(input.call.arguments, name)) return true;
      const values: readonly JsonValue[] = Array.isArray(value) ? value : [value];
      return isLiteral(step, name) && values.every((one) => isTargetNamed(one, named));
    })
  );
};

/**
 * Whether a value is kept from nobody but for what its references brought in; then naming those names all of it. A literal that
 * repeats what a reader found has no source that could be named.
 */
const isAllNamed = ({ input: { call }, step, sinksMayRead }: Named): boolean =>
  Object.entries(call.values ?? {}).every(([name, label]) =>
    isLiteral(step, name)
      ? label.integrity === "authority" || sinksMayRead(label)
      : readableBy(label.readers, joinAll(broughtIn(step, name, { call })).readers),
  );

/**
 * Release by the owner's own message (security model, section 4, release a): it names where each thing comes from that the
 * call's sinks were not cleared for, and where it goes, and the call is a step of a plan committed from it.
 */
export const isNamedByOwner = (named: Named): boolean => {
  const brought = named.input.call.planned?.from ?? [];
  const withheld = brought.filter(({ label }) => !named.sinksMayRead(label));
  return withheld.every(({ ref }) => isSourceNamed(ref, named)) && isAllNamed(named) && areTargetsNamed(named);
};
