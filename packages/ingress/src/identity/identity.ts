import type { IdentityPort } from "@moltbot/contracts";
import { createCounter } from "./counter.ts";
import type { IdentityOptions } from "./counter.ts";
import { createDevices } from "./devices.ts";
import type { DeviceChange, DeviceControls, Devices } from "./devices.ts";
import { createPersonEnd } from "./end-person.ts";
import type { PersonEnd } from "./end-person.ts";
import { createHolders } from "./holders.ts";
import { createLinks } from "./links.ts";
import type { Links } from "./links.ts";
import { createLockout } from "./lockout.ts";
import type { Lockout } from "./lockout.ts";
import { createOwnerDesk } from "./owner.ts";
import type { OwnerDesk } from "./owner.ts";
import { createSessions } from "./sessions.ts";
import type { Arrived, Sessions } from "./sessions.ts";
import { createTickets } from "./tickets.ts";
import { createTokens } from "./tokens.ts";
import type { TokenControls, Tokens } from "./tokens.ts";

/** The identity port, and what the gateway needs beside it. */
export interface Identity
  extends Omit<IdentityPort, "createToken">, OwnerDesk, Tokens, Sessions, Links, Devices, PersonEnd {}

/** What tests alone replace, to show what it stops. */
export interface Weakening extends DeviceControls, TokenControls {
  readonly lockout?: Lockout;
}

/** What the room works with, and who hears of what happens in it. */
export interface Hearing extends IdentityOptions {
  readonly deviceChanged?: DeviceChange;
  readonly arrived?: Arrived;
}

/** With its controls as arguments: only tests hand in others. */
export const buildIdentity = (
  options: Hearing,
  { lockout = createLockout(options.clock), ...controls }: Weakening,
): Identity => {
  const counter = createCounter(options, lockout);
  const holders = createHolders(() => ({
    local: owner.lookUp,
    token: tokens.lookUp,
    session: sessions.lookUp,
    device: devices.lookUp,
  }));
  const owner = createOwnerDesk(counter, holders);
  const tokens = createTokens(counter, holders, controls);
  const sessions = createSessions(counter, holders, options.arrived ?? (() => undefined));
  const devices = createDevices(counter, holders, options.deviceChanged ?? (() => undefined), controls);
  return Object.freeze({
    stillGood: holders.stillGood,
    ...owner.desk,
    ...tokens.tokens,
    ...sessions.sessions,
    ...createLinks(counter),
    ...createTickets(counter, holders.stillGood),
    ...devices.devices,
    ...createPersonEnd(counter),
  });
};

/**
 * Makes the room's one object. What widens (tokens, links, sessions, devices) is recorded before it takes effect, and unrecordable
 * means refused. What narrows happens even when the log cannot be written, and the failure is reported.
 */
export const createIdentity = (options: Hearing): Identity => buildIdentity(options, {});
