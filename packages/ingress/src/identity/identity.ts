import type { IdentityPort } from "@moltbot/contracts";
import { createCounter } from "./counter.ts";
import type { IdentityOptions } from "./counter.ts";
import { createLockout } from "./lockout.ts";
import type { Lockout } from "./lockout.ts";
import { createOwnerDesk } from "./owner.ts";
import type { OwnerDesk } from "./owner.ts";
import { createSessions } from "./sessions.ts";
import { createTokens } from "./tokens.ts";
import type { Tokens } from "./tokens.ts";

/** The identity port, and what the gateway needs beside it. */
export interface Identity extends IdentityPort, OwnerDesk, Tokens {}

/** With the lockout as an argument: only tests hand in another, to show what it stops. */
export const buildIdentity = (options: IdentityOptions, lockout: Lockout): Identity => {
  const counter = createCounter(options, lockout);
  return Object.freeze({ ...createOwnerDesk(counter), ...createSessions(counter), ...createTokens(counter) });
};

/**
 * Makes the room's one object. What widens (tokens, links, sessions) is recorded before it takes effect, and unrecordable means
 * refused. What narrows happens even when the log cannot be written, and the failure is reported.
 */
export const createIdentity = (options: IdentityOptions): Identity =>
  buildIdentity(options, createLockout(options.clock));
