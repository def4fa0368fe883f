import type { HostError } from "../host.ts";

/** A refusal as the house throws it. */
export class Refusal extends Error implements HostError {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "HostError";
    this.code = code;
  }
}

/** What the manifest does not ask for, or asks for and was not meant. */
export const mayNot = (need: string): Refusal => new Refusal("PLUGIN_MAY_NOT", need);

/** More than one call may use. */
export const pastLimit = (limit: string): Refusal => new Refusal("PLUGIN_LIMIT", limit);

/** What ends the call itself, so that the plugin cannot go on after it. */
export class CallEnded extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
