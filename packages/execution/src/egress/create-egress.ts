import { performance } from "node:perf_hooks";
import type { LogPort, PersonalSecretLender, Result, SecretLender, SecretWatch } from "@moltbot/contracts";
import { createAllowance } from "./allowance/allowance.ts";
import type { EgressLimits } from "./allowance/allowance.ts";
import { createAgents } from "./agents.ts";
import { checkHop } from "./check-target.ts";
import { classifyAddress } from "./classify-address.ts";
import { dialAddress } from "./connect-checked.ts";
import type { Dial } from "./connect-checked.ts";
import type { OnBehalf, RecordConnection } from "./connections/connection.ts";
import { createConnectionBook } from "./connections/connection-book.ts";
import { recordedExchange } from "./connections/recorded-exchange.ts";
import type { Egress, EgressResponse } from "./egress.ts";
import type { Outgoing } from "./exchange.ts";
import { fetchFor } from "./fetch-for.ts";
import type { Gate, ToolAuthority } from "./gate/gate.ts";
import { gateParts } from "./gate/gate-parts.ts";
import { openGate } from "./gate/open-gate.ts";
import { checkOutgoing } from "./outgoing/check-outgoing.ts";
import { keepBack } from "./outgoing/keep-back.ts";
import { lookupBySystem } from "./resolve-host.ts";
import type { Lookup } from "./resolve-host.ts";
import { send } from "./send.ts";

/** What a gateway hands in. */
export interface EgressOptions {
  readonly secrets: SecretLender & PersonalSecretLender & SecretWatch;
  /** Whether this home made a text of a canary's form. */
  readonly isCanary: (word: string) => boolean;
  readonly lookup?: Lookup;
  readonly log: LogPort;
  /** Puts each connection on record. While one is without, tools reach nobody (AUDIT_UNWRITABLE). */
  readonly connected?: RecordConnection;
  /** For whom a model is being asked right now, for the record. */
  readonly behalf?: () => OnBehalf | null;
  /** What tools may send, read at every request; absent: no limit. */
  readonly limits?: () => EgressLimits;
  /** Milliseconds that never go back. */
  readonly monotonic?: () => number;
}

/** The way out with the gate for programs. */
export interface WayOut extends Egress {
  /** Opens a gate for one call's programs, as `openGate` does, with this way out's checks, records and limits. */
  openGate(path: string, authority: ToolAuthority): Promise<Result<Gate>>;
}

const NO_LIMITS: EgressLimits = Object.freeze({ requestsPerMinute: 0, bytesOutPerHour: 0 });

/** The controls, as parts: tests take one out to show what it holds back. Nobody else passes them. */
export interface EgressControls {
  readonly check: (address: string) => string;
  readonly mayFollow: typeof checkHop;
  readonly dial: Dial;
  readonly checkOutgoing: typeof checkOutgoing;
  readonly keepBack: typeof keepBack;
  readonly createBook: typeof createConnectionBook;
  readonly createAllowance: typeof createAllowance;
}

/** Every control in place. */
export const ALL_CONTROLS: EgressControls = Object.freeze({
  check: classifyAddress,
  mayFollow: checkHop,
  dial: dialAddress,
  checkOutgoing,
  keepBack,
  createBook: createConnectionBook,
  createAllowance,
});

/** Builds the way out from named controls. */
export const createEgressWith = (options: EgressOptions, controls: EgressControls): WayOut => {
  const ways = { lookup: options.lookup ?? lookupBySystem, check: controls.check, dial: controls.dial };
  const agents = createAgents(ways);
  const book = controls.createBook(options.connected, options.log);
  const allowance = controls.createAllowance(
    options.limits ?? (() => NO_LIMITS),
    options.monotonic ?? (() => performance.now()),
  );
  const watch = { secrets: options.secrets, isCanary: options.isCanary };
  const parts = {
    exchange: recordedExchange({
      agents,
      secrets: options.secrets,
      book,
      allowance,
      behalf: options.behalf ?? (() => null),
    }),
    mayFollow: controls.mayFollow,
    keepBack: (response: EgressResponse) => controls.keepBack(watch, response),
    mayLeave: (outgoing: Outgoing) => controls.checkOutgoing(watch, outgoing),
  };
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
    openGate: (path, authority) => openGate(path, authority, gateParts(ways, authority, { book, allowance })),
    close: () => agents.close(),
  };
};

/** The way out, with every control in place. */
export const createEgress = (options: EgressOptions): WayOut => createEgressWith(options, ALL_CONTROLS);
