import { z } from "zod";
import type { FoundAgent } from "./found.ts";
import type { Folder } from "./folder.ts";
import { firstFit, member, members, readRelaxedJson } from "./relaxed-json.ts";
import type { Value } from "./relaxed-json.ts";

/** The settings file of each generation, the newest first. */
const FILES = [
  ["openclaw.json", "OpenClaw"],
  ["moltbot.json", "Moltbot (the old one)"],
  ["moldbot.json", "Moldbot"],
  ["clawdbot.json", "Clawdbot"],
  ["clawdis.json", "Clawdis"],
] as const;
const LARGEST = 4 * 1_048_576;

export interface FoundConfig {
  /** Null where the folder has none. */
  readonly path: string | null;
  readonly generation: string;
  readonly value: Value | undefined;
}

/** The settings of the folder, by whichever name they have. */
export const readConfig = async (folder: Folder): Promise<FoundConfig> => {
  for (const [path, generation] of FILES) {
    const text = await folder.text(path, LARGEST);
    if (text === null) continue;
    const value = readRelaxedJson(text);
    if (value === undefined) folder.skipped.push({ path, why: "it is not JSON or JSON5" });
    return { path, generation, value };
  }
  return { path: null, generation: "unknown (no settings file)", value: undefined };
};

/** An agent's id, which is also the name of its folder. */
const AGENT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const Name = z.string().trim().min(1).max(80);
const Path = z.string().min(1).max(4_096);

/** An agent with the folder that its settings name for its notes. */
export interface ConfiguredAgent extends FoundAgent {
  readonly workspace: string | null;
}

const agentOf = (id: string, settings: Value | undefined): ConfiguredAgent => {
  const names = [member(settings, "identity", "name"), member(settings, "name")];
  return {
    key: id,
    name: firstFit(Name, names) ?? id,
    workspace: firstFit(Path, [member(settings, "workspace")]) ?? null,
  };
};

/** The agents that the settings name: a list, entries by id, or the routes of the first generation. */
const configuredAgents = (config: Value | undefined): readonly ConfiguredAgent[] => {
  const list = member(config, "agents", "list");
  const listed = Array.isArray(list) ? list.map((one: Value) => [member(one, "id"), one] as const) : [];
  const entries = [...members(member(config, "agents", "entries")), ...members(member(config, "routing", "agents"))];
  return [...listed, ...entries].flatMap(([id, settings]) =>
    typeof id === "string" && AGENT_ID.test(id) ? [agentOf(id, settings)] : [],
  );
};

/** The agent whose sessions lie directly in the folder of the first generation, and who has no settings of its own. */
const mainAgent = (config: Value | undefined): ConfiguredAgent => {
  const names = [member(config, "identity", "name"), member(config, "agent", "identity", "name")];
  const spaces = [member(config, "agents", "defaults", "workspace"), member(config, "agent", "workspace")];
  return { key: "main", name: firstFit(Name, names) ?? "main", workspace: firstFit(Path, spaces) ?? null };
};

/** Every agent of the folder: those of the settings, those that have a folder, and `main`. */
export const readAgents = async (folder: Folder, config: Value | undefined): Promise<readonly ConfiguredAgent[]> => {
  const fallback = mainAgent(config);
  const agents = new Map([fallback, ...configuredAgents(config)].map((agent) => [agent.key, agent]));
  for (const { name, path, kind } of await folder.list("agents")) {
    if (kind !== "folder") continue;
    if (!AGENT_ID.test(name)) folder.skipped.push({ path, why: "that is no agent's id" });
    else if (!agents.has(name)) agents.set(name, { key: name, name, workspace: null });
  }
  const main = agents.get("main") ?? fallback;
  agents.set("main", { ...main, workspace: main.workspace ?? fallback.workspace });
  return [...agents.values()].slice(0, 50);
};
