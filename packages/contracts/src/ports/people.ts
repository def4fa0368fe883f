import type { Share, SharedObject } from "../access.ts";
import type { Device, DeviceKey } from "../device.ts";
import type { DeviceId, Instant, PrincipalId, SessionId, ShareId, TeamId, TenantId } from "../ids.ts";
import type { Person, PersonState, Team } from "../people.ts";
import type { AccessScope, Principal, Role } from "../principal.ts";
import type { Result } from "../result.ts";

type Async<T> = Promise<Result<T>>;

/** The people of a tenant. Everybody in it may see who is in it; who may change what is decided before. */
export interface PeopleRepository {
  /** Those of the scope's tenant in the order they came; erased ones have no name. */
  list(scope: AccessScope): Async<readonly Person[]>;
  find(scope: AccessScope, id: PrincipalId): Async<Person>;
  /** A person of the scope's tenant. */
  create(scope: AccessScope, person: Person): Async<void>;
  /** CONFLICT when the person is not as `from` says any more. The owner's role and state are changed by `transfer` alone. */
  change(
    scope: AccessScope,
    id: PrincipalId,
    from: { readonly role: Role; readonly state: PersonState },
    to: { readonly role: Role; readonly state: PersonState },
  ): Async<Person>;
  /** `from` stops being the owner and becomes an admin, `to` becomes it, in one step: there is always exactly one. */
  transfer(scope: AccessScope, from: PrincipalId, to: PrincipalId): Async<void>;
}

export interface TeamRepository {
  list(scope: AccessScope): Async<readonly Team[]>;
  find(scope: AccessScope, id: TeamId): Async<Team>;
  /** CONFLICT when the id is taken. */
  create(scope: AccessScope, team: Team): Async<void>;
  rename(scope: AccessScope, id: TeamId, name: string): Async<Team>;
  /** People of another tenant are NOT_FOUND. */
  setMembers(scope: AccessScope, id: TeamId, members: readonly PrincipalId[]): Async<Team>;
  /** With it go its shares. */
  remove(scope: AccessScope, id: TeamId): Async<void>;
  ofPerson(scope: AccessScope, person: PrincipalId): Async<readonly TeamId[]>;
  /** Takes the person out of every team. */
  leaveAll(scope: AccessScope, person: PrincipalId): Async<void>;
}

export interface ShareRepository {
  /** Shares of the object; the scope must see the object. */
  ofObject(scope: AccessScope, object: SharedObject): Async<readonly Share[]>;
  /** Everything the scope's person shared, oldest first. */
  list(scope: AccessScope): Async<readonly Share[]>;
  /** In the place of an earlier one with the same object, grantee and effect. The scope must own the object. */
  set(scope: AccessScope, share: Share): Async<Share>;
  find(scope: AccessScope, id: ShareId): Async<Share>;
  remove(scope: AccessScope, id: ShareId): Async<Share>;
}

export interface StoredDevice extends Device {
  readonly principal: Principal;
  readonly key: DeviceKey;
  /** HMAC of the refresh token that is good now. */
  readonly refreshVerifier: string;
}

/** Devices and their refresh tokens; look-ups by what a device brings take no scope. */
export interface DeviceRepository {
  create(device: StoredDevice): Async<void>;
  list(scope: AccessScope): Async<readonly Device[]>;
  /** NOT_FOUND when hidden. Again changes nothing. */
  revoke(scope: AccessScope, id: DeviceId, at: Instant): Async<void>;
  /** All of the person; returns their ids. */
  revokeAll(scope: AccessScope, person: PrincipalId, at: Instant): Async<readonly DeviceId[]>;
  byId(id: DeviceId): Async<StoredDevice | null>;
  /** `good`: this is the refresh token in force, or for 30 seconds the one before it (its answer may have been lost); `spent`: one of the device that was used before. */
  byRefresh(verifier: string): Async<{ readonly device: StoredDevice; readonly state: "good" | "spent" } | null>;
  /** Replaces `from` by `to` if `from` still is in force, in one statement; false otherwise. `from` is known as spent until the device expires. */
  rotate(id: DeviceId, from: string, to: string, idleUntil: Instant): Async<boolean>;
  touch(id: DeviceId, at: Instant): Async<void>;
  createPairing(pairing: StoredPairing): Async<void>;
  /** Marks it used, once; null when unknown, used or expired. */
  usePairing(verifier: string, now: Instant): Async<Principal | null>;
}

export interface StoredPairing {
  readonly verifier: string;
  readonly principalId: PrincipalId;
  readonly tenantId: TenantId;
  readonly expiresAt: Instant;
}

/** What of sessions a person may see and end. */
export interface SessionFacts {
  readonly id: SessionId;
  readonly createdAt: Instant;
  readonly lastSeenAt: Instant | null;
  readonly idleUntil: Instant;
  readonly expiresAt: Instant;
}
