import type { HttpMethod, JsonValue, Label, PermissionOf, Result } from "@moltbot/contracts";
import type { z } from "zod";
import type { Target } from "../../egress/index.ts";
import type { Belonging, LiveCall } from "../live-call.ts";
import type { PluginHostPorts } from "../plugin-host.ts";

/** What answers take from the gateway. */
export type AskPorts = Pick<PluginHostPorts, "egress" | "secrets" | "box" | "callTool" | "emit" | "newToken">;

/** What stands between an ask and its answer; parts, so that tests can take one out. */
export interface AskChecks {
  /** The permission under which a call reaches a target; otherwise why it does not. */
  readonly mayReach: (call: LiveCall, method: HttpMethod, target: Target) => Result<PermissionOf<"http">>;
  /** Whether a plugin may be told what a tool of the house gave back. */
  readonly mayBeTold: (belonging: Belonging, given: Label) => boolean;
  /** Whether anything may go out on a call's behalf. */
  readonly mayGoOut: (call: LiveCall) => boolean;
}

/** One ask that was found to belong to a call. */
export interface Asking<P> {
  readonly ports: AskPorts;
  readonly checks: AskChecks;
  readonly call: LiveCall;
  readonly params: P;
  readonly isPluginTool: (name: string) => boolean;
}

/** What is asked, strictly, and how it is answered. */
export interface AskHandler<P> {
  readonly params: z.ZodType<P>;
  readonly answer: (asking: Asking<P>) => Promise<Result<JsonValue>>;
}
