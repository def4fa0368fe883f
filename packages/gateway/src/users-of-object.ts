import type { Principal, PrincipalId, Share } from "@moltbot/contracts";
import { houseScope } from "./keep-house.ts";
import { judgeObject } from "./object-access.ts";
import type { Judging } from "./object-access.ts";

/** No more people are looked at than this; the others see it when they look. */
const MOST = 500;

/** Those of these people who may use what a share is about, now: nobody else is told anything about it. */
export const usersAmong = async (
  store: Judging,
  by: Pick<Principal, "id" | "tenantId">,
  people: readonly PrincipalId[],
  { object, by: ownerId }: Pick<Share, "object" | "by">,
): Promise<readonly PrincipalId[]> => {
  const users: PrincipalId[] = [];
  for (const id of people.slice(0, MOST)) {
    const person = await store.people.find(houseScope(by), id);
    if (!person.ok) continue;
    // Whoever shares a thing owns it.
    const answer = await judgeObject(store, by, person.value, { ...object, ownerId }, "use");
    if (answer.ok && answer.value.allowed) users.push(id);
  }
  return users;
};
