import { label, ok, permissionOf, readableBy } from "@moltbot/contracts";
import type { MoltbotError, Result } from "@moltbot/contracts";
import { z } from "zod";
import { bytesOf } from "../measure.ts";
import { mayNot, NO_WAY_OUT, overLimit } from "../refusals.ts";
import { AnyObject } from "./any-json.ts";
import type { AskChecks, AskHandler, Asking } from "./ask-handler.ts";

const MOST_BYTES = 65_536;

const params = z.strictObject({ name: z.string().max(64), args: AnyObject.default({}) });

/**
 * Whether a plugin may be told what a tool of the house gave back: everybody may know it who gets to see what the plugin says, and
 * whatever a plugin with the web knows its hosts may come to know.
 */
export const mayBeTold: AskChecks["mayBeTold"] = ({ plugin, audience }, { readers }) =>
  readableBy(readers, permissionOf(plugin.manifest, "http") === null ? audience : "public");

/** What came of it may be of what not all may know who see what the plugin says: then all that is told alike. */
const untold = ({ call }: Asking<unknown>): Result<never> =>
  mayNot(call.of.plugin.manifest.name, "the tool gave back nothing that all may know who see what the plugin says");

/**
 * How a call failed, by its code alone. Threat: that a file is there, or a word in a memory, is told by a failure that differs from
 * what is withheld; so only where the person for whom it runs is everybody who gets to see it.
 */
const failure = (asking: Asking<unknown>, { code }: MoltbotError): Result<never> => {
  const { call, checks } = asking;
  const isToBeTold = code === "TOOL_UNKNOWN" || checks.mayBeTold(call.of, label("authority", [call.scope.principalId]));
  if (!isToBeTold) return untold(asking);
  return mayNot(call.of.plugin.manifest.name, `the tool was refused or failed with ${code}`);
};

/** Calls a tool of the house through its guard; never one of a plugin, so that none acts with the hands of another. */
export const toolsCall: AskHandler<z.infer<typeof params>> = {
  params,
  answer: async (asking) => {
    const { ports, checks, call, isPluginTool } = asking;
    const { name, args } = asking.params;
    const { manifest } = call.of.plugin;
    if (call.run === null || !checks.mayGoOut(call)) return mayNot(manifest.name, NO_WAY_OUT);
    if (permissionOf(manifest, "tools")?.names.some((one) => one === name) !== true)
      return mayNot(manifest.name, "that tool is not among those its permission tools names");
    if (isPluginTool(name)) return mayNot(manifest.name, "a plugin calls no tool of a plugin");
    if (bytesOf(JSON.stringify(args)) > MOST_BYTES) return overLimit(manifest.name, "64 KiB of arguments for a tool");
    const plugin = { name: manifest.name, label: call.of.label() };
    const ran = await ports.callTool(call.scope, call.run.call, plugin, name, args, call.signal);
    if (!ran.ok) return failure(asking, ran.error);
    if (!checks.mayBeTold(call.of, ran.value.label)) return untold(asking);
    call.of.learn(ran.value.label.sources);
    return ok(ran.value.text);
  },
};
