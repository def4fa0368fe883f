import type { Check, PluginInfo, Result } from "@moltbot/contracts";
import { check } from "./check.ts";

const counted = (count: number, what: string): string => `${String(count)} ${what}`;

/** How many plugins are ready, and which are not what they were. */
export const pluginsCheck = (plugins: Result<readonly PluginInfo[]>): Check => {
  if (!plugins.ok) return check("plugins", "fault", plugins.error.message, plugins.error.next);
  if (plugins.value.length === 0) return check("plugins", "ok", "No plugin is installed.");
  const faulty = plugins.value.filter(({ state }) => state === "faulty");
  const ready = plugins.value.filter(({ state }) => state === "ready").length;
  if (faulty.length === 0)
    return check("plugins", "ok", `${counted(ready, "ready")} of ${counted(plugins.value.length, "installed")}.`);
  return check(
    "plugins",
    "warning",
    `${counted(ready, "ready")}, ${counted(faulty.length, "faulty")}: ${faulty.map(({ name, problem }) => `${name} (${problem ?? ""})`).join("; ")}`,
    "`./moltbot plugin list` says more.",
  );
};
