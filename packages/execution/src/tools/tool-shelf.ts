import type { ToolManifest } from "@moltbot/contracts";
import type { Tool } from "./tool.ts";

/** The tools that may be called at a moment. */
export interface ToolShelf {
  /** The same list until a tool comes or goes. */
  readonly catalog: () => readonly ToolManifest[];
  readonly find: (name: string) => Tool | undefined;
}

/** Those that may be used under their names: of two with one name the first, and a plugin's under no name of the house. */
const underTheirNames = (tools: readonly Tool[], ofTheHouse: readonly Tool[]): ReadonlyMap<string, Tool> => {
  const isPlugins = ({ manifest }: Tool): boolean => manifest.plugin !== undefined;
  const own = new Set(
    [...ofTheHouse, ...tools].filter((tool) => !isPlugins(tool)).map(({ manifest }) => manifest.name),
  );
  const byName = new Map<string, Tool>();
  for (const tool of tools) {
    const { name } = tool.manifest;
    if (!byName.has(name) && !(isPlugins(tool) && own.has(name))) byName.set(name, tool);
  }
  return byName;
};

/** What `now` gives at each moment, worked out anew only where it is another list than before. */
export const createToolShelf = (now: () => readonly Tool[], ofTheHouse: readonly Tool[]): ToolShelf => {
  let tools: readonly Tool[] = [];
  let byName: ReadonlyMap<string, Tool> = new Map();
  let catalog: readonly ToolManifest[] = Object.freeze([]);
  const look = (): void => {
    const found = now();
    if (found.length === tools.length && found.every((tool, at) => tool === tools[at])) return;
    tools = [...found];
    byName = underTheirNames(tools, ofTheHouse);
    catalog = Object.freeze([...byName.values()].map(({ manifest }) => manifest));
  };
  return {
    catalog: () => {
      look();
      return catalog;
    },
    find: (name) => {
      look();
      return byName.get(name);
    },
  };
};
