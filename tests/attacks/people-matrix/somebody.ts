import type { Person, Share } from "@moltbot/contracts";
import type { FittedGateway } from "../../support/fitted-gateway.ts";
import { browserCaller, given, signInWith } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { pairDeviceOf } from "./devices.ts";
import type { PairedDevice } from "./devices.ts";
import { KEY_IN_WORDS, makeThings } from "./things.ts";
import type { Things } from "./things.ts";

/** Somebody of the house, and the ways in that they have. */
export interface Somebody {
  readonly name: string;
  readonly id: string;
  /** A word that stands in everything they have and nowhere else. */
  readonly word: string;
  /** The word of the conversation that they share, where they share one. */
  readonly open: string;
  readonly browser: Caller;
  readonly cookie: string;
  readonly token: string;
  readonly device: PairedDevice;
  readonly things: Things;
}

/** Follows somebody's events; gives what came so far. */
const follow = async (url: string, cookie: string, closing: AbortSignal): Promise<() => string> => {
  let text = "";
  const stream = await fetch(`${url}/v2/events`, { headers: { cookie }, signal: closing });
  if (!stream.ok || stream.body === null) throw new Error(`no events: ${String(stream.status)}`);
  const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
  void (async () => {
    for (;;) {
      const { done, value = "" } = await reader.read();
      if (done) return;
      text += value;
    }
  })().catch(() => undefined);
  return () => text;
};

/** How their agent, their prompt and their secret are shared. */
export type Shares = readonly Readonly<Record<string, unknown>>[];

const OBJECTS = { agent: "agentId", prompt: "promptId", secret: "secretId" } as const;

/** The door of a house that is being filled. */
export interface Entrance {
  /** Somebody comes, makes one of everything, and shares it. */
  readonly join: (name: string, role: Person["role"], shares?: Shares) => Promise<Somebody>;
  /** Somebody comes, and makes nothing. */
  readonly bystander: (name: string) => Promise<string>;
  /** The one whose house it is does what whoever joins does. */
  readonly owner: (name: string, id: string) => Promise<Somebody>;
  readonly heard: ReadonlyMap<string, () => string>;
}

/** Lets people into a house; what is theirs they share with an empty team, unless told otherwise. */
export const entranceTo = (
  { gateway: { url } }: FittedGateway,
  local: Caller,
  emptyTeam: string,
  closing: AbortSignal,
): Entrance => {
  const heard = new Map<string, () => string>();
  const withNobody: Shares = [{ to: { kind: "team", id: emptyTeam } }];

  const shareAll = async (call: Caller, things: Pick<Things, "agentId" | "promptId" | "secretId">, shares: Shares) => {
    const made: string[] = [];
    for (const share of shares)
      for (const [type, key] of Object.entries(OBJECTS))
        made.push(given<Share>(await call("shares.set", { object: { type, id: things[key] }, ...share })).id);
    return made[0] ?? "";
  };
  const settle = async (name: string, id: string, link: string, shares = withNobody): Promise<Somebody> => {
    const { cookie } = await signInWith(url, link);
    const word = `zq${name}xq`;
    const open = `zq${name}openxq`;
    const browser = browserCaller(url, cookie);
    const { role } = given<Person>(await browser("sessions.current"));
    const { token } = given<{ token: string }>(await browser("tokens.create", { name: "all", role }));
    heard.set(name, await follow(url, cookie, closing));
    const hello = name === "bob" ? `hello ${open}, my key is ${KEY_IN_WORDS}` : `hello ${word}`;
    const share = (made: Parameters<typeof shareAll>[1]) => shareAll(browser, made, shares);
    const things = await makeThings(browser, url, { name, word, hello }, share);
    return { name, id, word, open, browser, cookie, token, device: await pairDeviceOf(url, browser, name), things };
  };
  const invite = async (name: string, role: Person["role"]) =>
    given<{ person: Person; url: string }>(await local("people.invite", { name, role }));

  return {
    heard,
    owner: async (name, id) => settle(name, id, given<{ url: string }>(await local("links.create")).url),
    join: async (name, role, shares) => {
      const invited = await invite(name, role);
      return settle(name, invited.person.id, invited.url, shares);
    },
    bystander: async (name) => {
      const invited = await invite(name, "member");
      await signInWith(url, invited.url);
      return invited.person.id;
    },
  };
};
