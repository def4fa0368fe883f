/** A plugin's text as a plugin of this process, for the local runner. */
import type { Plugin } from "@moltbot/plugin-sdk";

const IMPORT = 'import { definePlugin } from "@moltbot/plugin-sdk";';

/** Loads the text of a main.js of ours, which imports the SDK and nothing else. */
export const pluginFrom = async (source: string): Promise<Plugin> => {
  const alone = source.replace(IMPORT, "const definePlugin = (plugin) => plugin;");
  const address = `data:text/javascript;base64,${Buffer.from(alone).toString("base64")}`;
  const loaded = (await import(/* @vite-ignore */ address)) as { default: Plugin }; // ours
  return loaded.default;
};
