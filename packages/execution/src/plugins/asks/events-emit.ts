import { ok, permissionOf, readableBy } from "@moltbot/contracts";
import { z } from "zod";
import { bytesOf } from "../measure.ts";
import { mayNot, NO_WAY_OUT, overLimit } from "../refusals.ts";
import { AnyJson } from "./any-json.ts";
import type { AskHandler } from "./ask-handler.ts";

const MOST_BYTES = 1_024;
const MOST_IN_ONE_CALL = 10;

const params = z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), data: AnyJson.default(null) });

/** Tells the person for whom the call runs of something; nobody's word, and never of what that person may not know. */
export const eventsEmit: AskHandler<z.infer<typeof params>> = {
  params,
  answer: async ({ ports, checks, call, params: { name, data } }) => {
    const { plugin, audience } = call.of;
    const { manifest } = plugin;
    if (!checks.mayGoOut(call)) return mayNot(manifest.name, NO_WAY_OUT);
    if (permissionOf(manifest, "events")?.emits !== true)
      return mayNot(manifest.name, "telling the house needs the permission events with emits");
    if (!readableBy(audience, [call.scope.principalId]))
      return mayNot(manifest.name, "the person it runs for may not know what it was told");
    const text = JSON.stringify(data);
    if (bytesOf(text) > MOST_BYTES) return overLimit(manifest.name, "1 KiB of data in one event");
    call.used.emitted += 1;
    if (call.used.emitted > MOST_IN_ONE_CALL) return overLimit(manifest.name, "10 events in one call");
    ports.emit(call.scope, manifest.name, name, text);
    return ok(null);
  },
};
