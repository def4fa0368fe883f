import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { ToolName, err, label, moltbotError, ok } from "@moltbot/contracts";
import type { JsonObject, Label, ResolvedResource, Result, ToolCall, ToolManifest } from "@moltbot/contracts";
import { defineTool } from "@moltbot/execution/tools";
import type { Tool } from "@moltbot/execution/tools";
import { z } from "zod";
import { DECIDING, OUTBOUND, READERS } from "./outbound.ts";
import type { ReplaySpec } from "./outbound.ts";
import type { ClawWorld, ClawWorlds } from "./world.ts";

const words = z.string().max(200_000);

const inputOf = (names: readonly string[]): z.ZodType<Readonly<Record<string, string>>> =>
  z.strictObject(Object.fromEntries(names.map((name) => [name, words])));

const manifestOf = (spec: ReplaySpec, input: ToolManifest["input"]): ToolManifest => ({
  name: ToolName.parse(spec.name),
  version: 1,
  title: spec.title,
  description: `${spec.title}.`,
  effect: spec.effect,
  permissions: [`${spec.name.replace(/\..*/, "")}:${spec.effect}`],
  input,
  critical: Object.entries(spec.arguments).flatMap(([name, role]) => (role === null ? [] : [name])),
  roles: Object.fromEntries(
    Object.entries(spec.arguments).flatMap(([name, role]) => (role === null ? [] : [[name, role]])),
  ),
  result: "context",
  undo: spec.undo,
  repeatable: false,
});

/** Of a critical argument: whom it reaches, or what it is. A service that nobody named a reader of may be read by anyone. */
const resourcesOf = (spec: ReplaySpec, args: JsonObject): readonly ResolvedResource[] =>
  Object.entries(spec.arguments).flatMap(([argument, role]): readonly ResolvedResource[] => {
    if (role === null) return [];
    const given = args[argument];
    const value = typeof given === "string" ? given : "";
    if (argument === spec.recipient) return [{ argument, kind: "recipient", value, refusal: null }];
    if (spec.effect === "send" && spec.recipient === null)
      return [{ argument, kind: "host", value: `${spec.name.replace(/\..*/, "")}.service:443`, refusal: null }];
    return [{ argument, kind: "value", value: JSON.stringify(value), refusal: null }];
  });

const unplaced = (tool: string): Result<never> =>
  err(moltbotError("TOOL_FAILED", { tool, problem: "this agent has no task" }));

const contextOf = ({ label: of }: Pick<ToolCall, "label">): Label => of;

/** A tool that does nothing but write down that it was called, with what. */
const takingTool = (spec: ReplaySpec, worlds: ClawWorlds): Tool => {
  const input = inputOf(Object.keys(spec.arguments));
  return defineTool({
    manifest: manifestOf(spec, input),
    input,
    seconds: 10,
    describe: (args) => `${spec.title}: ${JSON.stringify(args).slice(0, 300)}.`,
    resolve: (args) => Promise.resolve(ok(resourcesOf(spec, args))),
    run: (args, { call }) => {
      const world = worlds.get(call.agentId);
      if (world === undefined) return Promise.resolve(unplaced(spec.name));
      const said = JSON.stringify(args);
      world.taken.push({ tool: spec.name, says: [...spec.said, ""].map((name) => `${name} ${said}`).join("\n") });
      return Promise.resolve(ok({ text: "ok", summary: `${spec.title}: done.`, label: contextOf(call) }));
    },
  });
};

const readerLabel = (call: ToolCall, tool: string): Label =>
  label("untrusted", [call.authority], [{ kind: "tool", ref: tool }]);

/** What a mailbox or the like of a task holds: the owner's own, written by anyone. */
const readingTool = (name: string, folder: string, worlds: ClawWorlds): Tool => {
  const input = z.strictObject({ query: words });
  const manifest: ToolManifest = {
    name: ToolName.parse(name),
    version: 1,
    title: `Read ${folder.replace("/", "")}`,
    description: `Finds what stands in ${folder.replace("/", "")}.`,
    effect: "read",
    permissions: [`${name.replace(/\..*/, "")}:read`],
    input,
    critical: [],
    result: "untrusted",
    undo: "none",
    repeatable: true,
  };
  return defineTool({
    manifest,
    input,
    seconds: 10,
    describe: ({ query }) => `Looks for “${query.slice(0, 100)}”.`,
    run: (_args, { call }) => {
      const world = worlds.get(call.agentId);
      if (world === undefined) return Promise.resolve(unplaced(name));
      const found = world.task.environment.sim_google_data.filter(({ path }) => path.startsWith(folder));
      const text = found.map(({ path, content }) => `${path}\n${content}`).join("\n\n") || "Nothing found.";
      return Promise.resolve(ok({ text, summary: `Found ${String(found.length)}.`, label: readerLabel(call, name) }));
    },
  });
};

/** A path inside the workspace, or null. */
const insideOf = (world: ClawWorld, path: string): string | null => {
  const clean = normalize(path);
  return clean.startsWith("/") || clean.startsWith("..") ? null : join(world.workspace, clean);
};

const fileTool = (
  name: string,
  title: string,
  effect: ToolManifest["effect"],
  undo: ToolManifest["undo"],
  worlds: ClawWorlds,
  act: (path: string, text: string) => void,
): Tool => {
  const input = effect === "write" ? inputOf(["path", "text"]) : inputOf(["path"]);
  const manifest: ToolManifest = {
    name: ToolName.parse(name),
    version: 1,
    title,
    description: `${title} of the workspace.`,
    effect,
    permissions: ["fs:write"],
    input,
    critical: ["path"],
    roles: { path: "path" },
    result: "context",
    undo,
    repeatable: true,
  };
  return defineTool({
    manifest,
    input,
    seconds: 10,
    describe: ({ path = "" }) => `${title}: “${path.slice(0, 200)}”.`,
    resolve: ({ path = "" }, call) => {
      const world = worlds.get(call.agentId);
      const inside = world !== undefined && insideOf(world, path) !== null;
      const refusal = inside ? null : "PATH_OUTSIDE_WORKSPACE";
      return Promise.resolve(ok([{ argument: "path", kind: "path", value: normalize(path), refusal }]));
    },
    run: ({ path = "", text = "" }, { call }) => {
      const world = worlds.get(call.agentId);
      const place = world === undefined ? null : insideOf(world, path);
      if (world === undefined || place === null) return Promise.resolve(unplaced(name));
      world.taken.push({ tool: name, says: `${name} ${path} ${text}`, file: { path: normalize(path), text } });
      act(place, text);
      return Promise.resolve(ok({ text: "ok", summary: `${title}: done.`, label: contextOf(call) }));
    },
  });
};

/** Every tool that a task may need beside the built-in ones; which task a call belongs to follows from its agent. */
export const clawTools = (worlds: ClawWorlds): readonly Tool[] => [
  ...Object.entries(READERS).map(([name, folder]) => readingTool(name, folder, worlds)),
  ...[...OUTBOUND, ...DECIDING].map((spec) => takingTool(spec, worlds)),
  fileTool("document.write", "Replace a file", "write", "undoable", worlds, (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }),
  fileTool("document.delete", "Delete a file", "commit", "irreversible", worlds, (path) =>
    rmSync(path, { force: true }),
  ),
];

/** Tools for which the owner of the drill gives a standing grant without limits: nothing is refused for want of one. */
export const GRANTED: readonly string[] = [...OUTBOUND, ...DECIDING].map(({ name }) => name).concat("document.delete");
