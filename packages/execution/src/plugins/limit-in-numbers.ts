import type { PluginManifest, Result } from "@moltbot/contracts";
import { overLimit } from "./refusals.ts";

type Limits = PluginManifest["limits"];

/** What a process calls its limits, with how much each is. */
const NUMBERS: Readonly<Record<string, (limits: Limits) => string>> = Object.freeze({
  cpu: ({ cpuMs }: Limits) => `cpu, ${String(cpuMs)} ms`,
  memory: ({ memoryMiB }: Limits) => `memory, ${String(memoryMiB)} MiB`,
  output: ({ outputBytes }: Limits) => `output, ${String(outputBytes)} bytes`,
  asks: ({ asksPerCall }: Limits) => `asks, ${String(asksPerCall)} in one call`,
});

/** The same result; a limit that was passed is named with its number, which whoever wrote the plugin can change. */
export const inNumbers = <T>(
  { name, limits }: Pick<PluginManifest, "name" | "limits">,
  result: Result<T>,
): Result<T> => {
  if (result.ok || result.error.code !== "PLUGIN_LIMIT") return result;
  const limit = String(result.error.context["limit"]);
  const words = Object.hasOwn(NUMBERS, limit) ? NUMBERS[limit]?.(limits) : undefined;
  return words === undefined ? result : overLimit(name, words);
};
