import { ok } from "@moltbot/contracts";
import type { PermissionOf, PluginPermission } from "@moltbot/contracts";
import { z } from "zod";
import { mayNot, NO_WAY_OUT } from "../refusals.ts";
import type { AskHandler } from "./ask-handler.ts";

const params = z.strictObject({ name: z.string().max(32) });

const isSecret = (one: PluginPermission): one is PermissionOf<"secret"> => one.kind === "secret";

/** A text that stands for a secret until the call is over: worth nothing to anybody else, and nothing afterwards. */
export const secretsHandle: AskHandler<z.infer<typeof params>> = {
  params,
  answer: async ({ ports, checks, call, params: { name } }) => {
    const { manifest } = call.of.plugin;
    if (!checks.mayGoOut(call)) return mayNot(manifest.name, NO_WAY_OUT);
    const permission = manifest.permissions.filter(isSecret).find((one) => one.name === name);
    if (permission === undefined) return mayNot(manifest.name, "a handle needs the permission secret of that name");
    const handle = ports.newToken();
    call.handles.set(handle, permission);
    return ok(handle);
  },
};
