import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AccessScope, Principal, PrivacySubject, Repositories, Result } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";

type Reading = Pick<Repositories, "conversations" | "people">;

const hidden = (kind: string): Result<never> => err(moltbotError("NOT_FOUND", { kind }));

/** One's own conversation: whoever was only let in neither has it nor takes it away. */
const ownConversation = async (
  store: Reading,
  by: Principal,
  { id }: Extract<PrivacySubject, { kind: "conversation" }>,
): Promise<Result<AccessScope>> => {
  const scope = ownScope(by);
  const found = await store.conversations.find(scope, id);
  if (!found.ok) return found;
  return found.value.ownerId === by.id ? ok(scope) : hidden("conversation");
};

/** What one may have an archive of: oneself and one's own conversations. Nobody has one of somebody else. */
export const reachToExport = async (
  store: Reading,
  by: Principal,
  subject: PrivacySubject,
): Promise<Result<AccessScope>> => {
  if (subject.kind === "conversation") return ownConversation(store, by, subject);
  return subject.id === by.id ? ok(ownScope(by)) : hidden("person");
};

/**
 * What one may erase: oneself and one's own conversations, and the owner also somebody who left. The owner goes last: while others are
 * in the house, it is handed on first.
 */
export const reachToErase = async (
  store: Reading,
  by: Principal,
  subject: PrivacySubject,
): Promise<Result<AccessScope>> => {
  if (subject.kind === "conversation") return ownConversation(store, by, subject);
  const people = await store.people.list(houseScope(by));
  if (!people.ok) return people;
  if (subject.id === by.id) {
    const me = people.value.find(({ id }) => id === by.id);
    const others = people.value.some(({ id, state }) => id !== by.id && state !== "left");
    const problem = "the owner leaves only after handing the house on";
    // A credential with less than one's whole role does not end everything.
    if (me !== undefined && me.role !== by.role)
      return err(moltbotError("ROLE_INSUFFICIENT", { required: me.role, role: by.role }));
    return me?.role === "owner" && others ? err(moltbotError("PERSON_NOT_CHANGEABLE", { problem })) : ok(ownScope(by));
  }
  const gone = people.value.find(({ id }) => id === subject.id);
  if (by.role !== "owner" || gone?.state !== "left") return hidden("person");
  return ok({ tenantId: by.tenantId, principalId: gone.id, reach: "tenant" });
};
