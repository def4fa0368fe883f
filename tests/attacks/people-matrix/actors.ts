import { createClient } from "@moltbot/client";
import type { Transport } from "@moltbot/client";
import { nodeTransport } from "@moltbot/client/node";
import type { Role } from "@moltbot/contracts";
import { browserCaller, clientCaller, given, strangerCaller, tokenCaller } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { commandLine } from "./command-line.ts";
import type { CommandLine } from "./command-line.ts";
import type { ActorName } from "./oracle.ts";
import type { Somebody } from "./somebody.ts";

/** How an actor calls, by surface; a way that they do not have is left out. */
export interface Actor {
  readonly name: ActorName;
  /** Whose the things are that are their own; null for a stranger. */
  readonly person: Somebody | null;
  readonly token: string | null;
  readonly callers: Partial<Readonly<Record<"token" | "browser" | "client" | "device" | "local", Caller>>>;
  readonly commands: Partial<Readonly<Record<"cli" | "console", CommandLine>>>;
}

const callerOver = (transport: Transport): Caller => clientCaller(createClient({ transport }));

/** What a token is for that is for less than its person. */
export interface Less {
  readonly role: Role;
  readonly scopes?: readonly string[];
  readonly integrity?: "untrusted";
}

/** A program of somebody's, with a token. */
const program = (url: string, name: ActorName, person: Somebody, token: string): Actor => ({
  name,
  person,
  token,
  callers: { token: tokenCaller(url, token), client: callerOver(nodeTransport({ url, token })) },
  commands: { cli: commandLine({ url, token }) },
});

/** A program of somebody's, with a new token. */
export const programOf = async (url: string, name: ActorName, person: Somebody, less: Less): Promise<Actor> => {
  const { token } = given<{ token: string }>(await person.browser("tokens.create", { name: "less", ...less }));
  // Known to be good, so that nobody's guesses from this machine keep it waiting.
  given(await tokenCaller(url, token)("agents.list"));
  return program(url, name, person, token);
};

/** Somebody by every way that they have. */
export const wholly = (url: string, name: ActorName, person: Somebody): Actor => {
  const { callers, ...actor } = program(url, name, person, person.token);
  const more = { browser: browserCaller(url, person.cookie), device: callerOver(person.device.transport) };
  return { ...actor, callers: { ...callers, ...more } };
};

/** The same, and at the machine itself. */
export const atTheMachine = ({ callers, commands, ...actor }: Actor, local: Caller, home: string): Actor => ({
  ...actor,
  callers: { ...callers, local },
  commands: { ...commands, console: commandLine({ home }) },
});

/** Somebody who is nobody here any more, with all that once let them in. */
export const noLonger = (url: string, name: ActorName, person: Somebody): Actor => ({
  name,
  person,
  token: person.token,
  callers: {
    token: strangerCaller(url, { authorization: `Bearer ${person.token}` }),
    browser: strangerCaller(url, { cookie: person.cookie, origin: url }),
    device: person.device.fromAnywhere,
  },
  commands: { cli: commandLine({ url, token: person.token }) },
});

export const stranger = (url: string): Actor => ({
  name: "stranger",
  person: null,
  token: null,
  callers: { token: strangerCaller(url, {}) },
  commands: { cli: commandLine({ url, token: null }) },
});
