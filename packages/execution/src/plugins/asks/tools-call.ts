import { JsonObject, ok, permissionOf, readableBy } from "@moltbot/contracts";
import { z } from "zod";
import { bytesOf } from "../measure.ts";
import { mayNot, NO_WAY_OUT, overLimit } from "../refusals.ts";
import type { AskChecks, AskHandler } from "./ask-handler.ts";

const MOST_BYTES = 65_536;

const params = z.strictObject({ name: z.string().max(64), args: JsonObject.default({}) });

/**
 * Whether a plugin may be told what a tool of the house gave back: everybody may know it who gets to see what the plugin says, and
 * whatever a plugin with the web knows its hosts may come to know.
 */
export const mayBeTold: AskChecks["mayBeTold"] = ({ plugin, audience }, { readers }) =>
  readableBy(readers, permissionOf(plugin.manifest, "http") === null ? audience : "public");

/** Calls a tool of the house through its guard; never one of a plugin, so that none acts with the hands of another. */
export const toolsCall: AskHandler<z.infer<typeof params>> = {
  params,
  answer: async ({ ports, checks, call, params: { name, args }, isPluginTool }) => {
    const { manifest } = call.of.plugin;
    if (call.run === null || !checks.mayGoOut(call)) return mayNot(manifest.name, NO_WAY_OUT);
    if (permissionOf(manifest, "tools")?.names.some((one) => one === name) !== true)
      return mayNot(manifest.name, "that tool is not among those its permission tools names");
    if (isPluginTool(name)) return mayNot(manifest.name, "a plugin calls no tool of a plugin");
    if (bytesOf(JSON.stringify(args)) > MOST_BYTES) return overLimit(manifest.name, "64 KiB of arguments for a tool");
    const plugin = { name: manifest.name, label: call.of.label() };
    const ran = await ports.callTool(call.scope, call.run.call, plugin, name, args, call.signal);
    // Its words may tell of what only others may know: the code is all that the plugin hears.
    if (!ran.ok) return mayNot(manifest.name, `the tool was refused or failed with ${ran.error.code}`);
    if (!checks.mayBeTold(call.of, ran.value.label))
      return mayNot(manifest.name, "what that tool gave back may not be known to all who see what the plugin says");
    call.of.learn(ran.value.label.sources);
    return ok(ran.value.text);
  },
};
