import type { EffectClass, JsonObject, ToolManifest } from "@moltbot/contracts";

/** Effects that change something: where their manifest names nothing as critical, everything is. */
const CHANGES: readonly EffectClass[] = ["write", "send", "execute", "commit"];

/** The arguments that decide what happens to whom. A changing tool that names none has each argument of the call counted. */
export const criticalArguments = (manifest: ToolManifest, given: JsonObject): readonly string[] =>
  manifest.critical.length === 0 && CHANGES.includes(manifest.effect)
    ? Object.keys(given).toSorted()
    : manifest.critical;
