import type { PrincipalId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection } from "./connection.ts";
import type { ConversationRemoval, Count } from "./privacy-conversation.ts";

/** Takes away what a person owns beside conversations; inside a step of a gate. */
export interface PersonRemoval {
  remove(id: PrincipalId, count: Count): Promise<void>;
}

/** Children first, so that no row is left pointing at nothing. */
const OWNED = [
  "reminders",
  "contacts",
  "capability_uses",
  "capabilities",
  "file_labels",
  "firings",
  "schedules",
  "jobs",
  "outbox",
  "tokens",
  "sessions",
  "sign_in_links",
  "spent_refreshes",
  "devices",
  "pairings",
  "shares",
  "usage",
  "prompts",
  "plugin_items",
  "agents",
] as const;

const queries = ({ define }: Connection) => ({
  owned: OWNED.map((table) => ({
    table,
    remove: define<{ owner: PrincipalId }, unknown>(({ db, slot }) => ({
      compile: () => sql`delete from ${sql.table(table)} where owner_id = ${slot.owner}`.compile(db) as never, // it returns no rows
    })),
  })),
  memories: define<{ owner: PrincipalId }, { readonly ordinal: number }>(({ db, slot }) =>
    db.deleteFrom("memories").where("owner_id", "=", slot.owner).returning("ordinal"),
  ),
  // A stop holds on whoever made it: what they said about it goes.
  stops: define<{ owner: PrincipalId }, unknown>(({ db, slot }) =>
    db.updateTable("stops").set({ reason: null }).where("owner_id", "=", slot.owner).where("reason", "is not", null),
  ),
  details: define<{ subject: string }, unknown>(({ db, slot }) =>
    db
      .updateTable("audit_details")
      .set({ sealed: null })
      .where("subject", "=", slot.subject)
      .where("sealed", "is not", null),
  ),
  sharedWith: define<{ id: PrincipalId }, unknown>(({ db, slot }) =>
    db.deleteFrom("shares").where("grantee_kind", "=", "person").where("grantee_id", "=", slot.id),
  ),
  teams: define<{ id: PrincipalId }, unknown>(({ db, slot }) =>
    db.deleteFrom("team_members").where("person_id", "=", slot.id),
  ),
  // The row stays, so that ids in the log still mean somebody; it opens nothing any more.
  account: define<{ id: PrincipalId }, unknown>(({ db, slot }) =>
    db
      .updateTable("principals")
      .set({ entry: new Uint8Array(0), role: "viewer", own_role_id: null, state: "left" })
      .where("id", "=", slot.id),
  ),
});

/** Prepares the removal of persons. Their account stays as a nameless row with the least of roles, into which no way leads. */
export const personRemoval = (connection: Connection, conversations: ConversationRemoval): PersonRemoval => {
  const query = queries(connection);
  return {
    remove: async (id, count) => {
      const memories = await query.memories.all(null, { owner: id });
      await conversations.forget(memories.map(({ ordinal }) => Number(ordinal)));
      count("memories", memories.length);
      for (const { table, remove } of query.owned) count(table, await remove.run(null, { owner: id }));
      count("shares", await query.sharedWith.run(null, { id }));
      count("team_members", await query.teams.run(null, { id }));
      count("stops", await query.stops.run(null, { owner: id }));
      count("audit_details", await query.details.run(null, { subject: `person:${id}` }));
      count("principals", await query.account.run(null, { id }));
    },
  };
};
