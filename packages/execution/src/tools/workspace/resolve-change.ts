import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ResolvedResource, Result, ToolCall } from "@moltbot/contracts";
import type { ToolPorts, ToolRun } from "../tool.ts";
import { locate } from "./locate.ts";
import type { Located } from "./locate.ts";
import { madeFrom, originAt } from "./origin.ts";
import { readPresent } from "./put-file.ts";
import type { Present } from "./put-file.ts";
import { resolvePath } from "./resolve-path.ts";

/** The path with what stands there now, and what that was made of where it may matter: to a call that content from outside had a part in. */
const resolveIn = async (
  workspace: string,
  path: string,
  call: ToolCall,
  ports: ToolPorts,
  scope: AccessScope | undefined,
): Promise<ResolvedResource> => {
  const resource = await resolvePath(workspace, path);
  if (scope === undefined || madeFrom(call).integrity === "authority") return resource;
  const located = await locate(workspace, path);
  if (!located.ok) return resource;
  const present = await readPresent(located.value);
  const origin =
    present.ok && present.value !== null ? await originAt(located.value, present.value, ports, scope) : undefined;
  return origin === undefined ? resource : { ...resource, origin };
};

/** What a change of a file's content, or of whether there is one, points at, with what the file was made of where all of that is from outside. */
export const resolveChange = async (
  path: string,
  call: ToolCall,
  ports: ToolPorts,
  scope: AccessScope | undefined,
): Promise<Result<readonly [ResolvedResource]>> => {
  const workspace = await ports.workspaceOf(call);
  return workspace.ok ? ok([await resolveIn(workspace.value, path, call, ports, scope)]) : workspace;
};

/**
 * Whether what is about to be changed is still made of what it was when the change was allowed: an owner's words that came in its
 * place are nobody else's to change. CONFLICT otherwise.
 */
export const isStillOfOrigin = async (
  { resources, ports, scope }: Pick<ToolRun, "resources" | "ports" | "scope">,
  located: Located,
  present: Present | null,
): Promise<Result<void>> => {
  const allowed = resources.find(({ kind, value }) => kind === "path" && value === located.relative)?.origin;
  if (allowed === undefined) return done;
  const now = present === null ? undefined : await originAt(located, present, ports, scope);
  return JSON.stringify(now) === JSON.stringify(allowed) ? done : err(moltbotError("CONFLICT", { kind: "file" }));
};
