import { done, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  AgentId,
  CallId,
  DecisionId,
  DecisionInput,
  DecisionRecord,
  DecisionRepository,
  Instant,
  Result,
} from "@moltbot/contracts";
import { sql } from "kysely";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import { inMemory } from "./dialect-sqlite.ts";
import type { Gate } from "./gate.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { DecisionTable, JsonText, Row } from "./schema.ts";

type Filter = Parameters<DecisionRepository["page"]>[1];
type Stored = Omit<Row<DecisionTable>, "tenant_id" | "audience" | "tool">;
/** JSON drops a manifest that is undefined. */
type StoredInput = Omit<DecisionInput, "manifest"> & Partial<Pick<DecisionInput, "manifest">>;
type Page = { after: number; since: string; agent: AgentId | null; tool: string | null; limit: number };

const STORED = [
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
/** Before every instant. */
const EVER = "";

const subjects = (row: Pick<Stored, "conversation_id" | "owner_id">): readonly string[] => [
  `conversation:${row.conversation_id}`,
  `person:${row.owner_id}`,
];

const queries = ({ define }: Connection) => ({
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
  find: define<{ id: DecisionId }, Stored>(({ db, slot, visible }) =>
    db.selectFrom("decisions").select(STORED).where("id", "=", slot.id).where(visible("decisions")),
  ),
  ofCall: define<{ call: CallId }, Stored>(({ db, slot, visible }) =>
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
  /** The place of the first since then, of anybody: where to begin to look, and nothing more. */
  firstSince: define<{ since: Instant }, { readonly ordinal: number | null }>(({ db, slot }) =>
    db
      .selectFrom("decisions")
      .select(sql<number | null>`min(${inMemory(sql.ref("ordinal"))})`.as("ordinal"))
      .where("at", ">=", slot.since),
  ),
});

/** The page query for a filter; every filter has the same arguments. */
const pageQuery = ({ define }: Connection, by: { readonly agent: boolean; readonly tool: boolean }) =>
  define<Page, Stored>(({ db, slot, visible }) => {
    const agent = sql.ref<AgentId>("agent_id");
    // In the order in which they were recorded; only an agent's calls of one tool have an index that keeps it.
    let page = db
      .selectFrom("decisions")
      .select(STORED)
      .where("ordinal", ">", slot.after)
      .where(inMemory(sql.ref("at")), ">=", slot.since);
    if (by.agent) page = page.where(by.tool ? agent : inMemory(agent), "=", slot.agent);
    if (by.tool) page = page.where("tool", "=", slot.tool);
    return page.where(visible("decisions")).orderBy("ordinal").limit(slot.limit);
  });

/** What the guard decided; all that it looked at is sealed under the conversation and its owner. */
export const decisionRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => DecisionRepository) => {
  const query = queries(connection);
  const pages = {
    all: pageQuery(connection, { agent: false, tool: false }),
    agent: pageQuery(connection, { agent: true, tool: false }),
    tool: pageQuery(connection, { agent: false, tool: true }),
    both: pageQuery(connection, { agent: true, tool: true }),
  };

  const decisionOf = (row: Stored): Result<DecisionRecord> => {
    const input = sealer.open(subjects(row), row.id, row.input);
    if (!input.ok) return input;
    return ok({
      id: row.id,
      callId: row.call_id,
      turnId: row.turn_id,
      conversationId: row.conversation_id,
      agentId: row.agent_id,
      at: row.at,
      kind: row.kind,
      rule: row.rule,
      code: row.code,
      input: { manifest: undefined, ...fromJson(input.value as JsonText<StoredInput>) }, // sealed by record under this row's id
    });
  };

  /** The place before the first that is wanted; null when there is none. Ids of one millisecond are in no order, so places count. */
  const start = (since: Instant | undefined, after: DecisionId | null): number | null => {
    if (after !== null) return query.place.one(null, { id: after })?.ordinal ?? null;
    if (since === undefined) return 0;
    const first = query.firstSince.one(null, { since })?.ordinal ?? null;
    return first === null ? null : first - 1;
  };
  /** Erased conversations leave decisions that nobody can read: they are passed over, so that the rest can be replayed. */
  const page = (scope: AccessScope, filter: Filter, from: number, limit: number): readonly DecisionRecord[] => {
    const { agentId = null, tool = null, since = EVER } = filter;
    const one = pages[agentId === null ? (tool === null ? "all" : "tool") : tool === null ? "agent" : "both"];
    const found: DecisionRecord[] = [];
    let after = from;
    for (;;) {
      const wanted = limit - found.length;
      const rows = one.all(scope, { after, since, agent: agentId, tool, limit: wanted });
      for (const row of rows) {
        const decision = decisionOf(row);
        if (decision.ok) found.push(decision.value);
        after = row.ordinal;
      }
      if (rows.length < wanted || found.length >= limit) return found;
    }
  };

  return (gate) => ({
    record: (scope, decision) =>
      gate.write(() => {
        const owner = connection.ownership(scope, decision.conversationId);
        if (owner === undefined) return notFound("conversation");
        const home = { conversation_id: decision.conversationId, owner_id: owner.owner_id };
        const input = sealer.seal(subjects(home), decision.id, toJson(decision.input));
        if (!input.ok) return input;
        query.record.run(null, {
          ...owner,
          id: decision.id,
          conversation_id: decision.conversationId,
          turn_id: decision.turnId,
          call_id: decision.callId,
          agent_id: decision.agentId,
          tool: decision.input.call.tool,
          at: decision.at,
          kind: decision.kind,
          rule: decision.rule,
          code: decision.code,
          input: input.value,
        });
        return done;
      }),
    find: (scope, id) =>
      gate.read(() => {
        const row = query.find.one(scope, { id });
        return row === undefined ? notFound("decision") : decisionOf(row);
      }),
    ofCall: (scope, call) => gate.read(() => mapAll(query.ofCall.all(scope, { call }), decisionOf)),
    page: (scope, filter, after, limit) =>
      gate.read(() => {
        const from = limit < 1 ? null : start(filter.since, after);
        return ok(from === null ? [] : page(scope, filter, from, limit));
      }),
  });
};
