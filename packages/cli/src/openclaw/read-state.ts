import { homedir } from "node:os";
import { relative, resolve, sep } from "node:path";
import { usualOfName } from "../secret-sources/provider-hosts.ts";
import { readEnvText } from "../secret-sources/env-text.ts";
import {
  isPlaceholder,
  kindOfName,
  LONGEST_SECRET,
  looksSecret,
  secretNameOf,
} from "../secret-sources/secret-names.ts";
import type { FoundMemory, FoundSecret, FoundSession, FoundState, PlainFile } from "./found.ts";
import { openFolder } from "./folder.ts";
import type { Folder } from "./folder.ts";
import { mergeSecrets } from "./merge-secrets.ts";
import { readAgents, readConfig } from "./read-config.ts";
import type { ConfiguredAgent } from "./read-config.ts";
import { readDatabase } from "./read-database.ts";
import { readMemories } from "./read-memories.ts";
import { secretsInProfiles } from "./read-profiles.ts";
import { readSessions } from "./read-sessions.ts";
import { readRelaxedJson } from "./relaxed-json.ts";
import { secretsInConfig } from "./walk-config.ts";

const LARGEST = 4 * 1_048_576;

/** What is found bit by bit. */
interface Findings {
  readonly sessions: FoundSession[];
  readonly memories: FoundMemory[];
  readonly secrets: FoundSecret[];
  readonly plain: PlainFile[];
}

/** The secrets of a file of variables: those whose name says that they are some, or whose provider is known. */
const secretsInEnv = (path: string, text: string): readonly FoundSecret[] =>
  readEnvText(text)
    .filter(({ name, value }) => looksSecret(name) && !isPlaceholder(value) && value.length <= LONGEST_SECRET)
    .map(({ name, value, line }) => {
      const usual = usualOfName(name);
      return {
        name: secretNameOf(name),
        value,
        kind: kindOfName(name),
        provider: usual?.provider ?? null,
        hosts: usual?.hosts ?? [],
        expiresAt: null,
        at: [{ path, where: `${name}, line ${String(line)}` }],
        left: null,
      };
    });

/** Reads the credentials of one file, if it is there. */
const takeSecrets = async (
  folder: Folder,
  into: Findings,
  path: string,
  read: (path: string, text: string) => readonly FoundSecret[],
): Promise<void> => {
  const text = await folder.text(path, LARGEST);
  if (text === null) return;
  const found = read(path, text);
  into.secrets.push(...found);
  if (found.length > 0)
    into.plain.push({ path, holds: found.length === 1 ? "1 credential" : `${String(found.length)} credentials` });
};

const profilesIn = (path: string, text: string): readonly FoundSecret[] =>
  secretsInProfiles(path, readRelaxedJson(text));
const configIn = (path: string, text: string): readonly FoundSecret[] => secretsInConfig(path, readRelaxedJson(text));

/** Sessions and credentials of one agent; a session that the database has is not taken from its old file too. */
const takeAgent = async (folder: Folder, into: Findings, agent: string, base: string): Promise<void> => {
  const inside = (path: string): string => (base === "" ? path : `${base}/${path}`);
  for (const name of ["auth-profiles.json", "auth.json"])
    await takeSecrets(folder, into, inside(`agent/${name}`), profilesIn);
  await takeSecrets(folder, into, inside("agent/models.json"), configIn);
  const database = inside("agent/openclaw-agent.sqlite");
  const stored = await readDatabase(folder, database, agent);
  into.secrets.push(...stored.secrets);
  into.sessions.push(...stored.sessions);
  if (stored.secrets.length + stored.sessions.length > 0)
    into.plain.push({ path: database, holds: "sessions and credentials" });
  const known = new Set(
    stored.sessions.flatMap(({ conversation: { key, messages } }) => (messages.length > 0 ? [key] : [])),
  );
  const files = await readSessions(folder, inside("sessions"), agent);
  into.sessions.push(...files.filter(({ conversation }) => !known.has(conversation.key)));
  if (files.length > 0) into.plain.push({ path: inside("sessions"), holds: "sessions, word for word" });
};

/** Channels' own sessions and pairings: they are bound to the old assistant and are made anew. */
const takeCredentials = async (folder: Folder, into: Findings): Promise<void> => {
  await takeSecrets(folder, into, "credentials/oauth.json", profilesIn);
  for (const { name, path, kind } of await folder.list("credentials")) {
    if (name === "oauth.json") continue;
    into.plain.push({ path, holds: kind === "folder" ? "a channel's session: link it anew" : "a channel's state" });
  }
};

/** The workspace of an agent, if it lies in the folder; a person may name another place. */
const workspacesOf = (folder: Folder, agent: ConfiguredAgent): readonly string[] => {
  const usual = agent.key === "main" ? ["workspace"] : [`workspace-${agent.key}`, `workspace/${agent.key}`];
  if (agent.workspace === null) return usual;
  const named = resolve(folder.root, agent.workspace.replace(/^~(?=$|\/)/, homedir()));
  const below = relative(folder.root, named).split(sep).join("/");
  if (below !== "" && !below.startsWith("..")) return [below, ...usual];
  folder.skipped.push({
    path: agent.workspace,
    why: `the workspace of ${agent.key} lies outside; --workspace ${agent.key}=FOLDER takes its memory`,
  });
  return usual;
};

const takeNotes = async (
  folder: Folder,
  into: Findings,
  workspace: string,
  agent: string,
  placed: (path: string) => string = (path) => path,
): Promise<void> => {
  const { memories, files } = await readMemories(folder, workspace, agent);
  into.memories.push(...memories);
  into.plain.push(...files.map((path) => ({ path: placed(path), holds: "memory" })));
};

/** A folder of notes that a person named for an agent. */
export interface NamedWorkspace {
  readonly agent: string;
  readonly folder: string;
}

/** Everything of a state folder that can be taken, and what cannot. It changes nothing; it throws when there is no such folder. */
export const readState = async (root: string, workspaces: readonly NamedWorkspace[] = []): Promise<FoundState> => {
  const folder = await openFolder(root);
  const config = await readConfig(folder);
  const agents = await readAgents(folder, config.value);
  const into: Findings = { sessions: [], memories: [], secrets: [], plain: [] };
  if (config.path !== null) await takeSecrets(folder, into, config.path, configIn);
  for (const path of [".env", "workspace/.env"]) await takeSecrets(folder, into, path, secretsInEnv);
  await takeCredentials(folder, into);
  await takeAgent(folder, into, "main", "");
  for (const { key } of agents) await takeAgent(folder, into, key, `agents/${key}`);
  into.secrets.push(...(await readDatabase(folder, "state/openclaw.sqlite", "main")).secrets);
  const seen = new Set<string>();
  for (const agent of agents)
    for (const workspace of workspacesOf(folder, agent))
      if (!seen.has(workspace)) {
        seen.add(workspace);
        await takeNotes(folder, into, workspace, agent.key);
      }
  for (const named of workspaces) {
    const other = await openFolder(named.folder);
    await takeNotes(other, into, "", named.agent, (path) => resolve(other.root, path));
    folder.skipped.push(...other.skipped.map(({ path, why }) => ({ path: resolve(other.root, path), why })));
  }
  const named = new Set([
    ...into.sessions.map(({ conversation }) => conversation.agent),
    ...into.memories.map(({ agent }) => agent),
  ]);
  return {
    root: folder.root,
    generation: config.generation,
    // An agent that left nothing and is in no settings is only a guess of ours.
    agents: agents.filter(({ key }) => key !== "main" || named.has(key)).map(({ key, name }) => ({ key, name })),
    ...into,
    secrets: mergeSecrets(into.secrets),
    skipped: folder.skipped,
  };
};
