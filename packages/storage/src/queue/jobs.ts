import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ClockPort, Job, JobLease, JobQueue, JobWish, Result } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection, Gate, JobTable, Row } from "../database/index.ts";
import { jobQueries, workerQueries } from "./job-queries.ts";
import { NOBODY_ELSE, every, notFound, subjectsOf, workSeal } from "./sealed.ts";
import type { WorkSeal } from "./sealed.ts";

const KEY_PURPOSE = "job-key";
const lost: Result<never> = err(moltbotError("QUEUE_LEASE_LOST"));

/** Opens a job's row. */
const jobOf =
  (seal: WorkSeal) =>
  (row: Row<JobTable>): Result<Job> => {
    const subjects = subjectsOf(row.owner_id);
    const payload = seal.open(subjects, row.id, row.payload);
    if (!payload.ok) return payload;
    const problem = seal.openProblem(subjects, row.id, row.problem);
    if (!problem.ok) return problem;
    return ok({
      id: row.id,
      tenantId: row.tenant_id,
      ownerId: row.owner_id,
      kind: row.kind,
      payload: payload.value,
      state: row.state,
      runAt: row.run_at,
      attempts: row.attempts,
      mostAttempts: row.most_attempts,
      problem: problem.value,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
    });
  };

const oldestFirst = (a: Row<JobTable>, b: Row<JobTable>): number =>
  a.run_at === b.run_at ? a.ordinal - b.ordinal : a.run_at < b.run_at ? -1 : 1;

/**
 * The queue on tables of its own, on either engine. Payload, problem and key are sealed under the owner; a claim raises the
 * fence, and whoever comes with an older one writes nothing.
 */
export const createJobQueue = (
  connection: Connection,
  sealer: ContentSealer,
  clock: ClockPort,
): ((gate: Gate) => JobQueue) => {
  const query = jobQueries(connection);
  const worker = workerQueries(connection);
  const seal = workSeal(sealer);
  const open = jobOf(seal);
  const holder = connection.incarnation;
  const held = ({ job, fence }: JobLease) => ({ id: job.id, fence, now: clock.now() });

  const known = async (scope: AccessScope, wish: JobWish, mac: string | null): Promise<Row<JobTable> | undefined> => {
    const owner = { tenant: scope.tenantId, owner: scope.principalId };
    const ofKey = mac === null ? undefined : await query.byKey.one(scope, { ...owner, mac });
    return ofKey ?? (await query.find.one(scope, { id: wish.id }));
  };
  /** The job of a row that must exist by now. */
  const theOne = (row: Row<JobTable> | undefined): Result<Job> => (row === undefined ? notFound("job") : open(row));

  return (gate) => ({
    enqueue: (scope, wish) =>
      gate.write<{ readonly job: Job; readonly fresh: boolean }>(async () => {
        if (!(await connection.mayOwn(scope, scope.tenantId, scope.principalId))) return notFound("owner");
        const subjects = subjectsOf(scope.principalId);
        const payload = seal.seal(subjects, wish.id, wish.payload);
        if (!payload.ok) return payload;
        const mac = wish.key === null ? ok(null) : seal.mac(subjects, KEY_PURPOSE, wish.key);
        if (!mac.ok) return mac;
        const now = clock.now();
        const inserted = await query.insert.one(null, {
          id: wish.id,
          tenant_id: scope.tenantId,
          owner_id: scope.principalId,
          audience: NOBODY_ELSE,
          kind: wish.kind,
          payload: payload.value,
          key_mac: mac.value,
          state: "queued",
          run_at: wish.runAt,
          attempts: 0,
          most_attempts: wish.mostAttempts,
          created_at: now,
          updated_at: now,
        });
        const job = theOne(await known(scope, wish, mac.value));
        return job.ok ? ok({ job: job.value, fresh: inserted !== undefined }) : job;
      }),
    claim: (kinds, now, until, limit) =>
      gate.lightly(async () => {
        const rows = await worker.claim.all(null, { kinds: JSON.stringify(kinds), now, until, holder, limit });
        const leases: JobLease[] = [];
        for (const row of rows.toSorted(oldestFirst)) {
          const job = open(row);
          if (job.ok) leases.push({ job: job.value, fence: row.fence });
          // Its owner's key was erased: nobody can do it any more, and it must not hold up the others.
          else
            await worker.leave.one(null, {
              id: row.id,
              fence: row.fence,
              now,
              state: "cancelled",
              problem: null,
              run_at: row.run_at,
            });
        }
        return ok(leases);
      }),
    extend: (lease, until) =>
      gate.lightly(async () => ((await worker.extend.run(null, { ...held(lease), until })) === 1 ? done : lost)),
    complete: (lease) =>
      gate.write(async () => {
        const { runAt } = lease.job;
        const row = await worker.leave.one(null, { ...held(lease), state: "done", problem: null, run_at: runAt });
        return row === undefined ? lost : done;
      }),
    fail: (lease, problem, retryAt) =>
      gate.write(async () => {
        const { id, ownerId, attempts, mostAttempts, runAt } = lease.job;
        const again = retryAt !== null && attempts < mostAttempts;
        const sealed = seal.sealProblem(subjectsOf(ownerId), id, problem);
        if (!sealed.ok) return sealed;
        const row = await worker.leave.one(null, {
          ...held(lease),
          state: again ? "queued" : "dead",
          problem: sealed.value,
          run_at: again ? retryAt : runAt,
        });
        return row === undefined ? lost : open(row);
      }),
    find: (scope, id) => gate.read(async () => theOne(await query.find.one(scope, { id }))),
    list: (scope, state, limit) => gate.read(async () => every(await query.list.all(scope, { state, limit }), open)),
    countDead: (scope) => gate.read(async () => ok((await query.dead.one(scope, {}))?.count ?? 0)),
    revive: (scope, id, runAt) =>
      gate.write(async () => {
        if ((await query.revive.run(scope, { id, run_at: runAt, now: clock.now() })) === 1) return ok(true);
        return (await query.find.one(scope, { id })) === undefined ? notFound("job") : ok(false);
      }),
    cancel: (scope, id) =>
      gate.write(async () => {
        if ((await query.cancel.run(scope, { id, now: clock.now() })) === 1) return ok(true);
        return (await query.find.one(scope, { id })) === undefined ? notFound("job") : ok(false);
      }),
    prune: (scope, endedBefore) => gate.write(async () => ok(await query.prune.run(scope, { before: endedBefore }))),
  });
};
