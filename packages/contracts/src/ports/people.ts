import type { Share, SharedObject } from "../access.ts";
import type { Device, DeviceKey } from "../device.ts";
import type { DeviceId, Instant, PrincipalId, PromptId, RoleId, SessionId, ShareId, TeamId, TenantId } from "../ids.ts";
import type { OwnRole, Person, Team } from "../people.ts";
import type { Prompt } from "../prompt.ts";
import type { AccessScope, OperationPattern, Principal } from "../principal.ts";
import type { Result } from "../result.ts";

type Async<T> = Promise<Result<T>>;

/** What decides what a person may ask for. */
export type PersonStanding = Pick<Person, "role" | "ownRole" | "state">;

/** What a look-up by credential says of its person beside them, from the records of that moment. */
export interface RoleCover {
  /** The only operations that their role of the house's own covers; null: they have none, and all that their role may is theirs. */
  readonly roleCovers: readonly OperationPattern[] | null;
}

/** The people of a tenant. Everybody in it may see who is in it; who may change what is decided before. */
export interface PeopleRepository {
  /** Those of the scope's tenant in the order they came; erased ones have no name. */
  list(scope: AccessScope): Async<readonly Person[]>;
  find(scope: AccessScope, id: PrincipalId): Async<Person>;
  /** A person of the scope's tenant. */
  create(scope: AccessScope, person: Person): Async<void>;
  /** CONFLICT when the person is not as `from` says any more. The owner's role and state are changed by `transfer` alone. */
  change(scope: AccessScope, id: PrincipalId, from: PersonStanding, to: PersonStanding): Async<Person>;
  /** `from` stops being the owner and becomes an admin, `to` becomes it, in one step: there is always exactly one. */
  transfer(scope: AccessScope, from: PrincipalId, to: PrincipalId): Async<void>;
}

/** Roles of the house's own. Everybody in the tenant may know them; who may change them is decided before. */
export interface RoleRepository {
  list(scope: AccessScope): Async<readonly OwnRole[]>;
  find(scope: AccessScope, id: RoleId): Async<OwnRole>;
  /** CONFLICT when the name is taken. */
  create(scope: AccessScope, role: OwnRole): Async<void>;
  change(scope: AccessScope, id: RoleId, to: Pick<OwnRole, "name" | "operations">): Async<OwnRole>;
  /** CONFLICT while somebody has it. */
  remove(scope: AccessScope, id: RoleId): Async<void>;
}

/** What a prompt is to be; what is null stays as it is. */
export interface PromptChange extends Pick<Prompt, "writtenBy" | "updatedAt"> {
  readonly name: Prompt["name"] | null;
  readonly text: Prompt["text"] | null;
}

/** Texts to begin messages with; sealed under their owner's key. Seen by their owner and by whom a share reaches. */
export interface PromptRepository {
  list(scope: AccessScope): Async<readonly Prompt[]>;
  find(scope: AccessScope, id: PromptId): Async<Prompt>;
  create(scope: AccessScope, prompt: Prompt): Async<void>;
  /**
   * NOT_FOUND for who may not see it, RIGHT_MISSING for who may only use it. Another text is the words of the scope's person, or
   * nobody's where `writtenBy` is null; the same text stays whose it was. A name or a text that is null stays what it is when it is
   * changed: what was read before may be somebody else's by then.
   */
  change(scope: AccessScope, id: PromptId, to: PromptChange): Async<Prompt>;
  /** With it go its shares. NOT_FOUND and RIGHT_MISSING as above. */
  remove(scope: AccessScope, id: PromptId): Async<void>;
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
  /**
   * Shares of the object; the scope must see it. Of a conversation its owner has all of them and everybody else only those with
   * themselves. Whose a secret is no row says: of one these are the shares that the scope's person made, none where there are none.
   */
  ofObject(scope: AccessScope, object: SharedObject): Async<readonly Share[]>;
  /** Everything the scope's person shared, oldest first. */
  list(scope: AccessScope): Async<readonly Share[]>;
  /**
   * In the place of an earlier one with the same object, grantee and effect. The scope must own the object; whether it owns a
   * secret the caller has asked the vault. REQUEST_INVALID for what a conversation is not shared by (see `SharedObject`).
   */
  set(scope: AccessScope, share: Share): Async<Share>;
  find(scope: AccessScope, id: ShareId): Async<Share>;
  remove(scope: AccessScope, id: ShareId): Async<Share>;
  /** Ends all that the scope's person shared of the object: it is gone. Returns how many there were. */
  endAll(scope: AccessScope, object: SharedObject): Async<number>;
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
  byId(id: DeviceId): Async<(StoredDevice & RoleCover) | null>;
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
