import type { OwnRole, Person, Share } from "@moltbot/contracts";
import type { FittedGateway } from "../../support/fitted-gateway.ts";
import { clientCaller, given } from "../../support/people.ts";
import type { Caller } from "../../support/people.ts";
import { atTheMachine, noLonger, programOf, stranger, wholly } from "./actors.ts";
import type { Actor } from "./actors.ts";
import { NARROW, SCOPES, WARDEN, WIDE } from "./oracle.ts";
import { entranceTo } from "./somebody.ts";
import type { Entrance, Somebody } from "./somebody.ts";
import { installKept } from "./strange-packages.ts";

/** Whose things are asked for, besides one's own. */
interface Others {
  /** Lets everyone use an agent, a prompt and a secret, and each of the actors read a conversation up to a message. */
  readonly bob: Somebody;
  /** Lets everyone use and edit one. */
  readonly eve: Somebody;
  /** Lets everyone use and delete one. */
  readonly dan: Somebody;
  /** Lets everyone use one, and keeps it from the team of all; the conversation that she had shared is shared no more. */
  readonly kim: Somebody;
  /** Lets everyone do everything, and is suspended. */
  readonly fay: Somebody;
  /** Shares nothing. */
  readonly carl: Somebody;
}

export interface World extends Others {
  readonly house: FittedGateway;
  readonly url: string;
  readonly actors: readonly Actor[];
  readonly people: readonly Somebody[];
  /** Nobody changes them: the owner, and for the owner somebody who left. */
  readonly owner: Somebody;
  readonly gone: Somebody;
  readonly teamId: string;
  /** Two with nothing, who are given roles and shown things. */
  readonly timId: string;
  readonly tomId: string;
  /** Roles of the house's own: of a member's, of an admin's, and one that nobody has. */
  readonly roles: Readonly<Record<"narrow" | "warden" | "spare", string>>;
  /** As the owner, at the machine. */
  readonly local: Caller;
  /** What came over the event streams of whoever may have one. */
  readonly heard: ReadonlyMap<string, () => string>;
  close(): Promise<void>;
}

export const MATRIX_SETTINGS = {
  gateway: { drainSeconds: 0 },
  limits: { requestsPerSecond: 100_000, callsPerTurn: 100_000, callsPerHour: 1_000_000 },
};

/** They show each of the readers, but themselves, a conversation up to a message. */
const shareConversations = async (readers: readonly Somebody[], owners: readonly Somebody[]): Promise<void> => {
  for (const { id, browser, things } of owners)
    for (const reader of readers.filter((one) => one.id !== id))
      given(
        await browser("shares.set", {
          object: { type: "conversation", id: things.conversationId },
          to: { kind: "person", id: reader.id },
          ...things.release,
        }),
      );
};

/** They show theirs no more. */
const endConversations = async ({ browser }: Somebody): Promise<void> => {
  for (const { object, id: shareId } of given<Share[]>(await browser("shares.list")))
    if (object.type === "conversation") given(await browser("shares.remove", { shareId }));
};

/** They go on in the conversation that they showed: what they say from here on is theirs alone. */
const goOn = async ({ browser, word, things: { agentId, conversationId } }: Somebody): Promise<void> => {
  given(await browser("messages.send", { agentId, conversationId, content: `later ${word}` }));
};

/** Those who ask, by what they come to be; everybody may do more while they make what is theirs. */
const askersOf = async ({ owner, join }: Entrance, ownerId: string) => ({
  owner: await owner("olga", ownerId),
  admin: await join("adam", "admin"),
  member: await join("mia", "member"),
  viewer: await join("vic", "member"),
  suspended: await join("sue", "member"),
  gone: await join("leo", "member", [{ to: { kind: "everyone" }, rights: ["use", "edit", "delete"] }]),
  demoted: await join("dora", "admin"),
  narrow: await join("nora", "member"),
  warden: await join("wanda", "admin"),
});
type Askers = Awaited<ReturnType<typeof askersOf>>;

const othersOf = async ({ join }: Entrance, teamOfAll: string): Promise<Others> => {
  const to = { kind: "everyone" };
  const everything = { to, rights: ["use", "edit", "delete"] };
  return {
    bob: await join("bob", "member", [{ to }]),
    eve: await join("eve", "member", [{ to, rights: ["use", "edit"] }]),
    dan: await join("dan", "member", [{ to, rights: ["use", "delete"] }]),
    kim: await join("kim", "member", [{ to: { kind: "team", id: teamOfAll }, effect: "deny" }, everything]),
    fay: await join("fay", "member", [everything]),
    carl: await join("carl", "member"),
  };
};

const rolesOf = async (local: Caller): Promise<World["roles"]> => {
  const make = async (name: string, base: string, operations: readonly string[]): Promise<string> =>
    given<OwnRole>(await local("roles.create", { name, base, operations })).id;
  return {
    narrow: await make("reader of notes", "member", NARROW),
    warden: await make("warden", "admin", WARDEN),
    spare: await make("spare", "viewer", ["agents.list"]),
  };
};

/** Programs, whose tokens were made before their person became less. */
const programsOf = (url: string, { owner, admin, member, narrow }: Askers): Promise<readonly Actor[]> =>
  Promise.all([
    programOf(url, "scoped", member, { role: "member", scopes: SCOPES }),
    programOf(url, "weak", owner, { role: "viewer" }),
    programOf(url, "lesser", admin, { role: "member" }),
    programOf(url, "untrusted", member, { role: "member", integrity: "untrusted" }),
    programOf(url, "wide", narrow, { role: "member", scopes: WIDE }),
  ]);

/** They become what they are to be. */
const settleRoles = async (local: Caller, askers: Askers, { fay }: Others, roles: World["roles"]): Promise<void> => {
  const change = async ({ id: personId }: Somebody, wish: Readonly<Record<string, unknown>>): Promise<void> => {
    given(await local("people.change", { personId, ...wish }));
  };
  await change(askers.viewer, { role: "viewer" });
  await change(askers.demoted, { role: "member" });
  await change(askers.suspended, { state: "suspended" });
  await change(fay, { state: "suspended" });
  given(await local("people.remove", { personId: askers.gone.id }));
  await change(askers.narrow, { role: roles.narrow });
  await change(askers.warden, { role: roles.warden });
};

/** A house in which everybody has one of everything. */
export const buildWorld = async (house: FittedGateway): Promise<World> => {
  const { url } = house.gateway;
  const local = clientCaller(house.client);
  const closing = new AbortController();
  const team = async (name: string, members: readonly Somebody[]): Promise<string> =>
    given<{ id: string }>(await local("teams.create", { name, members: members.map(({ id }) => id) })).id;
  const teamId = await team("nobody", []);
  const entrance = entranceTo(house, local, teamId, closing.signal);
  const askers = await askersOf(entrance, given<Person>(await local("sessions.current")).id);
  const asking = Object.values(askers);
  const others = await othersOf(entrance, await team("all", asking));
  await shareConversations(asking, [others.bob, others.kim, others.fay, askers.gone]);
  await endConversations(others.kim);
  await goOn(others.bob);
  await installKept(local);
  const roles = await rolesOf(local);
  const programs = await programsOf(url, askers);
  await settleRoles(local, askers, others, roles);
  const { owner, gone } = askers;
  const { bob, eve, dan, kim, fay, carl } = others;
  return {
    ...others,
    house,
    url,
    actors: [
      wholly(url, "viewer", askers.viewer),
      wholly(url, "member", askers.member),
      wholly(url, "admin", askers.admin),
      atTheMachine(wholly(url, "owner", owner), local, house.place.home),
      wholly(url, "demoted", askers.demoted),
      ...programs,
      wholly(url, "narrow", askers.narrow),
      wholly(url, "warden", askers.warden),
      noLonger(url, "suspended", askers.suspended),
      noLonger(url, "left", gone),
      stranger(url),
    ],
    people: [...asking, bob, eve, dan, kim, fay, carl],
    owner,
    gone,
    teamId,
    timId: await entrance.bystander("tim"),
    tomId: await entrance.bystander("tom"),
    roles,
    local,
    heard: entrance.heard,
    close: async () => {
      closing.abort();
      await house.close();
      house.place.remove();
    },
  };
};
