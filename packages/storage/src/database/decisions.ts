import { done, err, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  DecisionId,
  DecisionInput,
  DecisionRecord,
  DecisionRepository,
  Instant,
  Result,
} from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import { mapAll } from "./all-or-first-error.ts";
import type { Connection } from "./connection.ts";
import { decisionQueries } from "./decision-queries.ts";
import type { Moment, StoredDecision } from "./decision-queries.ts";
import type { Gate } from "./gate.ts";
import { letOthersWork } from "./let-others-work.ts";
import { notFound } from "./ownership.ts";
import { fromJson, toJson } from "./schema.ts";
import type { JsonText } from "./schema.ts";
import { ofConversation } from "./subjects.ts";

/** JSON drops a manifest that is undefined. */
type StoredInput = Omit<DecisionInput, "manifest"> & Partial<Pick<DecisionInput, "manifest">>;
/** What one step found, and whether anything lies beyond. */
interface Found {
  readonly rows: readonly StoredDecision[];
  readonly more: boolean;
}

/** How many rows one step passes over, whoever's they are. */
const STRETCH = 1_000;
/** How many rows one step reads. */
const ROWS = 50;
/** After how many bytes opened others come first. */
const BYTES = 200_000;
/** Before every instant. */
const EVER = "";

/** Opens a decision's row. */
export const decisionOf =
  (sealer: ContentSealer) =>
  (row: StoredDecision): Result<DecisionRecord> => {
    const input = sealer.open(ofConversation(row.conversation_id, row.owner_id), row.id, row.input);
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

/** What the guard decided; all that it looked at is sealed under the conversation and its owner. */
export const decisionRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => DecisionRepository) => {
  const query = decisionQueries(connection);

  const open = decisionOf(sealer);

  const lastPlace = async (): Promise<number> => (await query.last.one(null, {}))?.ordinal ?? 0;
  const placeOf = async (id: DecisionId): Promise<number | null> =>
    (await query.place.one(null, { id }))?.ordinal ?? null;
  /** The place before the first since then; times need not rise, so all of them are looked at. Null when there is none. */
  const placeBefore = async (gate: Gate, since: Instant): Promise<Result<number | null>> => {
    let reached: Moment = { at: since, ordinal: 0 };
    let first: number | null = null;
    for (;;) {
      await letOthersWork();
      const step = await gate.read(async () => ok(await query.moments.all(null, { ...reached, limit: STRETCH })));
      if (!step.ok) return step;
      for (const { ordinal } of step.value) if (first === null || ordinal < first) first = ordinal;
      const last = step.value.at(-1);
      if (last === undefined || step.value.length < STRETCH) return ok(first === null ? null : first - 1);
      reached = last;
    }
  };

  /** Opens what `look` finds, step by step; erased conversations leave what nobody can read: it is passed over. */
  const gather = async (
    gate: Gate,
    limit: number,
    look: (wanted: number) => Promise<Found>,
  ): Promise<Result<readonly DecisionRecord[]>> => {
    const found: DecisionRecord[] = [];
    for (let more = limit > 0; more && found.length < limit;) {
      await letOthersWork();
      const step = await gate.read(async () => ok(await look(Math.min(limit - found.length, ROWS))));
      if (!step.ok) return step;
      let bytes = 0;
      for (const row of step.value.rows) {
        if (bytes > BYTES) {
          await letOthersWork();
          bytes = 0;
        }
        bytes += row.input.length;
        const decision = open(row);
        if (decision.ok) found.push(decision.value);
      }
      more = step.value.more;
    }
    return ok(found);
  };

  const onwards = (
    scope: AccessScope,
    filter: Parameters<DecisionRepository["page"]>[1],
    start: () => Promise<number | null>,
  ) => {
    const { agentId: agent = null, tool = null, since = EVER } = filter;
    let after: number | null | undefined;
    return async (limit: number): Promise<Found> => {
      if (after === undefined) after = await start();
      if (after === null) return { rows: [], more: false };
      const last = await lastPlace();
      const to = Math.min(after + STRETCH, last);
      const rows = await query.forwards(agent, tool).all(scope, { after, to, since, agent, tool, limit });
      after = rows.length < limit ? to : (rows.at(-1)?.ordinal ?? to);
      return { rows, more: after < last };
    };
  };
  const backwards = (
    scope: AccessScope,
    filter: Parameters<DecisionRepository["newest"]>[1],
    before: DecisionId | null,
  ) => {
    const { agentId: agent = null, tool = null } = filter;
    let to: number | undefined;
    return async (limit: number): Promise<Found> => {
      to ??= before === null ? await lastPlace() : ((await placeOf(before)) ?? 1) - 1;
      const after = Math.max(to - STRETCH, 0);
      const rows = await query.backwards(agent, tool).all(scope, { after, to, since: EVER, agent, tool, limit });
      to = rows.length < limit ? after : (rows.at(-1)?.ordinal ?? 1) - 1;
      return { rows, more: to > 0 };
    };
  };

  return (gate) => ({
    record: (scope, decision) =>
      gate.write(async () => {
        const owner = await connection.ownership(scope, decision.conversationId);
        if (owner === undefined) return notFound("conversation");
        const home = ofConversation(decision.conversationId, owner.owner_id);
        const input = sealer.seal(home, decision.id, toJson(decision.input));
        if (!input.ok) return input;
        await query.record.run(null, {
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
      gate.read(async () => {
        const row = await query.find.one(scope, { id });
        return row === undefined ? notFound("decision") : open(row);
      }),
    ofCall: (scope, call) => gate.read(async () => mapAll(await query.ofCall.all(scope, { call }), open)),
    countCalls: async (scope, since) => {
      const place = await placeBefore(gate, since);
      if (!place.ok) return place;
      let after = place.value;
      let calls = 0;
      while (after !== null) {
        const from: number = after;
        await letOthersWork();
        const step = await gate.read(async () => {
          const last = await lastPlace();
          const to = Math.min(from + STRETCH, last);
          const counted = (await query.countCalls.one(scope, { after: from, to, since }))?.calls ?? 0;
          return ok({ counted, next: to < last ? to : null });
        });
        if (!step.ok) return err(step.error);
        calls += step.value.counted;
        after = step.value.next;
      }
      return ok(calls);
    },
    newest: (scope, filter, before, limit) => gather(gate, limit, backwards(scope, filter, before)),
    page: async (scope, filter, after, limit) => {
      if (after !== null || filter.since === undefined)
        return gather(
          gate,
          limit,
          onwards(scope, filter, async () => (after === null ? 0 : placeOf(after))),
        );
      const place = await placeBefore(gate, filter.since);
      return place.ok
        ? gather(
            gate,
            limit,
            onwards(scope, filter, async () => place.value),
          )
        : place;
    },
  });
};
