import type { AccessScope, ConversationId, PrincipalId, TenantId } from "@moltbot/contracts";
import type { Dialect } from "./dialect.ts";
import type { Engine } from "./engine.ts";
import { createDefine } from "./query.ts";
import type { DefineQuery } from "./query.ts";
import type { JsonText } from "./schema.ts";
import type { Visibility } from "./visibility.ts";

/** Who owns the rows that belong to a conversation. */
export interface ConversationOwnership {
  readonly tenant_id: TenantId;
  readonly owner_id: PrincipalId;
  readonly audience: JsonText<readonly PrincipalId[]>;
}

/** What repositories are built on: statements over one open database. */
export interface Connection {
  readonly dialect: Dialect;
  readonly define: DefineQuery;
  readonly atTheEnd: Engine["atTheEnd"];
  readonly settle: Engine["settle"];
  /** The ownership of a conversation that the scope sees, which every row written in it inherits; undefined when it sees none. */
  readonly ownership: (scope: AccessScope, id: ConversationId) => Promise<ConversationOwnership | undefined>;
  /** Whether the scope may write a row of this owner in this tenant: `own` only as itself, `tenant` only inside it, nobody for a person of another one. */
  readonly mayOwn: (scope: AccessScope, tenantId: TenantId, ownerId: PrincipalId) => Promise<boolean>;
  /** As the engine's: for a library that brings its own SQL, inside a step of a gate. */
  readonly execute: Engine["execute"];
  /** Rises with every opening of the database, so that leases of a process that is gone are told apart. */
  readonly incarnation: number;
}

/** Counts an opening; the first column of its only row is the new count. */
export const COUNT_OPENING =
  "INSERT INTO facts (name, value) VALUES ('incarnation', '1') ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(facts.value AS INTEGER) + 1 AS TEXT) RETURNING value";

const reaches = (scope: AccessScope, tenantId: TenantId, ownerId: PrincipalId): boolean => {
  switch (scope.reach) {
    case "own":
      return tenantId === scope.tenantId && ownerId === scope.principalId;
    case "tenant":
      return tenantId === scope.tenantId;
    case "system":
      return true;
    default:
      return false;
  }
};

/** Prepares what the repositories share. */
export const createConnection = (engine: Engine, visibility: Visibility, incarnation: number): Connection => {
  const define = createDefine(engine, visibility);
  const ownership = define<{ id: ConversationId }, ConversationOwnership>(({ db, slot, visible }) =>
    db
      .selectFrom("conversations")
      .select(["tenant_id", "owner_id", "audience"])
      .where("id", "=", slot.id)
      .where(visible("conversations")),
  );
  const tenantOf = define<{ id: PrincipalId }, { readonly tenant_id: TenantId }>(({ db, slot }) =>
    db.selectFrom("principals").select("tenant_id").where("id", "=", slot.id),
  );
  return {
    dialect: engine.dialect,
    atTheEnd: (work) => engine.atTheEnd(work),
    settle: () => engine.settle(),
    define,
    ownership: (scope, id) => ownership.one(scope, { id }),
    mayOwn: async (scope, tenantId, ownerId) =>
      reaches(scope, tenantId, ownerId) &&
      ((await tenantOf.one(null, { id: ownerId }))?.tenant_id ?? tenantId) === tenantId,
    execute: engine.execute,
    incarnation,
  };
};
