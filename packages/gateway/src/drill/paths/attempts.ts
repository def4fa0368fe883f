import type { JsonObject } from "@moltbot/contracts";
import type { Tool } from "@moltbot/execution/tools";
import type { PathCase } from "./corpus.ts";
import { CANARY_NAME } from "./outside.ts";

export interface Call {
  readonly tool: string;
  readonly arguments: JsonObject;
}

/**
 * With each tool, what the path is after. What is written goes to a name that stands nowhere (`planted`), so that a hole harms nobody; `key`
 * keeps those apart that are tried at once.
 */
export const attempts = (
  { path }: PathCase,
  { key, planted, more }: { readonly key: string; readonly planted: string; readonly more: readonly Tool[] },
): readonly Call[] => {
  const at = (file: string): string => path.replaceAll("{FILE}", file).slice(0, 1024);
  return [
    { tool: "file.read", arguments: { path: at(CANARY_NAME) } },
    { tool: "file.read", arguments: { path: at("etc/passwd") } },
    { tool: "file.list", arguments: { folder: at("") } },
    { tool: "file.search", arguments: { text: "canary 61f0", folder: at("") } },
    { tool: "file.write", arguments: { path: at(planted), text: "planted" } },
    { tool: "file.append", arguments: { path: at(planted), text: "planted" } },
    { tool: "file.patch", arguments: { path: at(planted), patch: "@@ -0,0 +1 @@\n+planted\n" } },
    { tool: "file.move", arguments: { from: `own-${key}.txt`, to: at(planted) } },
    { tool: "file.edit", arguments: { path: at(CANARY_NAME), old: "nobody", new: "everybody" } },
    { tool: "file.move", arguments: { from: at(CANARY_NAME), to: `stolen-${key}.txt` } },
    { tool: "file.delete", arguments: { path: at(CANARY_NAME) } },
    ...more.map(({ manifest }) => ({ tool: manifest.name, arguments: { path: at(CANARY_NAME) } })),
  ];
};
