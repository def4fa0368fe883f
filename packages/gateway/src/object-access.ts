import { err, moltbotError, ok, ownScope, roleSuffices } from "@moltbot/contracts";
import type {
  AccessAnswer,
  AccessRight,
  AccessScope,
  Person,
  Principal,
  PrincipalId,
  Repositories,
  Result,
  SecretInfo,
  SharedObject,
} from "@moltbot/contracts";
import { judge } from "@moltbot/core/access";
import { houseScope } from "./keep-house.ts";

/** What a judgement reads. */
export type Judging = Pick<Repositories, "agents" | "people" | "teams" | "shares">;
/** Where everything lies that can be shared; secrets are in no table. */
export interface Shelves {
  readonly store: Judging & Pick<Repositories, "prompts" | "conversations">;
  readonly secrets: { list(): readonly SecretInfo[] };
}

export type OwnedObject = SharedObject & { readonly ownerId: PrincipalId };

/** As whoever owns it: they alone see all its shares. */
const asOwner = ({ tenantId }: Pick<Principal, "tenantId">, { ownerId: principalId }: OwnedObject): AccessScope => ({
  tenantId,
  principalId,
  reach: "own",
});

/** Whether a person may do this with an object, from what is on record, and why. */
export const judgeObject = async (
  store: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  person: Person,
  object: OwnedObject,
  right: AccessRight,
): Promise<Result<AccessAnswer>> => {
  const house = houseScope(by);
  const teams = await store.teams.ofPerson(house, person.id);
  if (!teams.ok) return teams;
  // Agents and prompts are in the house whoever owns them; a conversation and a secret are their owner's alone.
  const scope = object.type === "agent" || object.type === "prompt" ? house : asOwner(by, object);
  const shares = await store.shares.ofObject(scope, { type: object.type, id: object.id } as SharedObject); // the type goes with its id
  if (!shares.ok) return shares;
  const owner = object.ownerId === person.id ? ok(person) : await store.people.find(house, object.ownerId);
  if (!owner.ok) return owner;
  const owned = { ...object, ownerState: owner.value.state };
  return ok(judge({ person, teams: teams.value, object: owned, shares: shares.value }, right));
};

const notFound = (kind: SharedObject["type"]): Result<never> => err(moltbotError("NOT_FOUND", { kind }));

/** Whether a secret of somebody may be used by a person; what cannot be read is a no. */
export const mayUseSecret = async (
  store: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  { id, ownerId }: Pick<SecretInfo, "id" | "ownerId">,
  right: AccessRight = "use",
): Promise<boolean> => {
  if (ownerId === null) return false;
  const person = await store.people.find(houseScope(by), by.id);
  if (!person.ok) return false;
  const answer = await judgeObject(store, by, person.value, { type: "secret", id, ownerId }, right);
  return answer.ok && answer.value.allowed;
};

/** Secrets that exist for a person: theirs, those they may use, and for whoever keeps the house its own. */
export const secretsFor = async (
  { store, secrets }: Pick<Shelves, "secrets"> & { readonly store: Judging },
  by: Pick<Principal, "id" | "tenantId" | "role">,
): Promise<readonly SecretInfo[]> => {
  const seen: SecretInfo[] = [];
  for (const secret of secrets.list()) {
    const exists =
      secret.ownerId === null
        ? roleSuffices(by.role, "admin")
        : secret.ownerId === by.id || (await mayUseSecret(store, by, secret));
    if (exists) seen.push(secret);
  }
  return seen;
};

/** A secret that one may do this with: SECRET_NOT_FOUND where it does not exist for one, RIGHT_MISSING where one may only use it. */
export const secretFor = async (
  shelves: Pick<Shelves, "secrets"> & { readonly store: Judging },
  by: Principal,
  id: SecretInfo["id"],
  right: AccessRight,
): Promise<Result<SecretInfo>> => {
  const secret = shelves.secrets.list().find((one) => one.id === id && one.ownerId !== null);
  if (secret === undefined) return err(moltbotError("SECRET_NOT_FOUND", { name: id }));
  if (secret.ownerId === by.id) return ok(secret);
  if (!(await mayUseSecret(shelves.store, by, secret))) return err(moltbotError("SECRET_NOT_FOUND", { name: id }));
  return (await mayUseSecret(shelves.store, by, secret, right))
    ? ok(secret)
    : err(moltbotError("RIGHT_MISSING", { kind: "secret", right }));
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
      const found = secrets.list().find(({ id }) => id === object.id);
      // The house's are for the house: nobody shares them.
      if (found === undefined || found.ownerId === null) return notFound("secret");
      const exists = found.ownerId === by.id || (await mayUseSecret(store, by, found));
      return exists ? ok({ ...object, ownerId: found.ownerId }) : notFound("secret");
    }
  }
};
