import { err, moltbotError, ok } from "@moltbot/contracts";
import type { ResolvedResource, Result, ToolCall } from "@moltbot/contracts";
import type { ProgramWish } from "../../sandbox/index.ts";
import { hostResource, toolAuthority } from "../tool-authority.ts";
import type { ToolPorts, ToolRun } from "../tool.ts";
import { locate } from "../workspace/locate.ts";
import { hostProgram } from "./host-program.ts";
import { broughtBy, noteOutside, outsideIn } from "./from-outside.ts";
import { hostsOf, mayOpen } from "./network.ts";

/** A program as a call asks for it, whichever tool it names. */
export interface Asked {
  /** The argument that says what runs. */
  readonly argument: "argv" | "command";
  readonly argv: readonly string[];
  readonly cwd?: string;
  readonly network?: readonly string[];
  readonly input?: string;
  readonly seconds: number;
}

/** The program as the guard looks at it, with what its copy holds: refused while the wall does not stand. */
const programResource = async (
  { argument, argv: [program = ""] }: Asked,
  call: ToolCall,
  { programs, undo, placeOf }: ToolPorts,
): Promise<ResolvedResource> => {
  const identity = await hostProgram(program, undo.hash);
  const refusal = programs.state().kind === "ready" ? null : "SANDBOX_UNAVAILABLE";
  const place = await placeOf(call);
  const outside = place.ok && (await outsideIn(place.value)) !== null;
  return {
    argument,
    kind: "executable",
    value: program,
    ...(identity === null ? {} : { identity }),
    ...(outside ? { outside } : {}),
    refusal,
  };
};

/** The folder as it is named; null for the workspace itself. */
const namedFolder = ({ cwd = "." }: Asked): string | null => {
  const name = cwd.replace(/(?<=[^/])\/$/, "");
  return name === "." ? null : name;
};

/** Where it begins: looked at as every path is, though behind the wall nothing could lead out. */
const folderResource = async (
  cwd: string,
  call: ToolCall,
  { workspaceOf }: ToolPorts,
): Promise<Result<ResolvedResource>> => {
  const workspace = await workspaceOf(call);
  if (!workspace.ok) return workspace;
  const located = await locate(workspace.value, cwd);
  const found = located.ok
    ? { value: located.value.relative, refusal: null }
    : { value: "", refusal: located.error.code };
  return ok({ argument: "cwd", kind: "path", ...found });
};

/** What a call would run, where, and whom that could tell. */
export const resourcesOf = async (
  asked: Asked,
  call: ToolCall,
  ports: ToolPorts,
): Promise<Result<readonly ResolvedResource[]>> => {
  const hosts = hostsOf(asked.network ?? []);
  if (!hosts.ok) return hosts;
  const name = namedFolder(asked);
  const folder = name === null ? null : await folderResource(name, call, ports);
  if (folder?.ok === false) return folder;
  return ok([
    await programResource(asked, call, ports),
    ...(folder === null ? [] : [folder.value]),
    ...hosts.value.map((host) => hostResource("network", host)),
  ]);
};

/** What is handed to the room that runs programs; every check of its arguments is made again. */
export const wishOf = async (asked: Asked, run: ToolRun): Promise<Result<ProgramWish>> => {
  const { argv, network = [], input, seconds } = asked;
  const targets = hostsOf(network);
  if (!targets.ok) return targets;
  const never = targets.value.find(({ refusal, grantable }) => refusal !== null && !grantable);
  if (never !== undefined) return err(moltbotError("ADDRESS_REFUSED", { host: never.host, range: never.range }));
  const hosts = targets.value.map(({ authority: host }) => host);
  const authority = toolAuthority(run, hosts, "network");
  const open = mayOpen(authority);
  if (!open.ok) return open;
  const name = namedFolder(asked);
  const folder = name === null ? null : await folderResource(name, run.call, run.ports);
  if (folder?.ok === false) return folder;
  if (folder !== null && folder.value.refusal !== null) return err(moltbotError("PATH_OUTSIDE_WORKSPACE"));
  const place = await run.ports.placeOf(run.call);
  if (!place.ok) return place;
  const noted = await noteOutside(place.value, broughtBy(run.call, hosts));
  if (!noted.ok) return noted;
  return ok({
    place: place.value,
    argv,
    ...(folder === null ? {} : { cwd: folder.value.value }),
    ...(input === undefined ? {} : { input: Buffer.from(input) }),
    hosts,
    authority,
    seconds,
  });
};
