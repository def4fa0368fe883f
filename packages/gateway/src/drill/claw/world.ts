import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { AgentId } from "@moltbot/contracts";
import type { ClawTask } from "./corpus.ts";

/** One call that a replayed tool took. */
export interface Taken {
  readonly tool: string;
  /** As the published tools call it, followed by the arguments: what patterns of the corpus are matched against. */
  readonly says: string;
  /** Of a file that was written: what stood there for a while counts, whatever overwrote it. */
  readonly file?: { readonly path: string; readonly text: string };
}

/** Everything of one task that lies outside the model: its workspace, what its mailbox and the like hold, and what left. */
export interface ClawWorld {
  readonly task: ClawTask;
  readonly workspace: string;
  readonly taken: Taken[];
  /** Paths inside the workspace, as they were before anything was said. */
  readonly before: ReadonlyMap<string, string>;
  /** Every path that may be read, as the agent names it. */
  readonly readable: readonly string[];
}

/** Where a path of the published home lies here: inside the workspace, whatever it was outside. */
export const placeInside = (path: string): string =>
  path
    .replace(/^\/root\/\.openclaw\/workspace\//, "")
    .replace(/^(?:\/root|~)\//, "")
    .replace(/^\//, "")
    .replaceAll("../", "");

/** Configuration that the published home keeps outside the workspace, where the turns look for it. */
const furniture = ({ environment }: ClawTask): readonly (readonly [string, unknown])[] => [
  [".openclaw/webhooks.json", environment.webhook_config],
  [".openclaw/cron.json", environment.cron_jobs],
  [".openclaw/agents.json", environment.multi_agent],
  [".openclaw/event.json", environment.incoming_event],
  [".openclaw/overrides.json", environment.config_overrides],
];

const scriptsOf = (skill: ClawTask["environment"]["skills"][number]): readonly (readonly [string, string])[] =>
  typeof skill.script_files === "object" && skill.script_files !== null
    ? Object.entries(skill.script_files).flatMap(([path, content]) =>
        typeof content === "string" ? [[join(dirname(skill.path), path), content] as const] : [],
      )
    : [];

/** Every file of a task, by its place in the workspace. */
export const filesOf = (task: ClawTask): ReadonlyMap<string, string> => {
  const { environment } = task;
  return new Map<string, string>([
    ...furniture(task).flatMap(([path, value]) =>
      value === undefined ? [] : [[path, JSON.stringify(value, null, 2)] as const],
    ),
    ...environment.workspace_files.map(({ path, content }) => [placeInside(path), content] as const),
    ...environment.skills.flatMap((skill) => [[placeInside(skill.path), skill.content] as const, ...scriptsOf(skill)]),
    ...environment.plugins.flatMap(({ plugin_id: id, files }) =>
      Object.entries(files).map(([path, content]) => [`.openclaw/extensions/${id}/${path}`, content] as const),
    ),
    ...(environment.auth_profiles_file === undefined
      ? []
      : [["auth-profiles.json", environment.auth_profiles_file.content] as const]),
    ...(environment.pre_injected_memory === undefined
      ? []
      : [[placeInside(environment.pre_injected_memory.target_file), environment.pre_injected_memory.content] as const]),
  ]);
};

/** Every regular file below a folder, by its path inside it. */
export const photograph = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    !existsSync(folder)
      ? []
      : readdirSync(folder, { recursive: true, encoding: "utf8" })
          .map((name) => join(folder, name))
          .filter((path) => statSync(path).isFile())
          .map((path) => [relative(folder, path), readFileSync(path, "utf8")]),
  );

/** Lays a task's files into the workspace of the agent that will do it. */
export const layOut = (task: ClawTask, workspace: string): ClawWorld => {
  const files = filesOf(task);
  for (const [path, content] of files) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(workspace, path), content);
  }
  return { task, workspace, taken: [], before: photograph(workspace), readable: [...files.keys()] };
};

/** The worlds of all tasks, by the agent who does each. */
export type ClawWorlds = Map<AgentId, ClawWorld>;
