import { PlanReference, err, isJsonList, isJsonObject, isReference, joinAll, ok } from "@moltbot/contracts";
import type { ContentRef, JsonObject, JsonValue, Label, Result } from "@moltbot/contracts";

/** Everything inside a value that stands for another value, unread. */
const standInsOf = (value: JsonValue): readonly JsonObject[] => {
  if (isReference(value)) return [value];
  if (isJsonList(value)) return value.flatMap(standInsOf);
  return isJsonObject(value) ? Object.values(value).flatMap(standInsOf) : [];
};

/** The references inside a value, each as it can be followed, or null where it cannot be read. */
export const referencesIn = (value: JsonValue): readonly (PlanReference | null)[] =>
  standInsOf(value).map((one) => {
    const read = PlanReference.safeParse(one);
    return read.success ? read.data : null;
  });

/** What the references inside a value take theirs from, in the order in which they stand there. */
export const contentRefsIn = (value: JsonValue): readonly ContentRef[] =>
  referencesIn(value).flatMap((reference) => reference?.$from ?? []);

/** What a reference turned out to be. */
export interface Followed {
  readonly value: JsonValue;
  readonly label: Label;
}
/** Gives the value of a reference. */
export type Follow = (reference: PlanReference) => Promise<Result<Followed>>;

/** A value with every reference in it followed; `labels` are those of what was put in. What is put in is not looked into again. */
interface Filled {
  readonly value: JsonValue;
  readonly labels: readonly Label[];
}

const fillList = async (list: readonly JsonValue[], follow: Follow): Promise<Result<Filled>> => {
  const values: JsonValue[] = [];
  const labels: Label[] = [];
  for (const item of list) {
    const filled = await fill(item, follow);
    if (!filled.ok) return filled;
    // A list of answers in the place of one element becomes so many elements.
    if (isReference(item) && isJsonList(filled.value.value)) values.push(...filled.value.value);
    else values.push(filled.value.value);
    labels.push(...filled.value.labels);
  }
  return ok({ value: values, labels });
};

const fillObject = async (object: JsonObject, follow: Follow): Promise<Result<Filled>> => {
  const entries: [string, JsonValue][] = [];
  const labels: Label[] = [];
  for (const [key, item] of Object.entries(object)) {
    const filled = await fill(item, follow);
    if (!filled.ok) return filled;
    entries.push([key, filled.value.value]);
    labels.push(...filled.value.labels);
  }
  return ok({ value: Object.fromEntries(entries), labels });
};

const fill = async (value: JsonValue, follow: Follow): Promise<Result<Filled>> => {
  if (isReference(value)) {
    const [reference] = referencesIn(value);
    // The plan was parsed before it was committed, so that this is none of ours.
    if (reference === undefined || reference === null) return ok({ value, labels: [] });
    const followed = await follow(reference);
    return followed.ok ? ok({ value: followed.value.value, labels: [followed.value.label] }) : err(followed.error);
  }
  if (isJsonList(value)) return fillList(value, follow);
  return isJsonObject(value) ? fillObject(value, follow) : ok({ value, labels: [] });
};

/** The label of a literal, which may be or hold what a reader let into the view before. */
type LabelOfLiteral = (value: JsonValue) => readonly Label[];

/** A step's arguments with everything put in, and the label of each: that of what was put in, or else of its literals. */
export const fillArguments = async (
  template: JsonObject,
  literal: LabelOfLiteral,
  follow: Follow,
): Promise<Result<{ readonly arguments: JsonObject; readonly values: Readonly<Record<string, Label>> }>> => {
  const entries: [string, JsonValue][] = [];
  const labels: [string, Label][] = [];
  for (const [name, value] of Object.entries(template)) {
    const filled = await fill(value, follow);
    if (!filled.ok) return filled;
    entries.push([name, filled.value.value]);
    labels.push([name, joinAll(filled.value.labels.length === 0 ? literal(value) : filled.value.labels)]);
  }
  return ok({ arguments: Object.fromEntries(entries), values: Object.fromEntries(labels) });
};
