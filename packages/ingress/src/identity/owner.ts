import { PrincipalId, TenantId, err, moltbotError, ok } from "@moltbot/contracts";
import type { IdentityPort, Principal, Result } from "@moltbot/contracts";
import type { Counter } from "./counter.ts";
import type { Holders, LookUp } from "./holders.ts";

export interface OwnerDesk extends Pick<IdentityPort, "local"> {
  /** The first person, made with a tenant of its own at the first start; the same one ever after. */
  ensureOwner(name: string): Promise<Result<Principal>>;
}

/** Whoever owns the house now, for whom the local socket speaks: nobody keeps that place by having had it. */
export const createOwnerDesk = (
  { repository, ids, record, cache, clock, later }: Counter,
  { remember }: Holders,
): { readonly desk: OwnerDesk; readonly lookUp: LookUp } => {
  const lookUp: LookUp = async () => {
    const known = cache.find("local");
    if (known !== undefined) return ok(known);
    const generation = cache.generation();
    const found = await repository.owner();
    if (!found.ok) return found;
    if (found.value === null) return ok(null);
    const who = remember(
      {
        principal: found.value,
        proof: { kind: "local", id: null, strong: true, at: clock.now(), scopes: null, integrity: "authority" },
      },
      "local",
      "",
    );
    cache.keep(generation, "local", "local", who, later(60_000));
    return ok(who);
  };
  return {
    lookUp,
    desk: {
      async local() {
        const found = await lookUp("");
        if (!found.ok) return found;
        return found.value === null ? err(moltbotError("NOT_SIGNED_IN")) : ok(found.value);
      },
      async ensureOwner(name) {
        const found = await repository.owner();
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
        return created.ok ? ok(person) : created;
      },
    },
  };
};
