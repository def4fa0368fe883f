import { err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ResolvedResource, Result, SkillOnShelf, ToolCall } from "@moltbot/contracts";
import { findSkill, mayBeShown } from "../skill-shelf.ts";
import type { ToolPorts } from "../tool.ts";
import { locate } from "../workspace/locate.ts";
import type { Located } from "../workspace/locate.ts";
import { placeChosenBy } from "../workspace/origin.ts";
import { readPresent } from "../workspace/put-file.ts";
import type { Present } from "../workspace/put-file.ts";
import { standingAt } from "../workspace/resolve-path.ts";
import { manifest } from "./manifest.ts";

/** Which files a call means. */
export interface Wish {
  readonly skill: string;
  readonly folder?: string;
  readonly replace?: boolean;
}

/** A file of the skill, where it comes to stand, and what stands there now. */
export interface Unpacked {
  readonly located: Located;
  readonly content: Buffer;
  readonly present: Present | null;
  readonly resource: ResolvedResource;
}

export interface Unpacking {
  readonly skill: SkillOnShelf;
  /** Those that do not stand there already. */
  readonly coming: readonly Unpacked[];
  readonly alreadyThere: number;
}

/** As many bytes of what stands there as one call replaces. */
const MOST_REPLACED = 32 * 1024 * 1024;

const failed = (problem: string): Result<never> => err(moltbotError("TOOL_FAILED", { tool: manifest.name, problem }));

/** Where the files of a skill lie in a workspace. */
export const placeOf = (skill: Pick<SkillOnShelf, "name">): string => `skills/${skill.name}`;

/** A path that leaves the skill's folder, or is spelt as no file there is, is nobody's file. */
const locateInside = async (workspace: string, skill: SkillOnShelf, path: string): Promise<Result<Located>> => {
  const place = `${placeOf(skill)}/${path}`;
  const located = await locate(workspace, place);
  return located.ok && located.value.relative !== place ? err(moltbotError("PATH_OUTSIDE_WORKSPACE")) : located;
};

/** What comes is part of what is judged: another file of the same name asks again. */
const resourceOf = async (
  call: ToolCall,
  { hash }: ToolPorts["undo"],
  skill: SkillOnShelf,
  located: Located,
  content: Uint8Array,
): Promise<ResolvedResource> => {
  const { identity, ...standing } = await standingAt(located);
  const resource: ResolvedResource = {
    argument: "skill",
    kind: "path",
    value: located.relative,
    ...standing,
    identity: `${identity} ${hash(content)}`,
    refusal: null,
  };
  return skill.trusted ? placeChosenBy(call, resource) : { ...resource, outside: true };
};

const isMeant = (path: string, folder: string | undefined): boolean =>
  folder === undefined || path.startsWith(`${folder.replace(/\/+$/, "")}/`);

/**
 * Finds what a call would put where, without changing anything. NOT_FOUND for a skill that the agent was not given, TOOL_FAILED where
 * files that differ stand there and nobody said that they go.
 */
export const planUnpacking = async (
  { skill: name, folder, replace = false }: Wish,
  call: ToolCall,
  ports: ToolPorts,
  scope: AccessScope | undefined,
): Promise<Result<Unpacking>> => {
  const skill = await findSkill(call, ports, scope, name);
  if (!skill.ok) return skill;
  if (scope === undefined || !mayBeShown(call, skill.value))
    return failed("not everybody in this conversation may know this skill");
  const workspace = await ports.workspaceOf(call);
  if (!workspace.ok) return workspace;
  const files = skill.value.files.filter(({ path }) => isMeant(path, folder));
  if (files.length === 0) return failed("the skill has no such folder");
  const coming: Unpacked[] = [];
  let replaced = 0;
  for (const { path } of files) {
    const located = await locateInside(workspace.value, skill.value, path);
    if (!located.ok) return located;
    const bytes = await ports.skills.file(scope, call.agentId, skill.value.name, path);
    if (!bytes.ok) return bytes;
    const content = Buffer.from(bytes.value);
    const present = await readPresent(located.value);
    if (!present.ok) return present;
    if (present.value?.content.equals(content) === true) continue;
    replaced += present.value?.content.byteLength ?? 0;
    const resource = await resourceOf(call, ports.undo, skill.value, located.value, content);
    coming.push({ located: located.value, content, present: present.value, resource });
  }
  const differ = coming.filter(({ present }) => present !== null).length;
  if (differ > 0 && !replace)
    return failed(
      `${differ} of its files ${differ === 1 ? "stands" : "stand"} there and ${differ === 1 ? "differs" : "differ"}: say replace to have them replaced`,
    );
  if (replaced > MOST_REPLACED) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_REPLACED }));
  return ok({ skill: skill.value, coming, alreadyThere: files.length - coming.length });
};
