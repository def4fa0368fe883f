import { TURN_STATES, done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ClockPort, Result, Turn, TurnLease, TurnQueue, TurnState } from "@moltbot/contracts";
import type { Connection, ConversationOwnership, Gate, TurnTable } from "../database/index.ts";
import { holderQueries, leaseQueries, lookQueries } from "./turn-queries.ts";
import { jsonText, turnOf } from "./turn-row.ts";

const NOTHING = jsonText<TurnTable["waiting_for"]>([]);
const NO_END = jsonText<TurnTable["ending"]>(null);

const notFound = (kind: string): Result<never> => err(moltbotError("NOT_FOUND", { kind }));
const held = (changed: number): Result<void> => (changed === 1 ? done : err(moltbotError("QUEUE_LEASE_LOST")));

/** A turn lies in its conversation's tenant, belongs to a member, and under `own` to oneself. */
const mayEnqueue = (scope: AccessScope, turn: Turn, home: ConversationOwnership, members: readonly string[]): boolean =>
  turn.tenantId === home.tenant_id &&
  members.includes(turn.ownerId) &&
  (scope.reach !== "own" || turn.ownerId === scope.principalId);

/** Prepares the queue's statements on a connection; the result binds them to a gate. */
export const createTurnQueue = (connection: Connection, clock: ClockPort): ((gate: Gate) => TurnQueue) => {
  const look = lookQueries(connection);
  const leases = leaseQueries(connection);
  const holder = holderQueries(connection);
  const leased = ({ turn, fence }: TurnLease) => ({ id: turn.id, fence, now: clock.now() });

  const insert = (turn: Turn, key: string | null, audience: TurnTable["audience"]): void => {
    look.insert.run(null, {
      id: turn.id,
      tenant_id: turn.tenantId,
      owner_id: turn.ownerId,
      audience,
      idempotency_key: key,
      conversation_id: turn.conversationId,
      agent_id: turn.agentId,
      authority: turn.authority,
      user_message_id: turn.userMessageId,
      label: jsonText(turn.label),
      state: "queued",
      steps: turn.steps,
      attempts: turn.attempts,
      waiting_for: NOTHING,
      ending: NO_END,
      created_at: turn.createdAt,
      updated_at: turn.updatedAt,
    });
  };

  return (gate) => ({
    enqueue: (scope, turn, key) =>
      gate.write<{ readonly turn: Turn; readonly fresh: boolean }>(() => {
        const home = connection.ownership(scope, turn.conversationId);
        if (home === undefined) return notFound("conversation");
        const members = [...new Set([home.owner_id, ...(JSON.parse(home.audience) as readonly string[])])]; // an array of ids, as the column's type says
        if (!mayEnqueue(scope, turn, home, members)) return notFound("owner");
        const known =
          key === null ? undefined : look.byKey.one(scope, { tenant: turn.tenantId, owner: turn.ownerId, key });
        if (known !== undefined) return ok({ turn: turnOf(known), fresh: false });
        insert(turn, key, jsonText(members.filter((member) => member !== turn.ownerId)));
        return ok({ turn: { ...turn, state: "queued", waitingFor: [], end: null }, fresh: true });
      }),
    byKey: (scope, key) =>
      gate.read(() => {
        const known = look.byKey.one(scope, { tenant: scope.tenantId, owner: scope.principalId, key });
        return ok(known === undefined ? null : turnOf(known));
      }),
    claim: (now, until) =>
      gate.lightly(() => {
        leases.takeBack.all(null, { now, holder: connection.incarnation });
        const row = leases.claim.one(null, { now, until, holder: connection.incarnation });
        return ok(row === undefined ? null : { turn: turnOf(row), fence: row.fence });
      }),
    extend: (lease, until) => gate.lightly(() => held(holder.extend.run(null, { ...leased(lease), until }))),
    progress: (lease, change) =>
      gate.write(() => held(holder.progress.run(null, { ...leased(lease), steps: change.steps }))),
    park: (lease, waitingFor) =>
      gate.write(() => {
        // An answer may have come before the turn lay down: nobody would wake it then, so it does not sleep.
        const asked = leases.unanswered.one(null, { ids: JSON.stringify(waitingFor) });
        const awake = asked !== undefined && asked.pending < asked.known;
        return held(
          holder.leave.run(null, {
            ...leased(lease),
            state: awake ? "queued" : "waiting",
            waiting: awake ? NOTHING : jsonText(waitingFor),
            ending: NO_END,
          }),
        );
      }),
    resume: (scope, id) =>
      gate.write(() => {
        if (leases.resume.run(scope, { id, now: clock.now() }) === 1) return ok(true);
        return look.find.one(scope, { id }) === undefined ? notFound("turn") : ok(false);
      }),
    finish: (lease, end) =>
      gate.write(() =>
        held(holder.leave.run(null, { ...leased(lease), state: end.state, waiting: NOTHING, ending: jsonText(end) })),
      ),
    cancel: (scope, id, end) =>
      gate.write(() => {
        if (leases.cancel.run(scope, { id, state: end.state, ending: jsonText(end), now: clock.now() }) === 1)
          return ok(true);
        return look.find.one(scope, { id }) === undefined ? notFound("turn") : ok(false);
      }),
    recover: (now) =>
      gate.write(() => ok(leases.takeBack.all(null, { now, holder: connection.incarnation }).map((row) => row.id))),
    wakeAnswered: (now) => gate.write(() => ok(leases.wakeAnswered.all(null, { now }).map((row) => row.id))),
    open: (scope) => gate.read(() => ok(look.open.all(scope, {}).map(turnOf))),
    find: (scope, id) =>
      gate.read(() => {
        const row = look.find.one(scope, { id });
        return row === undefined ? notFound("turn") : ok(turnOf(row));
      }),
    ofConversation: (scope, conversation, limit) =>
      gate.read(() => ok(look.ofConversation.all(scope, { conversation, limit }).map(turnOf))),
    busyAgents: (scope) => gate.read(() => ok(look.busyAgents.all(scope, {}).map((row) => row.agent_id))),
    counts: (scope) =>
      gate.read(() => {
        const found = new Map(look.counts.all(scope, {}).map((row) => [row.state, row.count]));
        return ok(
          Object.fromEntries(TURN_STATES.map((state) => [state, found.get(state) ?? 0])) as Record<TurnState, number>,
        ); // one entry per state of the list
      }),
  });
};
