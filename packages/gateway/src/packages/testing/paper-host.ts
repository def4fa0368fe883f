import { ToolName, done, effectOf, err, hostsOf, label, moltbotError, ok } from "@moltbot/contracts";
import type { PluginToRun } from "@moltbot/execution/plugins";
import { defineTool } from "@moltbot/execution/tools";
import type { Tool } from "@moltbot/execution/tools";
import { z } from "zod";
import type { PackageParts } from "../ports.ts";

const toolsOf = ({ manifest, choices }: PluginToRun): readonly Tool[] =>
  manifest.tools.map(({ name, title, description }) => {
    const input = z.strictObject({});
    return defineTool({
      manifest: {
        name: ToolName.parse(`${manifest.name}.${name}`),
        version: 1,
        title,
        description,
        effect: effectOf(manifest),
        permissions: ["plugin:call", ...manifest.permissions.map(({ kind }) => `plugin:${kind}`)],
        input,
        critical: [],
        result: "untrusted",
        undo: "none",
        repeatable: false,
        plugin: { name: manifest.name, hosts: hostsOf(manifest, choices) },
      },
      input,
      seconds: 5,
      describe: () => "Calls a plugin.",
      run: async () => ok({ text: "{}", summary: "{}", label: label("untrusted", "public") }),
    });
  });

/** A host that remembers what it was told and runs nothing. */
export interface PaperHost {
  readonly host: PackageParts["host"];
  /** What is loaded now. */
  readonly loaded: ReadonlyMap<string, PluginToRun>;
  /** Everything it was told, in order. */
  readonly told: readonly string[];
  /** The next load fails. */
  refuseNext(): void;
}

export const paperHost = (): PaperHost => {
  const loaded = new Map<string, PluginToRun>();
  const told: string[] = [];
  let refuses = false;
  return {
    loaded,
    told,
    refuseNext: () => {
      refuses = true;
    },
    host: {
      load: (plugin) => {
        told.push(`load ${plugin.manifest.name} ${plugin.manifest.version}`);
        if (refuses) {
          refuses = false;
          return err(moltbotError("PACKAGE_INVALID", { problem: "the host does not take it" }));
        }
        loaded.set(plugin.manifest.name, plugin);
        return done;
      },
      unload: async (name) => {
        told.push(`unload ${name}`);
        loaded.delete(name);
      },
      tools: () => [...loaded.values()].flatMap(toolsOf),
      standing: () => ({ processes: 0, problem: null }),
      startAnew: (name) => void told.push(`anew ${name}`),
      try: async () =>
        ok({ ok: true, result: "1", problem: null, asked: [], logged: [], missing: [], milliseconds: 1 }),
    },
  };
};
