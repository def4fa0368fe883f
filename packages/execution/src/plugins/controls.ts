import type { AskChecks } from "./asks/ask-handler.ts";
import { mayReach } from "./asks/http-fetch.ts";
import { mayBeTold } from "./asks/tools-call.ts";
import { audienceOf } from "./audience.ts";
import { callWithToken } from "./instance.ts";
import type { InstanceParts } from "./instance.ts";
import { keyOf } from "./instances.ts";
import type { KeyOf } from "./instances.ts";
import type { LiveCall } from "./live-call.ts";
import { permittedHosts } from "./plugin-tool.ts";

/** The controls, as parts: tests take one out to show what it holds back. Nobody else passes them. */
export interface PluginControls extends AskChecks {
  readonly audienceOf: typeof audienceOf;
  readonly keyOf: KeyOf;
  readonly findCall: InstanceParts["findCall"];
  readonly permittedHosts: typeof permittedHosts;
}

/** Every control in place. */
export const ALL_CONTROLS: PluginControls = Object.freeze({
  audienceOf,
  keyOf,
  findCall: callWithToken,
  permittedHosts,
  mayReach,
  mayBeTold,
  mayGoOut: ({ run }: LiveCall) => run !== null,
});
