import type { EffectClass, JsonObject, JsonValue, ManifestFacts } from "@moltbot/contracts";

/** Effects that change something: where their manifest names nothing as critical, everything is. */
const CHANGES: readonly EffectClass[] = ["write", "send", "execute", "commit"];

/** The argument itself, never what an object inherits; an absent argument reads as null. */
export const argumentOf = (given: JsonObject, name: string): JsonValue =>
  Object.hasOwn(given, name) ? (given[name] ?? null) : null;

/** The arguments that decide what happens to whom. A changing tool that names none has each argument of the call counted. */
export const criticalArguments = (
  manifest: Pick<ManifestFacts, "critical" | "effect">,
  given: JsonObject,
): readonly string[] =>
  manifest.critical.length === 0 && CHANGES.includes(manifest.effect)
    ? Object.keys(given).toSorted()
    : manifest.critical;
