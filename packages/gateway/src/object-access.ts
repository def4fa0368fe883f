import { err, moltbotError, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type {
  AccessAnswer,
  AccessFacts,
  AccessRight,
  AccessScope,
  Principal,
  PrincipalId,
  Repositories,
  Result,
  SecretId,
  SecretInfo,
  Share,
  SharedObject,
} from "@moltbot/contracts";
import { judge } from "@moltbot/core/access";
import { houseScope } from "./keep-house.ts";

/** What a judgement reads. */
export type Judging = Pick<Repositories, "agents" | "people" | "teams" | "shares">;
/** Where everything lies that can be shared; secrets are in no table. */
export interface Shelves {
  readonly store: Judging & Pick<Repositories, "prompts" | "conversations">;
  readonly secrets: { list(): readonly SecretInfo[]; find(id: SecretId): SecretInfo | null };
}

export type OwnedObject = SharedObject & { readonly ownerId: PrincipalId };

/** As whoever owns it: they alone see all its shares. */
const asOwner = ({ tenantId }: Pick<Principal, "tenantId">, { ownerId: principalId }: OwnedObject): AccessScope => ({
  tenantId,
  principalId,
  reach: "own",
});

/** What is on record of somebody: what they are, and in which teams. */
type Standing = Pick<AccessFacts, "person" | "teams">;
const standingOf = async (
  store: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  id: PrincipalId,
): Promise<Result<Standing>> => {
  const house = houseScope(by);
  const person = await store.people.find(house, id);
  if (!person.ok) return person;
  const teams = await store.teams.ofPerson(house, id);
  return teams.ok ? ok({ person: person.value, teams: teams.value }) : teams;
};

/** What is on record of an object: whose it is, and with whom it is shared. */
type Holding = Pick<AccessFacts, "object" | "shares">;
const holdingOf = async (
  store: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  object: OwnedObject,
): Promise<Result<Holding>> => {
  const house = houseScope(by);
  // Agents and prompts are in the house whoever owns them; a conversation and a secret are their owner's alone.
  const scope = object.type === "agent" || object.type === "prompt" ? house : asOwner(by, object);
  const shares = await store.shares.ofObject(scope, { type: object.type, id: object.id } as SharedObject); // the type goes with its id
  if (!shares.ok) return shares;
  const owner = await store.people.find(house, object.ownerId);
  return owner.ok ? ok({ object: { ...object, ownerState: owner.value.state }, shares: shares.value }) : owner;
};

/** Whether a person may do this with an object, from what is on record, and why. */
export const judgeObject = async (
  store: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  person: PrincipalId,
  object: OwnedObject,
  right: AccessRight,
): Promise<Result<AccessAnswer>> => {
  const standing = await standingOf(store, by, person);
  if (!standing.ok) return standing;
  const holding = await holdingOf(store, by, object);
  return holding.ok ? ok(judge({ ...standing.value, ...holding.value }, right)) : holding;
};

/** No more people are looked at than this; the others see it when they look. */
const MOST = 500;

/** Those of these people who may use what a share is about, now: nobody else is told anything about it. */
export const usersAmong = async (
  store: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  people: readonly PrincipalId[],
  { object, by: ownerId }: Pick<Share, "object" | "by">,
): Promise<readonly PrincipalId[]> => {
  // Whoever shares a thing owns it.
  const holding = await holdingOf(store, by, { ...object, ownerId });
  if (!holding.ok) return [];
  const users: PrincipalId[] = [];
  for (const id of people.slice(0, MOST)) {
    const standing = await standingOf(store, by, id);
    if (standing.ok && judge({ ...standing.value, ...holding.value }, "use").allowed) users.push(id);
  }
  return users;
};

const notFound = (kind: SharedObject["type"]): Result<never> => err(moltbotError("NOT_FOUND", { kind }));

/** Whether a secret of somebody may be used by a person; what cannot be read is a no. */
export const mayUseSecret = async (
  store: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  { id, ownerId }: Pick<SecretInfo, "id" | "ownerId">,
): Promise<boolean> => {
  if (ownerId === null) return false;
  const answer = await judgeObject(store, by, by.id, { type: "secret", id, ownerId }, "use");
  return answer.ok && answer.value.allowed;
};

/** Secrets that exist for a person: theirs, those they may use, and for whoever keeps the house its own. */
export const secretsFor = async (
  { store, secrets }: Pick<Shelves, "secrets"> & { readonly store: Judging },
  by: Pick<Principal, "id" | "tenantId" | "role">,
): Promise<readonly SecretInfo[]> => {
  // Read when the first secret of somebody else is looked at, and once.
  let reading: ReturnType<typeof standingOf> | undefined;
  const mayUse = async ({ id }: SecretInfo, ownerId: PrincipalId): Promise<boolean> => {
    const standing = await (reading ??= standingOf(store, by, by.id));
    if (!standing.ok) return false;
    const holding = await holdingOf(store, by, { type: "secret", id, ownerId });
    return holding.ok && judge({ ...standing.value, ...holding.value }, "use").allowed;
  };
  const seen: SecretInfo[] = [];
  for (const secret of secrets.list()) {
    const { ownerId } = secret;
    const exists =
      ownerId === null ? roleSuffices(by.role, "admin") : ownerId === by.id || (await mayUse(secret, ownerId));
    if (exists) seen.push(secret);
  }
  return seen;
};

/** A secret that one may do this with: SECRET_NOT_FOUND where it does not exist for one, RIGHT_MISSING where one may only use it. */
export const secretFor = async (
  { store, secrets }: Pick<Shelves, "secrets"> & { readonly store: Judging },
  by: Principal,
  id: SecretInfo["id"],
  right: AccessRight,
): Promise<Result<SecretInfo>> => {
  const missing = err(moltbotError("SECRET_NOT_FOUND", { name: id }));
  const secret = secrets.find(id);
  if (secret === null || secret.ownerId === null) return missing;
  if (secret.ownerId === by.id) return ok(secret);
  const standing = await standingOf(store, by, by.id);
  const holding = await holdingOf(store, by, { type: "secret", id, ownerId: secret.ownerId });
  if (!standing.ok || !holding.ok) return missing;
  const facts = { ...standing.value, ...holding.value };
  if (!judge(facts, "use").allowed) return missing;
  return judge(facts, right).allowed ? ok(secret) : err(moltbotError("RIGHT_MISSING", { kind: "secret", right }));
};

/** Whose an object is, for whom it exists: its owner, and whoever may use it. NOT_FOUND for everybody else. */
export const findObject = async (
  { store, secrets }: Shelves,
  by: Principal,
  object: SharedObject,
): Promise<Result<OwnedObject>> => {
  const scope = ownScope(by);
  switch (object.type) {
    case "agent": {
      const agent = await store.agents.find(scope, object.id);
      return agent.ok ? ok({ ...object, ownerId: agent.value.ownerId }) : agent;
    }
    case "prompt": {
      const prompt = await store.prompts.find(scope, object.id);
      return prompt.ok ? ok({ ...object, ownerId: prompt.value.ownerId }) : prompt;
    }
    case "conversation": {
      const own = await store.conversations.find(scope, object.id);
      if (own.ok) return ok({ ...object, ownerId: own.value.ownerId });
      if (own.error.code !== "NOT_FOUND") return own;
      const shared = await store.conversations.sharedWith(scope);
      if (!shared.ok) return shared;
      const found = shared.value.find(({ id }) => id === object.id);
      return found === undefined ? notFound("conversation") : ok({ ...object, ownerId: found.ownerId });
    }
    case "secret": {
      const found = secrets.find(object.id);
      // The house's are for the house: nobody shares them.
      if (found === null || found.ownerId === null) return notFound("secret");
      const exists = found.ownerId === by.id || (await mayUseSecret(store, by, found));
      return exists ? ok({ ...object, ownerId: found.ownerId }) : notFound("secret");
    }
  }
};
