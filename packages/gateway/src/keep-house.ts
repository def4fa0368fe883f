import { roleSuffices } from "@moltbot/contracts";
import type { AccessScope, Grantee, Principal, PrincipalId, Repositories } from "@moltbot/contracts";

/** The reach for what concerns the whole house: its people, its teams and its machinery, never anybody's content. */
export const houseScope = ({ id, tenantId }: Pick<Principal, "id" | "tenantId">): AccessScope =>
  Object.freeze({ tenantId, principalId: id, reach: "tenant" });

type Reading = Pick<Repositories, "people" | "teams">;

/** Who is told of something: everybody, or whoever keeps the house. Also who is not active any more is told: nothing reaches them. */
export const peopleOf = async (
  { people }: Pick<Reading, "people">,
  by: Pick<Principal, "id" | "tenantId">,
  who: "everybody" | "keepers",
): Promise<readonly PrincipalId[]> => {
  const all = await people.list(houseScope(by));
  // A notice is no reason to fail: whoever made the change hears of it.
  if (!all.ok) return [by.id];
  const told = all.value.filter(
    ({ state, role }) => state === "active" && (who === "everybody" || roleSuffices(role, "admin")),
  );
  return [...new Set([by.id, ...told.map(({ id }) => id)])];
};

/** Everybody whom a share reaches. */
export const reachedBy = async (
  store: Reading,
  by: Pick<Principal, "id" | "tenantId">,
  to: Grantee,
): Promise<readonly PrincipalId[]> => {
  switch (to.kind) {
    case "person":
      return [by.id, to.id];
    case "everyone":
      return peopleOf(store, by, "everybody");
    case "team": {
      const team = await store.teams.find(houseScope(by), to.id);
      return team.ok ? [...new Set([by.id, ...team.value.members])] : [by.id];
    }
  }
};
