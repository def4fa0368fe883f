import { isJsonList, isJsonObject, isReference } from "@moltbot/contracts";
import type { JsonObject, JsonValue } from "@moltbot/contracts";
import { sameValue } from "../canonical.ts";
import { referencesIn } from "./references.ts";

/** A list of texts in the place of one element becomes so many elements. */
const isSpread = (step: JsonValue): boolean => {
  const [only] = isReference(step) ? (referencesIn(step) ?? []) : [];
  return only?.reference.as === "texts";
};

/** Each element in its place, from both ends up to the first and last that may have become many. */
const fillsList = (step: readonly JsonValue[], given: readonly JsonValue[]): boolean => {
  const first = step.findIndex(isSpread);
  if (first === -1) return step.length === given.length && step.every((item, at) => fills(item, given[at] ?? null));
  const last = step.findLastIndex(isSpread);
  const behind = step.slice(last + 1);
  if (given.length < first + behind.length) return false;
  return (
    step.slice(0, first).every((item, at) => fills(item, given[at] ?? null)) &&
    behind.every((item, at) => fills(item, given[given.length - behind.length + at] ?? null)) &&
    holdsInOrder(step.slice(first + 1, last), given.slice(first, given.length - behind.length))
  );
};

/** What stands between two spread lists stands there in its order, wherever that is. */
const holdsInOrder = (between: readonly JsonValue[], given: readonly JsonValue[]): boolean => {
  let at = 0;
  for (const item of between.filter((one) => !isSpread(one))) {
    while (at < given.length && !fills(item, given[at] ?? null)) at += 1;
    if (at >= given.length) return false;
    at += 1;
  }
  return true;
};

const fillsObject = (step: JsonObject, given: JsonObject): boolean => {
  const keys = Object.keys(step);
  return (
    keys.length === Object.keys(given).length &&
    keys.every((key) => Object.hasOwn(given, key) && fills(step[key] ?? null, given[key] ?? null))
  );
};

/** Whether a value is what the step of a plan says, with anything at all in the place of a reference. */
export function fills(step: JsonValue, given: JsonValue): boolean {
  if (isReference(step)) return true;
  if (isJsonList(step)) return isJsonList(given) && fillsList(step, given);
  if (isJsonObject(step)) return isJsonObject(given) && fillsObject(step, given);
  return sameValue(step, given);
}
