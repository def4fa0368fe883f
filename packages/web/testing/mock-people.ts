/** The mock gateway's people, teams, shares and sign-ins: the same shapes and refusals, kept in memory. */
import { AgentId, DeviceId, instantOf, PrincipalId, SessionId, ShareId, TeamId, TokenId } from "@moltbot/contracts";
import type {
  Agent,
  Device,
  ErrorCode,
  EventName,
  EventPayload,
  OperationInput,
  OperationName,
  OperationOutput,
  OwnRole,
  Person,
  PersonState,
  Principal,
  Role,
  SessionInfo,
  Share,
  Team,
} from "@moltbot/contracts";

export interface PeoplePorts {
  readonly me: Principal;
  readonly agent: () => Agent;
  readonly uuid: () => string;
  readonly publish: <N extends EventName>(name: N, payload: EventPayload<N>) => void;
  readonly refuse: (code: ErrorCode, context?: Readonly<Record<string, string | number>>) => never;
  /** A role of the house's own. */
  readonly role: (id: string) => OwnRole | undefined;
  /** Refuses a share that is a release of something else. */
  readonly releases: (wish: OperationInput<"shares.set">) => void;
  /** Whether a prompt or a secret is somebody else's. */
  readonly foreign: (id: string | undefined) => boolean;
  /** Ends every session of the one who is signed in. */
  readonly signedOut: () => void;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const ago = (days: number) => instantOf(Date.now() - days * DAY);
const ahead = (days: number) => instantOf(Date.now() + days * DAY);

/** What these operations answer, and what others do. */
export const peopleHandlers = (ports: PeoplePorts, inhabited: boolean) => {
  const { me, uuid, publish, refuse } = ports;
  const person = (name: string, role: Role, state: PersonState, days: number): Person => ({
    id: PrincipalId.parse(uuid()),
    name,
    role,
    ownRole: null,
    state,
    createdAt: ago(days),
  });
  const self: Person = { ...person(me.name, me.role, "active", 200), id: me.id };
  const anna = person("Anna Lindqvist", "admin", "active", 120);
  const others = inhabited
    ? [
        anna,
        person("Bert", "member", "active", 64),
        person("Chidi Okafor", "viewer", "suspended", 30),
        person("Dana", "member", "invited", 1),
        person("Emil", "member", "left", 180),
        ...(me.role === "owner" ? [] : [person("Olga", "owner", "active", 300)]),
      ]
    : [];
  const people = new Map([self, ...others].map((one) => [one.id, one]));
  const idOf = (name: string) => [...people.values()].find((one) => one.name === name)?.id ?? me.id;
  const teams = new Map<string, Team>();
  const shares = new Map<string, Share>();
  const devices = new Map<string, Device>();
  const tokens = new Map<string, OperationOutput<"tokens.list">[number]>();
  const sessions = new Map<string, SessionInfo>();
  const made: Agent[] = [];
  const annas: Agent = { ...ports.agent(), id: AgentId.parse(uuid()), ownerId: anna.id, name: "Kitchen helper" };
  let annaShares = inhabited;

  const addTeam = (name: string, members: readonly PrincipalId[]): Team => {
    const team: Team = { id: TeamId.parse(uuid()), name, members: members.toSorted(), createdAt: ago(20) };
    teams.set(team.id, team);
    return team;
  };
  const addShare = (wish: Pick<Share, "object" | "to" | "rights" | "effect"> & Partial<Share>): Share => {
    const share: Share = { id: ShareId.parse(uuid()), upTo: null, by: me.id, at: ago(3), ...wish };
    shares.set(share.id, share);
    return share;
  };
  const addSession = (days: number, seen: number, current: boolean): void => {
    const id = SessionId.parse(uuid());
    const lastSeenAt = ago(seen);
    sessions.set(id, {
      id,
      createdAt: ago(days),
      lastSeenAt,
      idleUntil: ahead(14 - seen),
      expiresAt: ahead(90 - days),
      current,
    });
  };
  const addDevice = (name: string, days: number, seen: number | null): Device => {
    const device: Device = {
      id: DeviceId.parse(uuid()),
      name,
      thumbprint: "k".repeat(43),
      pairedAt: ago(days),
      lastSeenAt: seen === null ? null : ago(seen),
      idleUntil: ahead(30 - (seen ?? 0)),
      expiresAt: ahead(365 - days),
      revokedAt: null,
    };
    devices.set(device.id, device);
    return device;
  };
  const addToken = (wish: Partial<OperationOutput<"tokens.list">[number]>): OperationOutput<"tokens.list">[number] => {
    const token = {
      id: TokenId.parse(uuid()),
      name: "token",
      role: "member" as const,
      scopes: null,
      integrity: "authority" as const,
      thumbprint: null,
      createdAt: ago(0),
      expiresAt: ahead(90),
      revokedAt: null,
      lastUsedAt: null,
      ...wish,
    };
    tokens.set(token.id, token);
    return token;
  };
  addSession(0.02, 0, true);
  if (inhabited) {
    const kitchen = addTeam("Kitchen", [anna.id, idOf("Bert")]);
    addTeam("Travel", [me.id, idOf("Bert")]);
    const object = { type: "agent" as const, id: ports.agent().id };
    addShare({ object, to: { kind: "team", id: kitchen.id }, rights: ["use"], effect: "allow" });
    addShare({ object, to: { kind: "person", id: anna.id }, rights: ["use", "edit"], effect: "allow" });
    addShare({ object, to: { kind: "person", id: idOf("Chidi Okafor") }, rights: ["use"], effect: "deny" });
    addSession(6, 0.2, false);
    addSession(12, 4, false);
    addDevice("Pixel 9", 40, 0.1);
    addDevice("Kitchen tablet", 9, 2);
    addToken({
      name: "Home automation",
      scopes: ["messages.send", "agents.list"],
      lastUsedAt: ago(0.05),
      expiresAt: ahead(61),
    });
    addToken({ name: "Backup script", role: "viewer", scopes: ["conversations.*"], expiresAt: ahead(12) });
  }

  const find = <T>(map: ReadonlyMap<string, T>, id: string, kind: string): T =>
    map.get(id) ?? refuse("NOT_FOUND", { kind });
  const put = (next: Person): Person => {
    people.set(next.id, next);
    publish("person:changed", { person: next });
    return next;
  };
  /** A role as the gateway takes it: one of the four, or the id of one of the house's own. */
  const roleOf = (role: string): Pick<Person, "role" | "ownRole"> => {
    const own = ports.role(role);
    return own === undefined ? { role: role as Role, ownRole: null } : { role: own.base, ownRole: own.id }; // parsed by the operation's schema
  };
  const change = (id: string, wish: Partial<Person>): Person => put({ ...find(people, id, "person"), ...wish });
  const needs = (required: Role): void => {
    const ranks: readonly Role[] = ["viewer", "member", "admin", "owner"];
    if (ranks.indexOf(me.role) < ranks.indexOf(required)) refuse("ROLE_INSUFFICIENT", { required, role: me.role });
  };
  const shared = (share: Share): Share => {
    publish("share:changed", { object: share.object, by: share.by });
    return share;
  };

  const handlers: { readonly [N in OperationName]?: (input: OperationInput<N>) => unknown } = {
    "agents.list": () => [...(me.role === "viewer" ? [] : [ports.agent()]), ...made, ...(annaShares ? [annas] : [])],
    "agents.create": ({ name }) => {
      const agent: Agent = { ...ports.agent(), id: AgentId.parse(uuid()), name };
      made.push(agent);
      return agent;
    },
    "people.list": () => [...people.values()],
    "people.invite": ({ name, role, hours }) => {
      needs("admin");
      const invited = put({ ...person(name, "member", "invited", 0), ...roleOf(role) });
      return {
        person: invited,
        url: `https://moltbot.example.org/signin#code=${"k".repeat(24)}`,
        expiresAt: instantOf(Date.now() + hours * HOUR),
      };
    },
    "people.change": ({ personId, role, state }) => {
      needs("admin");
      if (personId === me.id) refuse("PERSON_NOT_CHANGEABLE", { problem: "nobody changes their own role or state" });
      return change(personId, {
        ...(role === undefined ? {} : roleOf(role)),
        ...(state === undefined ? {} : { state }),
      });
    },
    "people.remove": ({ personId }) => {
      if (personId !== me.id) needs("admin");
      const gone = change(personId, { state: "left" });
      if (personId === me.id) ports.signedOut();
      return gone;
    },
    "people.transfer": ({ personId }) => {
      needs("owner");
      return [change(me.id, { role: "admin" }), change(personId, { role: "owner" })];
    },
    "teams.list": () => [...teams.values()],
    "teams.create": ({ name, members }) => addTeam(name, members),
    "teams.change": ({ teamId, name, members }) => {
      const team = find(teams, teamId, "team");
      const next = { ...team, name: name ?? team.name, members: (members ?? team.members).toSorted() };
      teams.set(teamId, next);
      return next;
    },
    "teams.remove": ({ teamId }) => {
      find(teams, teamId, "team");
      teams.delete(teamId);
      for (const { id, to } of shares.values()) if (to.kind === "team" && to.id === teamId) shares.delete(id);
      return {};
    },
    "shares.list": () => [...shares.values()],
    "shares.set": (wish) => {
      needs("member");
      ports.releases(wish);
      const known = [...shares.values()].find(
        ({ to, effect, object }) =>
          object.id === wish.object.id && effect === wish.effect && JSON.stringify(to) === JSON.stringify(wish.to),
      );
      if (known !== undefined) shares.delete(known.id);
      const { object, to, rights, effect, upTo = null } = wish;
      return shared(addShare({ object, to, rights, effect, upTo }));
    },
    "shares.remove": ({ shareId }) => {
      const share = find(shares, shareId, "share");
      shares.delete(shareId);
      shared(share);
      return {};
    },
    "access.explain": ({ agentId, promptId, secretId }) => ({
      allowed: true,
      because: [
        agentId === annas.id
          ? {
              rule: "share",
              says: "Its owner shares it with everyone in the house: use.",
              shareId: ShareId.parse(uuid()),
            }
          : ports.foreign(promptId ?? secretId)
            ? { rule: "share", says: "Its owner shares it with this person: use.", shareId: ShareId.parse(uuid()) }
            : { rule: "owner", says: "It is theirs, so they may use it.", shareId: null },
      ],
    }),
    "sessions.list": () => [...sessions.values()],
    "sessions.revoke": ({ sessionId }) => {
      find(sessions, sessionId, "session");
      sessions.delete(sessionId);
      return {};
    },
    "links.create": () => ({
      url: `http://127.0.0.1:18790/signin#code=${"l".repeat(24)}`,
      expiresAt: instantOf(Date.now() + 600_000),
    }),
    "devices.list": () => [...devices.values()],
    "devices.invite": () => ({
      code: "7KQ2-XW4D",
      url: "https://moltbot.example.org/#pair=7KQ2-XW4D",
      expiresAt: instantOf(Date.now() + 600_000),
    }),
    "devices.revoke": ({ deviceId }) => {
      devices.set(deviceId, { ...find(devices, deviceId, "device"), revokedAt: ago(0) });
      publish("device:changed", { deviceId, state: "revoked" });
      return {};
    },
    "tokens.list": () => [...tokens.values()],
    "tokens.create": ({ name, role, days, scopes }) => {
      needs("member");
      const { id, expiresAt } = addToken({ name, role, scopes, expiresAt: ahead(days) });
      return { id, role, expiresAt, token: `mbt_${"q7Zr".repeat(10)}` };
    },
    "tokens.revoke": ({ tokenId }) => {
      tokens.set(tokenId, { ...find(tokens, tokenId, "token"), revokedAt: ago(0) });
      return {};
    },
  };

  return {
    handlers,
    idOf,
    shares,
    act: {
      /** An admin suspends the one who is signed in: every session ends, and they are told. */
      suspendMe(): void {
        ports.signedOut();
        change(me.id, { state: "suspended" });
      },
      /** Somebody accepts their invitation. */
      come(name: string): void {
        change(idOf(name), { state: "active" });
      },
      /** A device uses the code that is on the screen. */
      pair(name: string): DeviceId {
        const { id } = addDevice(name, 0, null);
        publish("device:changed", { deviceId: id, state: "paired" });
        return id;
      },
      /** Somebody uses what a device of the one who is signed in held before. */
      reuse(name: string): void {
        const device = [...devices.values()].find((one) => one.name === name);
        if (device === undefined) return;
        devices.set(device.id, { ...device, revokedAt: ago(0) });
        publish("device:changed", { deviceId: device.id, state: "reused" });
      },
      /** Anna no longer shares her agent. */
      unshare(): void {
        annaShares = false;
        publish("share:changed", { object: { type: "agent", id: annas.id }, by: anna.id });
      },
    },
  };
};
export type MockPeople = ReturnType<typeof peopleHandlers>;
