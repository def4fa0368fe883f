import type { LogPort, SecretLender } from "@moltbot/contracts";
import { createAgents } from "./agents.ts";
import { checkHop } from "./check-target.ts";
import { classifyAddress } from "./classify-address.ts";
import { dialAddress } from "./connect-checked.ts";
import type { Dial } from "./connect-checked.ts";
import type { Egress } from "./egress.ts";
import { fetchFor } from "./fetch-for.ts";
import { lookupBySystem } from "./resolve-host.ts";
import type { Lookup } from "./resolve-host.ts";
import { send } from "./send.ts";

/** What a gateway hands in. */
export interface EgressOptions {
  readonly secrets: SecretLender;
  readonly lookup?: Lookup;
  readonly log: LogPort;
}

/** The controls, as parts: tests take one out to show what it holds back. Nobody else passes them. */
export interface EgressControls {
  readonly check: (address: string) => string;
  readonly mayFollow: typeof checkHop;
  readonly dial: Dial;
}

/** Every control in place. */
export const ALL_CONTROLS: EgressControls = Object.freeze({
  check: classifyAddress,
  mayFollow: checkHop,
  dial: dialAddress,
});

/** Builds the way out from named controls. */
export const createEgressWith = (options: EgressOptions, controls: EgressControls): Egress => {
  const agents = createAgents({ lookup: options.lookup ?? lookupBySystem, check: controls.check, dial: controls.dial });
  const parts = { agents, secrets: options.secrets, mayFollow: controls.mayFollow };
  return {
    send: async (authority, request, signal) => {
      const answer = await send(parts, authority, request, signal);
      if (answer.ok) {
        options.log.debug("sent a request", {
          status: answer.value.status,
          bytes: answer.value.body.byteLength,
          redirects: answer.value.redirects,
        });
      } else {
        options.log.info("a request was refused or failed", { code: answer.error.code });
      }
      return answer;
    },
    fetchFor: (authority, secret) => fetchFor(parts, authority, secret),
    close: () => agents.close(),
  };
};

/** The way out, with every control in place. */
export const createEgress = (options: EgressOptions): Egress => createEgressWith(options, ALL_CONTROLS);
