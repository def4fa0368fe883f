import { done, err, instantOf, millisecondsOf, moltbotError, ok } from "@moltbot/contracts";
import type {
  ClockPort,
  DeviceRepository,
  IdentityRepository,
  PersonState,
  Principal,
  PrincipalId,
  Result,
  RoleCover,
  StoredDevice,
  StoredPairing,
  StoredSession,
  StoredSignInLink,
  StoredToken,
} from "@moltbot/contracts";

/** As long as the store keeps the token before the one in force. */
const GRACE = 30_000;

interface Rotation {
  readonly previous: string | null;
  readonly at: number;
}

/** What identity keeps, in memory: the same promises as the database's, for the tests of this room. */
export interface MemoryStore {
  readonly people: Map<PrincipalId, Principal & { readonly state: PersonState }>;
  readonly tokens: StoredToken[];
  readonly sessions: StoredSession[];
  readonly links: StoredSignInLink[];
  readonly devices: Map<string, StoredDevice>;
  readonly spent: Map<string, string>;
  readonly pairings: (StoredPairing & { readonly used: boolean })[];
  /** What roles of the house's own cover, by who has one. */
  readonly covers: Map<PrincipalId, readonly string[]>;
  lookUps: number;
  readonly repository: IdentityRepository;
  readonly deviceRepository: DeviceRepository;
}

const missing = (kind: string): Result<never> => err(moltbotError("NOT_FOUND", { kind }));

const change = <T>(list: T[], which: (item: T) => boolean, to: (item: T) => T): number => {
  let count = 0;
  list.forEach((item, index) => {
    if (!which(item)) return;
    list[index] = to(item);
    count += 1;
  });
  return count;
};

export const createMemoryStore = (clock: ClockPort): MemoryStore => {
  const people: MemoryStore["people"] = new Map();
  const covers: MemoryStore["covers"] = new Map();
  const tokens: StoredToken[] = [];
  const sessions: StoredSession[] = [];
  const links: StoredSignInLink[] = [];
  const devices: MemoryStore["devices"] = new Map();
  const rotations = new Map<string, Rotation>();
  const spent: MemoryStore["spent"] = new Map();
  const pairings: (StoredPairing & { readonly used: boolean })[] = [];

  const personNow = (id: PrincipalId, ...states: readonly PersonState[]): Principal | null => {
    const found = people.get(id);
    if (found === undefined || !states.includes(found.state)) return null;
    const { state: _, ...person } = found;
    return person;
  };
  const withPerson = <T extends { readonly principal: Principal }>(held: T | undefined): (T & RoleCover) | null => {
    const person = held === undefined ? null : personNow(held.principal.id, "active");
    if (held === undefined || person === null) return null;
    return { ...held, principal: person, roleCovers: covers.get(person.id) ?? null };
  };
  const sees = (scope: { tenantId: string; principalId: string; reach: string }, person: Principal): boolean =>
    person.tenantId === scope.tenantId && (scope.reach === "tenant" || person.id === scope.principalId);
  const inForce = (device: StoredDevice, verifier: string): boolean => {
    const rotation = rotations.get(device.id);
    return (
      device.refreshVerifier === verifier ||
      (rotation?.previous === verifier && millisecondsOf(clock.now()) - rotation.at < GRACE)
    );
  };

  const repository: IdentityRepository = {
    owner: async () => {
      const found = [...people.values()].find(({ role }) => role === "owner");
      return ok(found === undefined ? null : personNow(found.id, "active"));
    },
    createPerson: async (person) => {
      people.set(person.id, { ...person, state: "active" });
      return done;
    },
    createToken: async (_, token) => {
      const maker = tokens.find(({ id }) => id === token.madeWith);
      if (token.madeWith !== null && maker?.revokedAt !== null) return err(moltbotError("TOKEN_INVALID"));
      tokens.push(token);
      return done;
    },
    tokenByVerifier: async (verifier) => {
      store.lookUps += 1;
      return ok(withPerson(tokens.find((token) => token.verifier === verifier)));
    },
    listTokens: async (scope) => ok(tokens.filter(({ principal }) => sees(scope, principal))),
    revokeToken: async (scope, id, at) => {
      const theirs = tokens.filter(({ principal }) => sees(scope, principal));
      if (!theirs.some((token) => token.id === id)) return missing("token");
      const made = new Set([id]);
      for (const _ of theirs)
        for (const token of theirs) if (token.madeWith !== null && made.has(token.madeWith)) made.add(token.id);
      change(
        tokens,
        (token) => made.has(token.id),
        (token) => ({ ...token, revokedAt: token.revokedAt ?? at }),
      );
      return ok([...made]);
    },
    tokensUsed: async (since, now, limit) =>
      ok(
        tokens
          .flatMap(({ verifier, principal, revokedAt, expiresAt, lastUsedAt }) =>
            revokedAt === null &&
            expiresAt > now &&
            lastUsedAt !== null &&
            lastUsedAt >= since &&
            personNow(principal.id, "active") !== null
              ? [{ verifier, lastUsedAt }]
              : [],
          )
          .toSorted((one, other) => (one.lastUsedAt < other.lastUsedAt ? 1 : -1))
          .slice(0, limit)
          .map(({ verifier }) => verifier),
      ),
    touchToken: async (id, at) => {
      change(
        tokens,
        (token) => token.id === id,
        (token) => ({ ...token, lastUsedAt: at }),
      );
      return done;
    },
    createSession: async (session) => {
      sessions.push(session);
      return done;
    },
    sessionByVerifier: async (verifier) => {
      store.lookUps += 1;
      return ok(withPerson(sessions.find((session) => session.verifier === verifier)));
    },
    revokeSession: async (id, at) => {
      change(
        sessions,
        (session) => session.id === id,
        (session) => ({ ...session, revokedAt: at }),
      );
      return done;
    },
    touchSession: async (id, at, idleUntil) => {
      change(
        sessions,
        (session) => session.id === id && session.revokedAt === null,
        (session) => ({ ...session, lastSeenAt: at, idleUntil }),
      );
      return done;
    },
    listSessions: async (scope, now) =>
      ok(
        sessions.filter(
          ({ principal, revokedAt, expiresAt, idleUntil }) =>
            principal.tenantId === scope.tenantId &&
            principal.id === scope.principalId &&
            revokedAt === null &&
            expiresAt > now &&
            idleUntil > now,
        ),
      ),
    endSession: async (scope, id, at) =>
      change(
        sessions,
        (session) => session.id === id && session.principal.id === scope.principalId,
        (session) => ({ ...session, revokedAt: at }),
      ) === 1
        ? done
        : missing("session"),
    endAll: async (scope, person, at) => {
      const theirs = (held: { readonly principal: Principal; readonly revokedAt: unknown }): boolean =>
        held.principal.id === person && held.revokedAt === null && sees(scope, held.principal);
      const ended = [...sessions.filter(theirs), ...tokens.filter(theirs)].map(({ id }) => id);
      change(sessions, theirs, (session) => ({ ...session, revokedAt: at }));
      change(tokens, theirs, (token) => ({ ...token, revokedAt: at }));
      change(
        links,
        (link) => link.principalId === person && link.usedAt === null,
        (link) => ({ ...link, usedAt: at }),
      );
      return ok(ended);
    },
    createSignInLink: async (link) => {
      links.push(link);
      return done;
    },
    useSignInLink: async (verifier, at, needs) => {
      const states = needs === "any" ? (["active", "invited"] as const) : (["active"] as const);
      const used = change(
        links,
        (link) =>
          link.verifier === verifier &&
          link.usedAt === null &&
          at < link.expiresAt &&
          (link.strong || needs === "any") &&
          personNow(link.principalId, ...states) !== null,
        (link) => ({ ...link, usedAt: at }),
      );
      const link = links.find((one) => one.verifier === verifier);
      const person = used === 1 && link !== undefined ? people.get(link.principalId) : undefined;
      if (person === undefined) return ok(null);
      people.set(person.id, { ...person, state: "active" });
      if (person.state === "invited")
        change(
          links,
          (one) => one.principalId === person.id && one.usedAt === null,
          (one) => ({ ...one, usedAt: at }),
        );
      const now = personNow(person.id, "active");
      return ok(now !== null && person.state === "invited" ? { ...now, arrived: true } : now);
    },
  };

  const deviceRepository: DeviceRepository = {
    create: async (device) => {
      devices.set(device.id, device);
      return done;
    },
    list: async (scope) =>
      ok(
        [...devices.values()]
          .filter(({ principal }) => sees(scope, principal))
          .map(({ principal: _p, key: _k, refreshVerifier: _r, ...facts }) => facts),
      ),
    revoke: async (scope, id, at) => {
      const device = devices.get(id);
      if (device === undefined || !sees(scope, device.principal)) return missing("device");
      devices.set(id, { ...device, revokedAt: device.revokedAt ?? at });
      return done;
    },
    revokeAll: async (scope, person, at) => {
      const theirs = [...devices.values()].filter(
        ({ principal, revokedAt }) => principal.id === person && revokedAt === null && sees(scope, principal),
      );
      for (const device of theirs) devices.set(device.id, { ...device, revokedAt: at });
      change(
        pairings,
        ({ principalId }) => principalId === person,
        (pairing) => ({ ...pairing, used: true }),
      );
      return ok(theirs.map(({ id }) => id));
    },
    byId: async (id) => {
      store.lookUps += 1;
      return ok(withPerson(devices.get(id)));
    },
    byRefresh: async (verifier) => {
      const holder = [...devices.values()].find(
        (device) => device.refreshVerifier === verifier || spent.get(verifier) === device.id,
      );
      const device = withPerson(holder);
      return ok(device === null ? null : { device, state: inForce(device, verifier) ? "good" : "spent" });
    },
    rotate: async (id, from, to, idleUntil) => {
      const device = devices.get(id);
      if (device === undefined || device.revokedAt !== null || !inForce(device, from)) return ok(false);
      const now = millisecondsOf(clock.now());
      const before = rotations.get(id);
      rotations.set(id, { previous: from, at: device.refreshVerifier === from ? now : (before?.at ?? now) });
      spent.set(device.refreshVerifier, id);
      devices.set(id, { ...device, refreshVerifier: to, idleUntil });
      return ok(true);
    },
    touch: async (id, at) => {
      const device = devices.get(id);
      if (device !== undefined) devices.set(id, { ...device, lastSeenAt: at });
      return done;
    },
    createPairing: async (pairing) => {
      pairings.push({ ...pairing, used: false });
      return done;
    },
    usePairing: async (verifier, now) => {
      const pairing = pairings.find((one) => one.verifier === verifier && !one.used && one.expiresAt > now);
      if (pairing === undefined) return ok(null);
      change(
        pairings,
        (one) => one.verifier === verifier,
        (one) => ({ ...one, used: true }),
      );
      return ok(personNow(pairing.principalId, "active"));
    },
  };

  const store: MemoryStore = {
    people,
    covers,
    tokens,
    sessions,
    links,
    devices,
    spent,
    pairings,
    lookUps: 0,
    repository,
    deviceRepository,
  };
  return store;
};

/** A clock that stands until it is moved. */
export interface MovedClock extends ClockPort {
  pass(milliseconds: number): void;
}
export const createMovedClock = (): MovedClock => {
  let now = 0;
  return {
    now: () => instantOf(1_763_800_000_000 + now),
    monotonic: () => now,
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
};
