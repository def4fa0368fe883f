import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ResolvedResource, Result, ToolCall } from "@moltbot/contracts";
import type { CopyChange, CopyDifference, ProgramPlace } from "../../sandbox/index.ts";
import { outsideIn } from "../exec-program/from-outside.ts";
import type { ToolPorts } from "../tool.ts";
import { locate } from "../workspace/locate.ts";
import { MOST_BYTES } from "../workspace/put-file.ts";
import { resolvePath } from "../workspace/resolve-path.ts";
import { manifest } from "./manifest.ts";

/** What one call brings at most. */
export const MOST_FILES = 2_000;
export const MOST_BYTES_IN_ALL = 200 * 1024 * 1024;

/** A change that is meant, and what the guard judges of it. */
export interface Selected {
  readonly change: CopyChange;
  readonly resource: ResolvedResource;
  /** By its own path, and not as one of many. */
  readonly isNamed: boolean;
}

/** What a call would bring, in the order of the paths. */
export interface Selection {
  readonly place: ProgramPlace;
  readonly selected: readonly Selected[];
  /** How many changes were meant by no name of their own and cannot be brought: names that are no plain ones, links in the way, too large. */
  readonly leftOut: number;
}

export const failed = (problem: string): Result<never> =>
  err(moltbotError("TOOL_FAILED", { tool: manifest.name, problem }));

/** The named paths as they stand in changes, null for the whole workspace; the first that no tool may reach refuses them all. */
const namesOf = async (
  workspace: string,
  paths: readonly string[] | undefined,
): Promise<Result<ReadonlySet<string> | null>> => {
  if (paths === undefined || paths.some((path) => /^\.\/?$/.test(path))) return ok(null);
  const names = new Set<string>();
  for (const path of paths) {
    const located = await locate(workspace, path.replace(/(?<=[^/])\/$/, ""));
    if (!located.ok) return located;
    names.add(located.value.relative);
  }
  return ok(names);
};

const isBelow = (path: string, names: ReadonlySet<string>): boolean => {
  for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1))
    if (names.has(path.slice(0, end))) return true;
  return false;
};

const meant = (
  { changes, complete }: CopyDifference,
  names: ReadonlySet<string> | null,
): Result<readonly CopyChange[]> => {
  const all = changes.filter(({ path }) => names === null || names.has(path) || isBelow(path, names));
  if (all.length > MOST_FILES || (names === null && !complete))
    return failed(`more than ${MOST_FILES} files differ there, and one call brings no more: name fewer in paths`);
  if (all.length === 0) return failed(names === null ? "nothing differs" : "nothing differs in the named paths");
  return ok(all.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
};

/**
 * A change as the guard judges it: what stands in the workspace now, and by its digest what would come. A program that writes the
 * file again between question and run makes another identity of it.
 */
const resourceOf = async (workspace: string, change: CopyChange, outside: boolean): Promise<ResolvedResource> => {
  const { kind, digest, executable, path } = change;
  const standing = await resolvePath(workspace, path, "paths");
  // What is not called so in the workspace would be another file there.
  const refusal = standing.refusal ?? (standing.value === path ? null : "PATH_OUTSIDE_WORKSPACE");
  const identity = [standing.identity ?? "", kind, digest ?? "gone", executable ? "runs" : "does not run"].join(" ");
  return { ...standing, identity, ...(executable ? { executable } : {}), ...(outside ? { outside } : {}), refusal };
};

const isTooLarge = ({ bytes }: CopyChange): boolean => bytes > MOST_BYTES;

/** Finds what a call means, and looks at each file of it as at every path. Changes nothing. */
export const selectChanges = async (
  paths: readonly string[] | undefined,
  call: ToolCall,
  { workspaceOf, placeOf, programs }: ToolPorts,
): Promise<Result<Selection>> => {
  const workspace = await workspaceOf(call);
  if (!workspace.ok) return workspace;
  const names = await namesOf(workspace.value, paths);
  if (!names.ok) return names;
  const place = await placeOf(call);
  if (!place.ok) return place;
  const difference = await programs.copy.difference(place.value);
  if (!difference.ok) return difference;
  const changes = meant(difference.value, names.value);
  if (!changes.ok) return changes;
  const outside = (await outsideIn(place.value)) !== null;
  const selected: Selected[] = [];
  let leftOut = 0;
  for (const change of changes.value) {
    const resource = await resourceOf(workspace.value, change, outside);
    const isNamed = names.value?.has(change.path) === true;
    if (isNamed && isTooLarge(change)) return err(moltbotError("FILE_TOO_LARGE", { limit: MOST_BYTES }));
    if (isNamed || (resource.refusal === null && !isTooLarge(change))) selected.push({ change, resource, isNamed });
    else leftOut += 1;
  }
  if (selected.length === 0) return failed("nothing of what differs can be brought into the workspace");
  const bytes = selected.reduce((sum, { change }) => sum + change.bytes, 0);
  if (bytes > MOST_BYTES_IN_ALL)
    return failed(`it is more than ${MOST_BYTES_IN_ALL} bytes, and one call brings no more: name fewer in paths`);
  return ok({ place: place.value, selected, leftOut });
};
