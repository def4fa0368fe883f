import { visibleInLine } from "@moltbot/contracts";
import type { PluginManifest } from "@moltbot/contracts";
import type { PluginProcess } from "./process-port.ts";

/** Tools that a manifest declares and its program, by its own word, does not have; none where it says nothing. */
export const missingTools = (
  { tools }: Pick<PluginManifest, "tools">,
  said: Awaited<ReturnType<PluginProcess["describe"]>>,
): readonly string[] =>
  said.ok ? tools.map(({ name }) => name).filter((name) => !said.value.tools.includes(name)) : [];

/** The same as a problem of the plugin; null: none is missing. */
export const missingInWords = (missing: readonly string[]): string | null =>
  missing.length === 0 ? null : `Its main.js has no ${visibleInLine(missing.join(", "))}, which its manifest declares.`;
