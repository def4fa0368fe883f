import type { PrincipalId } from "@moltbot/contracts";
import type { Tool } from "../tools/index.ts";
import type { PluginToRun } from "./plugin-host.ts";

/** A plugin that is there, and what is known of it. */
export interface Loaded {
  readonly plugin: PluginToRun;
  readonly tools: readonly Tool[];
  /** For whom it was called since it is there: nobody else's events reach it. */
  readonly people: Set<PrincipalId>;
  /** The events that it has a function for; null until one of its processes said so. */
  handlers: ReadonlySet<string> | null;
  /** Declared tools that its program does not have; null until one of its processes said so. */
  missing: readonly string[] | null;
  /** Why it could not be started, or what it lacks; null where the last start went well. */
  problem: string | null;
}

/** The plugins that are there, by their names. */
export interface LoadedPlugins {
  find(name: string): Loaded | undefined;
  all(): readonly Loaded[];
  put(one: Loaded): void;
  take(name: string): void;
  /** In the order of the plugins' names; the same list until one comes or goes. */
  tools(): readonly Tool[];
}

export const createLoadedPlugins = (): LoadedPlugins => {
  const loaded = new Map<string, Loaded>();
  let tools: readonly Tool[] = Object.freeze([]);
  const list = (): void => {
    const inOrder = [...loaded].toSorted(([a], [b]) => (a < b ? -1 : 1));
    tools = Object.freeze(inOrder.flatMap(([, one]) => one.tools));
  };
  return {
    find: (name) => loaded.get(name),
    all: () => [...loaded.values()],
    put: (one) => {
      loaded.set(one.plugin.manifest.name, one);
      list();
    },
    take: (name) => {
      loaded.delete(name);
      list();
    },
    tools: () => tools,
  };
};
