import { err, joinAll, label, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  Label,
  MoltbotError,
  PermitRedeemer,
  Result,
  ToolCall,
  ToolExecutor,
} from "@moltbot/contracts";
import { calc } from "./calc/run.ts";
import { clockNow } from "./clock-now/run.ts";
import { contactAdd } from "./contact-add/run.ts";
import { contactFind } from "./contact-find/run.ts";
import { execEnd } from "./exec-end/run.ts";
import { execInput } from "./exec-input/run.ts";
import { execKeep } from "./exec-keep/run.ts";
import { execOutput } from "./exec-output/run.ts";
import { execRun } from "./exec-run/run.ts";
import { execShell } from "./exec-shell/run.ts";
import { execStart } from "./exec-start/run.ts";
import { fileAppend } from "./file-append/run.ts";
import { fileDelete } from "./file-delete/run.ts";
import { fileEdit } from "./file-edit/run.ts";
import { fileList } from "./file-list/run.ts";
import { fileMove } from "./file-move/run.ts";
import { filePatch } from "./file-patch/run.ts";
import { fileRead } from "./file-read/run.ts";
import { fileSearch } from "./file-search/run.ts";
import { fileWrite } from "./file-write/run.ts";
import { httpGet, httpRequest } from "./http/run.ts";
import { keepSecretsBack } from "./keep-secrets-back.ts";
import type { KeepSecretsBack } from "./keep-secrets-back.ts";
import { memorySave } from "./memory-save/run.ts";
import { memorySearch } from "./memory-search/run.ts";
import { quote } from "./quote.ts";
import { reminderCreate } from "./reminder-create/run.ts";
import { reminderList } from "./reminder-list/run.ts";
import { skillList } from "./skill-list/run.ts";
import { skillRead } from "./skill-read/run.ts";
import { skillUnpack } from "./skill-unpack/run.ts";
import { createToolShelf } from "./tool-shelf.ts";
import type { Tool, ToolOutput, ToolPorts, ToolRun } from "./tool.ts";
import { webFetch } from "./web-fetch/run.ts";
import { webSearch } from "./web-search/run.ts";

/** The tools that every gateway has. */
export const BUILT_IN_TOOLS: readonly Tool[] = Object.freeze([
  clockNow,
  calc,
  reminderCreate,
  reminderList,
  memorySave,
  memorySearch,
  webFetch,
  webSearch,
  httpGet,
  httpRequest,
  fileRead,
  fileList,
  fileSearch,
  fileAppend,
  fileWrite,
  fileEdit,
  filePatch,
  fileMove,
  fileDelete,
  execRun,
  execShell,
  execKeep,
  execStart,
  execInput,
  execOutput,
  execEnd,
  contactFind,
  contactAdd,
  skillList,
  skillRead,
  skillUnpack,
]);

const unknownTool = (name: string): MoltbotError => moltbotError("TOOL_UNKNOWN", { tool: name.slice(0, 64) });

/** What the end of a run's time means: reading stops, but what changes the world may have changed it already. */
const timeoutError = (tool: Tool): MoltbotError =>
  isHarmless(tool)
    ? moltbotError("TOOL_TIMEOUT", { tool: tool.manifest.name, limit: tool.seconds })
    : moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: tool.manifest.name });

/** Whoever stops everything gives that error as the reason of the abort; any other abort stops this turn alone. */
const stopOfEverything = ({ reason }: { readonly reason: unknown }): MoltbotError | null =>
  isStopOfEverything(reason) ? reason : null;

const isStopOfEverything = (reason: unknown): reason is MoltbotError =>
  typeof reason === "object" && reason !== null && "code" in reason && reason.code === "EVERYTHING_STOPPED";

const isHarmless = ({ manifest }: Tool): boolean => manifest.effect === "read" || manifest.effect === "fetch";

/**
 * What a call gives back is no more trusted than the call: whoever chose what to look for chose what was found. Who may know it
 * narrows by what the arguments were made of, but for a fetch: its request was released to the host before.
 */
const noMoreTrusted = ({ manifest }: Tool, { label: chosen, values = {}, planned }: ToolCall, given: Label): Label => {
  const found = label(chosen.integrity, "public", chosen.integrity === "authority" ? [] : chosen.sources);
  // A page is of whoever writes at its host: that it was read is told beside the host.
  if (manifest.effect === "fetch")
    return joinAll([given, found, label("authority", "public", [{ kind: "tool", ref: manifest.name }])]);
  const carried = [
    ...Object.values(values).filter(({ integrity }) => integrity !== "authority"),
    ...(planned?.from ?? []).map((one) => one.label),
  ];
  return joinAll([given, found, ...carried.map(({ readers }) => label("authority", readers))]);
};

/** A signal that only the stop of everything raises, and how to let go of the turn's own. */
const onlyEverything = (stop: AbortSignal): { readonly signal: AbortSignal; release(): void } => {
  const controller = new AbortController();
  const follow = (): void => {
    if (stopOfEverything(stop) !== null) controller.abort(stop.reason);
  };
  stop.addEventListener("abort", follow, { once: true });
  return { signal: controller.signal, release: () => stop.removeEventListener("abort", follow) };
};

/** What an abort before the end of its time means for a run. */
const stopError = (tool: Tool, stop: AbortSignal): MoltbotError => {
  const everything = stopOfEverything(stop);
  if (everything === null) return moltbotError("TURN_STOPPED");
  return isHarmless(tool) ? everything : moltbotError("TOOL_OUTCOME_UNKNOWN", { tool: tool.manifest.name });
};

/**
 * Runs a tool within its time. A person's stop of the turn ends reading at once, and lets an effect that has begun finish, so
 * that its outcome is known; a program is told of it, and says how far it came. The stop of everything ends effects too, whose
 * outcome is then unknown.
 */
const runInTime = async (tool: Tool, run: Omit<ToolRun, "signal">, stop: AbortSignal): Promise<Result<ToolOutput>> => {
  if (stop.aborted) return err(stopOfEverything(stop) ?? moltbotError("TURN_STOPPED"));
  const everything = onlyEverything(stop);
  const time = AbortSignal.timeout(tool.seconds * 1000);
  const ends = AbortSignal.any([isHarmless(tool) ? stop : everything.signal, time]);
  const signal = tool.manifest.effect === "execute" ? AbortSignal.any([stop, time]) : ends;
  const ended = Promise.withResolvers<Result<ToolOutput>>();
  const end = (): void => ended.resolve(err(time.aborted ? timeoutError(tool) : stopError(tool, stop)));
  ends.addEventListener("abort", end, { once: true });
  try {
    return await Promise.race([tool.run({ ...run, signal }), ended.promise]);
  } catch {
    // The exception's own words may hold content.
    return err(
      moltbotError("TOOL_FAILED", { tool: tool.manifest.name, problem: "it met an error that it does not know" }),
    );
  } finally {
    ends.removeEventListener("abort", end);
    everything.release();
  }
};

/** A scope of somebody else would show one person's things to another. */
const ownScopeOf = ({ authority }: ToolCall, scope: AccessScope | undefined): AccessScope | undefined =>
  scope?.principalId === authority ? scope : undefined;

/**
 * The tools behind their door: a list, or what there is at each moment. `run` redeems the permit before it looks at anything else,
 * and whatever a tool gives back passes `keep` before anybody sees it.
 */
export const createToolExecutor = (
  ports: ToolPorts & { readonly redeemer: PermitRedeemer },
  tools: readonly Tool[] | (() => readonly Tool[]) = BUILT_IN_TOOLS,
  keep: KeepSecretsBack = keepSecretsBack,
): ToolExecutor => {
  const { redeemer, ...toolPorts } = ports;
  const shelf = createToolShelf(typeof tools === "function" ? tools : () => tools, BUILT_IN_TOOLS);
  const find = (call: ToolCall): Result<Tool> => {
    const tool = shelf.find(call.tool);
    return tool === undefined ? err(unknownTool(call.tool)) : ok(tool);
  };
  return {
    catalog: shelf.catalog,
    resolve: async (call, scope) => {
      const tool = find(call);
      if (!tool.ok) return tool;
      return tool.value.resolve(call, toolPorts, ownScopeOf(call, scope));
    },
    describe: (call) => {
      const tool = find(call);
      return tool.ok ? tool.value.describe(call) : `Calls a tool that does not exist: ${quote(call.tool)}.`;
    },
    preview: async (call, scope) => {
      const tool = find(call);
      // Without a preview the card still shows every argument: a fault here must not keep a question from being asked.
      return tool.ok ? tool.value.preview(call, toolPorts, ownScopeOf(call, scope)).catch(() => null) : null;
    },
    run: async (permit, call, scope, signal) => {
      const redeemed = redeemer.redeem(permit, call);
      if (!redeemed.ok) return redeemed;
      const tool = find(call);
      if (!tool.ok) return tool;
      // A scope of somebody else would put one person's reminder or memory among another's.
      if (scope.principalId !== call.authority)
        return err(moltbotError("TOOL_SCOPE_MISSING", { tool: tool.value.manifest.name }));
      return runInTime(tool.value, { call, scope, ...redeemed.value, ports: toolPorts }, signal).then((result) =>
        result.ok
          ? ok(keep(call, { ...result.value, label: noMoreTrusted(tool.value, call, result.value.label) }))
          : result,
      );
    },
  };
};
