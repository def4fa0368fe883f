import type { AgentId, CallId, DecisionId, Instant } from "@moltbot/contracts";
import { sql } from "kysely";
import type { SqlBool } from "kysely";
import type { Connection } from "./connection.ts";
import type { DecisionTable, Row } from "./schema.ts";

/** The columns from which a decision is made. */
export const STORED = [
  "ordinal",
  "id",
  "owner_id",
  "conversation_id",
  "turn_id",
  "call_id",
  "agent_id",
  "at",
  "kind",
  "rule",
  "code",
  "input",
] as const;
/** A decision as its row keeps it. */
export type StoredDecision = Pick<Row<DecisionTable>, (typeof STORED)[number]>;

/** A stretch of the past: the decisions after one place up to and with another. */
export type Stretch = { after: number; to: number };
type Wanted = Stretch & { since: string; agent: AgentId | null; tool: string | null; limit: number };
/** When a decision was made and where it stands. */
export type Moment = { at: Instant; ordinal: number };

/** Those of a stretch, from its end or its beginning; every filter has the same arguments. */
const stretchQuery = (
  { define }: Connection,
  by: { readonly agent: boolean; readonly tool: boolean },
  order: "asc" | "desc",
) =>
  define<Wanted, StoredDecision>(({ db, slot, visible, dialect }) => {
    const agent = sql.ref<AgentId>("agent_id");
    // In the order in which they were recorded; only an agent's calls of one tool have an index that keeps it.
    let found = db
      .selectFrom("decisions")
      .select(STORED)
      .where("ordinal", ">", slot.after)
      .where("ordinal", "<=", slot.to)
      .where(dialect.inMemory(sql.ref("at")), ">=", slot.since);
    if (by.agent) found = found.where(by.tool ? agent : dialect.inMemory(agent), "=", slot.agent);
    if (by.tool) found = found.where("tool", "=", slot.tool);
    return found.where(visible("decisions")).orderBy("ordinal", order).limit(slot.limit);
  });

const stretchQueries = (connection: Connection, order: "asc" | "desc") => {
  const all = stretchQuery(connection, { agent: false, tool: false }, order);
  const ofAgent = stretchQuery(connection, { agent: true, tool: false }, order);
  const ofTool = stretchQuery(connection, { agent: false, tool: true }, order);
  const ofBoth = stretchQuery(connection, { agent: true, tool: true }, order);
  return (agent: AgentId | null, tool: string | null) =>
    agent === null ? (tool === null ? all : ofTool) : tool === null ? ofAgent : ofBoth;
};

/** The statements on decisions. */
export const decisionQueries = (connection: Connection) => {
  const { define } = connection;
  return {
    forwards: stretchQueries(connection, "asc"),
    backwards: stretchQueries(connection, "desc"),
    record: define<Omit<DecisionTable, "ordinal">, unknown>(({ db, slot }) =>
      db.insertInto("decisions").values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        conversation_id: slot.conversation_id,
        turn_id: slot.turn_id,
        call_id: slot.call_id,
        agent_id: slot.agent_id,
        tool: slot.tool,
        at: slot.at,
        kind: slot.kind,
        rule: slot.rule,
        code: slot.code,
        input: slot.input,
      }),
    ),
    find: define<{ id: DecisionId }, StoredDecision>(({ db, slot, visible }) =>
      db.selectFrom("decisions").select(STORED).where("id", "=", slot.id).where(visible("decisions")),
    ),
    ofCall: define<{ call: CallId }, StoredDecision>(({ db, slot, visible }) =>
      db
        .selectFrom("decisions")
        .select(STORED)
        .where("call_id", "=", slot.call)
        .where(visible("decisions"))
        .orderBy("ordinal"),
    ),
    place: define<{ id: DecisionId }, { readonly ordinal: number }>(({ db, slot }) =>
      db.selectFrom("decisions").select("ordinal").where("id", "=", slot.id),
    ),
    last: define<Record<never, never>, { readonly ordinal: number | null }>(({ db }) =>
      db.selectFrom("decisions").select(({ fn }) => fn.max<number | null>("ordinal").as("ordinal")),
    ),
    /** Moments and places in the order of time, of anybody: where to look, and nothing more. */
    moments: define<Moment & { limit: number }, Moment>(({ db, slot }) =>
      db
        .selectFrom("decisions")
        .select(["at", "ordinal"])
        .where(sql<SqlBool>`(at, ordinal) > (${slot.at}, ${slot.ordinal})`)
        .orderBy("at")
        .orderBy("ordinal")
        .limit(slot.limit),
    ),
    /** How many of a stretch are the first of their call since then. */
    countCalls: define<Stretch & { since: Instant }, { readonly calls: number }>(({ db, slot, visible, dialect }) =>
      db
        .selectFrom("decisions")
        .select(({ fn }) => fn.countAll<number>().as("calls"))
        .where("ordinal", ">", slot.after)
        .where("ordinal", "<=", slot.to)
        .where(dialect.inMemory(sql.ref("decisions.at")), ">=", slot.since)
        .where(visible("decisions"))
        .where((where) =>
          where.not(
            where.exists(
              where
                .selectFrom("decisions as earlier")
                .select("earlier.id")
                .whereRef("earlier.call_id", "=", "decisions.call_id")
                .whereRef(dialect.inMemory(sql.ref("earlier.ordinal")), "<", "decisions.ordinal")
                .where(dialect.inMemory(sql.ref("earlier.at")), ">=", slot.since)
                .where(visible("earlier")),
            ),
          ),
        ),
    ),
  };
};
