import { basename, resolve } from "node:path";
import type { PackageContent } from "@moltbot/contracts";
import { printableLine } from "../output.ts";
import { fieldProblem, packingProblem } from "./problem.ts";
import { readFolder, textIn } from "./read-folder.ts";

/** The file of a plugin's folder that says what it is; it becomes the package's manifest. */
export const PLUGIN_FILE = "plugin.json";

/** Where a JSON text breaks off, as `line 3, column 7`; undefined where the platform does not say. */
const placeOf = (text: string, cause: unknown): string | undefined => {
  const at = cause instanceof Error ? /at position (\d+)/.exec(cause.message)?.[1] : undefined;
  if (at === undefined) return undefined;
  const lines = text.slice(0, Number(at)).split("\n");
  return `line ${String(lines.length)}, column ${String((lines.at(-1)?.length ?? 0) + 1)}`;
};

/** A JSON text of a folder's file. */
export const jsonOf = (file: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const place = placeOf(text, cause);
    throw packingProblem(
      file,
      `it is not JSON${place === undefined ? "" : ` from ${place} on`}`,
      "Correct it there: names and texts stand in double quotes, no comma stands before a closing bracket, and there are no comments.",
    );
  }
};

/** What a plugin's folder packs: `plugin.json` as the manifest, and all its other files. */
export const packPlugin = async (folder: string): Promise<PackageContent> => {
  const files = await readFolder(folder);
  const text = textIn(files, PLUGIN_FILE);
  if (text === undefined)
    throw packingProblem(
      printableLine(folder),
      `there is no ${PLUGIN_FILE} in it`,
      textIn(files, "SKILL.md") === undefined
        ? `Name the folder of a plugin; \`./moltbot plugin new ${basename(resolve(folder)).replace(/[^a-z0-9]/g, "") || "NAME"}\` makes one.`
        : `It is a skill's folder: ./moltbot skill install ${printableLine(folder)}`,
    );
  if (textIn(files, "main.js") === undefined)
    throw packingProblem(
      printableLine(folder),
      "there is no main.js in it",
      "Write the plugin as one module called main.js.",
    );
  const { PackageContent: schema, PluginManifest } = await import("@moltbot/contracts");
  const given = jsonOf(PLUGIN_FILE, text);
  const manifest = PluginManifest.safeParse(given);
  if (!manifest.success) throw fieldProblem(PLUGIN_FILE, "plugin", given, manifest.error);
  const content = { kind: "plugin", manifest: manifest.data, files: files.filter(({ path }) => path !== PLUGIN_FILE) };
  const packed = schema.safeParse(content);
  if (!packed.success) throw fieldProblem(printableLine(folder), "plugin", content, packed.error);
  return packed.data;
};
