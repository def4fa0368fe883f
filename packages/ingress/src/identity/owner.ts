import { PrincipalId, TenantId, err, moltbotError, ok } from "@moltbot/contracts";
import type { IdentityPort, Principal, Result } from "@moltbot/contracts";
import type { Counter } from "./counter.ts";

export interface OwnerDesk extends Pick<IdentityPort, "local"> {
  /** The first person, made with a tenant of its own at the first start; the same one ever after. */
  ensureOwner(name: string): Promise<Result<Principal>>;
}

/** The one person who exists at the start, for whom the local socket speaks. */
export const createOwnerDesk = ({ repository, ids, record }: Counter): OwnerDesk => {
  let owner: Principal | undefined;
  const find = async (): Promise<Result<Principal | null>> => {
    if (owner !== undefined) return ok(owner);
    const found = await repository.owner();
    if (found.ok && found.value !== null) owner = found.value;
    return found;
  };
  return {
    async local() {
      const found = await find();
      if (!found.ok) return found;
      return found.value === null ? err(moltbotError("NOT_SIGNED_IN")) : ok(found.value);
    },
    async ensureOwner(name) {
      const found = await find();
      if (!found.ok) return found;
      if (found.value !== null) return ok(found.value);
      const person: Principal = Object.freeze({
        id: ids.next(PrincipalId),
        tenantId: ids.next(TenantId),
        kind: "person",
        name,
        role: "owner",
      });
      const recorded = await record({ event: "owner:created", actor: "system", fields: { principalId: person.id } });
      if (!recorded.ok) return recorded;
      const created = await repository.createPerson(person);
      if (!created.ok) return created;
      owner = person;
      return ok(person);
    },
  };
};
