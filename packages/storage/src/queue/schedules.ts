import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { Firing, JsonObject, Result, Schedule, ScheduleId, ScheduleRepository } from "@moltbot/contracts";
import type { ContentSealer } from "../crypto/index.ts";
import type { Connection, FiringTable, Gate, Row, ScheduleTable } from "../database/index.ts";
import { firingQueries, scheduleQueries } from "./schedule-queries.ts";
import { NOBODY_ELSE, every, notFound, subjectsOf, workSeal } from "./sealed.ts";
import type { WorkSeal } from "./sealed.ts";

const NAME_PURPOSE = "schedule-name";
const changed: Result<never> = err(moltbotError("CONFLICT", { kind: "schedule" }));

/** What of a schedule is nobody else's business: what it is called, when it comes and what it is given. */
type Entry = Pick<Schedule, "name" | "cron" | "timeZone"> & { readonly payload: JsonObject };

const scheduleOf =
  (seal: WorkSeal) =>
  (row: Row<ScheduleTable>): Result<Schedule> => {
    const entry = seal.open<Entry>(subjectsOf(row.owner_id), row.id, row.entry);
    if (!entry.ok) return entry;
    return ok({
      id: row.id,
      tenantId: row.tenant_id,
      ownerId: row.owner_id,
      ...entry.value,
      kind: row.kind,
      missed: row.missed,
      active: row.active === 1,
      nextAt: row.next_at,
      createdAt: row.created_at,
    });
  };

const firingId = (id: ScheduleId, at: string): string => `${id}@${at}`;
const firingOf =
  (seal: WorkSeal) =>
  (row: Row<FiringTable>): Result<Firing> => {
    const problem = seal.openProblem(subjectsOf(row.owner_id), firingId(row.schedule_id, row.at), row.problem);
    if (!problem.ok) return problem;
    return ok({
      scheduleId: row.schedule_id,
      at: row.at,
      state: row.state,
      jobId: row.job_id,
      settledAt: row.settled_at,
      problem: problem.value,
    });
  };

/** Schedules and their firings. Names, expressions and payloads are sealed under the owner; ids, times and states are not. */
export const createScheduleRepository = (
  connection: Connection,
  sealer: ContentSealer,
): ((gate: Gate) => ScheduleRepository) => {
  const query = scheduleQueries(connection);
  const firing = firingQueries(connection);
  const seal = workSeal(sealer);
  const open = scheduleOf(seal);

  const change = async (row: Row<ScheduleTable>, wish: Schedule): Promise<Result<Schedule>> => {
    const { name, cron, timeZone, payload } = wish;
    const entry = seal.seal(subjectsOf(row.owner_id), row.id, { name, cron, timeZone, payload } satisfies Entry);
    if (!entry.ok) return entry;
    const stored = await query.change.one(null, {
      id: row.id,
      entry: entry.value,
      kind: wish.kind,
      missed: wish.missed,
      active: wish.active ? 1 : 0,
      next_at: wish.nextAt,
    });
    return stored === undefined ? notFound("schedule") : open(stored);
  };

  return (gate) => ({
    put: (scope, schedule) =>
      gate.write<Schedule>(async () => {
        const { id, tenantId, ownerId, name, cron, timeZone, payload } = schedule;
        if (!(await connection.mayOwn(scope, tenantId, ownerId))) return notFound("owner");
        const subjects = subjectsOf(ownerId);
        const entry = seal.seal(subjects, id, { name, cron, timeZone, payload } satisfies Entry);
        if (!entry.ok) return entry;
        const mac = seal.mac(subjects, NAME_PURPOSE, name);
        if (!mac.ok) return mac;
        const known = await query.byName.one(null, { tenant: tenantId, owner: ownerId, mac: mac.value });
        if (known !== undefined) return change(known, schedule);
        const inserted = await query.insert.run(null, {
          id,
          tenant_id: tenantId,
          owner_id: ownerId,
          audience: NOBODY_ELSE,
          name_mac: mac.value,
          entry: entry.value,
          kind: schedule.kind,
          missed: schedule.missed,
          active: schedule.active ? 1 : 0,
          next_at: schedule.nextAt,
          created_at: schedule.createdAt,
        });
        // The id is another schedule's, and nobody learns whose.
        return inserted === 1 ? ok(schedule) : notFound("schedule");
      }),
    list: (scope) => gate.read(async () => every(await query.list.all(scope, {}), open)),
    remove: (scope, id) =>
      gate.write(async () => ((await query.remove.run(scope, { id })) === 1 ? done : notFound("schedule"))),
    due: (scope, now, limit) => gate.read(async () => every(await query.due.all(scope, { now, limit }), open)),
    nextDue: (scope) => gate.read(async () => ok((await query.nextDue.one(scope, {}))?.next_at ?? null)),
    advance: (scope, id, from, nextAt, firings) =>
      gate.write(async () => {
        const row = await query.find.one(scope, { id });
        if (row === undefined) return notFound("schedule");
        if ((await query.advance.run(scope, { id, from, to: nextAt })) !== 1) return changed;
        for (const each of firings) {
          const recorded = await firing.record.one(null, {
            schedule_id: id,
            at: each.at,
            tenant_id: row.tenant_id,
            owner_id: row.owner_id,
            audience: NOBODY_ELSE,
            state: each.state,
            job_id: each.jobId,
            settled_at: each.settledAt,
          });
          // The time has a job already. A mark that nobody watched does not take it away; a second job may not be.
          if (recorded === undefined && each.jobId !== null) return changed;
        }
        return done;
      }),
    firings: (scope, id, limit) =>
      gate.read(async () => {
        if ((await query.find.one(scope, { id })) === undefined) return notFound("schedule");
        return every(await firing.list.all(scope, { schedule: id, limit }), firingOf(seal));
      }),
    settle: (scope, jobId, state, problem, at) =>
      gate.write(async () => {
        for (const row of await firing.ofJob.all(scope, { job: jobId })) {
          const record = firingId(row.schedule_id, row.at);
          const sealed = seal.sealProblem(subjectsOf(row.owner_id), record, problem);
          if (!sealed.ok) return sealed;
          const key = { schedule: row.schedule_id, at: row.at };
          await firing.settle.run(null, { ...key, state, settled_at: at, problem: sealed.value });
        }
        return done;
      }),
  });
};
