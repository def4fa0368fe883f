import { TURN_STATES, done, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  ClockPort,
  Result,
  Turn,
  TurnEnd,
  TurnLease,
  TurnQueue,
  TurnState,
} from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection, ConversationOwnership, Gate, TurnTable } from "../database/index.ts";
import { every, notFound } from "./sealed.ts";
import { holderQueries, leaseQueries, lookQueries } from "./turn-queries.ts";
import { jsonText, placeOf, turnRows } from "./turn-row.ts";

const NOTHING = jsonText<TurnTable["waiting_for"]>([]);

const held = (changed: number): Result<void> => (changed === 1 ? done : err(moltbotError("QUEUE_LEASE_LOST")));

/** A turn lies in its conversation's tenant, belongs to a member, and under `own` to oneself. */
const mayEnqueue = (scope: AccessScope, turn: Turn, home: ConversationOwnership, members: readonly string[]): boolean =>
  turn.tenantId === home.tenant_id &&
  members.includes(turn.ownerId) &&
  (scope.reach !== "own" || turn.ownerId === scope.principalId);

/** Prepares the queue's statements on a connection; the result binds them to a gate. */
export const createTurnQueue = (
  connection: Connection,
  sealer: ContentSealer,
  clock: ClockPort,
): ((gate: Gate) => TurnQueue) => {
  const look = lookQueries(connection);
  const leases = leaseQueries(connection);
  const holder = holderQueries(connection);
  const rows = turnRows(sealer);
  const leased = ({ turn, fence }: TurnLease) => ({ id: turn.id, fence, now: clock.now() });

  const insert = async (turn: Turn, key: string | null, audience: TurnTable["audience"]): Promise<Result<void>> => {
    const entry = rows.begin(placeOf(turn), turn.label);
    if (!entry.ok) return entry;
    await look.insert.run(null, {
      id: turn.id,
      tenant_id: turn.tenantId,
      owner_id: turn.ownerId,
      audience,
      key_mac: key === null ? null : rows.key(turn.ownerId, key),
      conversation_id: turn.conversationId,
      agent_id: turn.agentId,
      authority: turn.authority,
      user_message_id: turn.userMessageId,
      came_by: turn.cameBy === undefined ? null : jsonText(turn.cameBy),
      entry: entry.value,
      state: "queued",
      steps: turn.steps,
      attempts: turn.attempts,
      waiting_for: NOTHING,
      created_at: turn.createdAt,
      updated_at: turn.updatedAt,
    });
    return done;
  };
  const knownBy = async (scope: AccessScope, of: Pick<Turn, "tenantId" | "ownerId">, key: string) => {
    const mac = rows.key(of.ownerId, key);
    return mac === null ? undefined : look.byKey.one(scope, { tenant: of.tenantId, owner: of.ownerId, mac });
  };
  /** Without a key for what is to be sealed (its conversation was erased meanwhile), it ends all the same. */
  const endOf = (turn: Turn, end: TurnEnd): Uint8Array | null => {
    const sealed = rows.end(placeOf(turn), end);
    return sealed.ok ? sealed.value : null;
  };

  return (gate) => ({
    enqueue: (scope, turn, key) =>
      gate.write<{ readonly turn: Turn; readonly fresh: boolean }>(async () => {
        const home = await connection.ownership(scope, turn.conversationId);
        if (home === undefined) return notFound("conversation");
        const members = [...new Set([home.owner_id, ...(JSON.parse(home.audience) as readonly string[])])]; // an array of ids, as the column's type says
        if (!mayEnqueue(scope, turn, home, members)) return notFound("owner");
        const known = key === null ? undefined : await knownBy(scope, turn, key);
        if (known !== undefined) {
          const first = rows.turn(known);
          return first.ok ? ok({ turn: first.value, fresh: false }) : first;
        }
        const entered = await insert(turn, key, jsonText(members.filter((member) => member !== turn.ownerId)));
        if (!entered.ok) return entered;
        return ok({ turn: { ...turn, state: "queued", waitingFor: [], end: null }, fresh: true });
      }),
    byKey: (scope, key) =>
      gate.read<Turn | null>(async () => {
        const known = await knownBy(scope, { tenantId: scope.tenantId, ownerId: scope.principalId }, key);
        return known === undefined ? ok(null) : rows.turn(known);
      }),
    claim: (now, until) =>
      gate.lightly<TurnLease | null>(async () => {
        await leases.takeBack.all(null, { now, holder: connection.incarnation });
        for (;;) {
          const row = await leases.claim.one(null, { now, until, holder: connection.incarnation });
          if (row === undefined) return ok(null);
          const turn = rows.turn(row);
          if (turn.ok) return ok({ turn: turn.value, fence: row.fence });
          // Nobody can do what nobody can read; left in the queue it would stand before all others for ever.
          const { id, fence } = row;
          await holder.leave.run(null, { id, fence, now, state: "failed", waiting: NOTHING, end: null });
        }
      }),
    extend: (lease, until) =>
      gate.lightly(async () => held(await holder.extend.run(null, { ...leased(lease), until }))),
    progress: (lease, change) =>
      gate.write(async () => held(await holder.progress.run(null, { ...leased(lease), steps: change.steps }))),
    park: (lease, waitingFor) =>
      gate.write(async () => {
        // An answer may have come before the turn lay down: nobody would wake it then, so it does not sleep.
        const asked = await leases.unanswered.one(null, { ids: JSON.stringify(waitingFor) });
        const awake = asked !== undefined && asked.pending < asked.known;
        return held(
          await holder.leave.run(null, {
            ...leased(lease),
            state: awake ? "queued" : "waiting",
            waiting: awake ? NOTHING : jsonText(waitingFor),
            end: null,
          }),
        );
      }),
    resume: (scope, id) =>
      gate.write(async () => {
        if ((await leases.resume.run(scope, { id, now: clock.now() })) === 1) return ok(true);
        return (await look.find.one(scope, { id })) === undefined ? notFound("turn") : ok(false);
      }),
    finish: (lease, end) =>
      gate.write(async () =>
        held(
          await holder.leave.run(null, {
            ...leased(lease),
            state: end.state,
            waiting: NOTHING,
            end: endOf(lease.turn, end),
          }),
        ),
      ),
    cancel: (scope, id, end) =>
      gate.write(async () => {
        const row = await look.find.one(scope, { id });
        if (row === undefined) return notFound("turn");
        const sealed = rows.end(row, end);
        if (!sealed.ok) return sealed;
        const change = { id, state: end.state, end: sealed.value, now: clock.now() };
        return ok((await leases.cancel.run(scope, change)) === 1);
      }),
    recover: (now) =>
      gate.write(async () =>
        ok((await leases.takeBack.all(null, { now, holder: connection.incarnation })).map((row) => row.id)),
      ),
    wakeAnswered: (now) =>
      gate.write(async () => ok((await leases.wakeAnswered.all(null, { now })).map((row) => row.id))),
    open: (scope) =>
      gate.read(async () =>
        // What was erased can be neither gone on with nor told.
        ok(
          (await look.open.all(scope, {}))
            .map((row) => rows.turn(row))
            .flatMap((turn) => (turn.ok ? [turn.value] : [])),
        ),
      ),
    find: (scope, id) =>
      gate.read(async () => {
        const row = await look.find.one(scope, { id });
        return row === undefined ? notFound("turn") : rows.turn(row);
      }),
    ofConversation: (scope, conversation, limit) =>
      gate.read(async () =>
        every(await look.ofConversation.all(scope, { conversation, limit }), (row) => rows.turn(row)),
      ),
    busyAgents: (scope) => gate.read(async () => ok((await look.busyAgents.all(scope, {})).map((row) => row.agent_id))),
    counts: (scope) =>
      gate.read(async () => {
        const found = new Map((await look.counts.all(scope, {})).map((row) => [row.state, row.count]));
        return ok(
          Object.fromEntries(TURN_STATES.map((state) => [state, found.get(state) ?? 0])) as Record<TurnState, number>,
        ); // one entry per state of the list
      }),
  });
};
