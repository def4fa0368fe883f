/** The example plugins as they lie in the repository. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Plugin, PluginManifest } from "@moltbot/plugin-sdk";
import type { PluginCases } from "@moltbot/plugin-sdk/testing";

const root = join(import.meta.dirname, "..", "..");
export const EXAMPLES = ["weather", "github", "rss"] as const;
export type ExampleName = (typeof EXAMPLES)[number];

export interface ExamplePlugin {
  readonly folder: string;
  readonly manifest: PluginManifest;
  /** The text of main.js. */
  readonly source: string;
  readonly cases: PluginCases["cases"];
}

/** What lies in an example's folder. */
export const readExample = (name: ExampleName): ExamplePlugin => {
  const folder = join(root, "examples", "plugins", name);
  const text = (file: string): string => readFileSync(join(folder, file), "utf8");
  return {
    folder,
    // The files are ours; that they are what they should be is what the tests ask.
    manifest: JSON.parse(text("plugin.json")) as PluginManifest,
    source: text("main.js"),
    cases: (JSON.parse(text("plugin.test.json")) as PluginCases).cases,
  };
};

/** The plugin itself, loaded into this process. */
export const loadExample = async (name: ExampleName): Promise<Plugin> => {
  const loaded = (await import(pathToFileURL(join(readExample(name).folder, "main.js")).href)) as { default: Plugin }; // ours
  return loaded.default;
};
