import type { Firing, Instant, JobId, PrincipalId, ScheduleId, TenantId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection, FiringTable, Row, ScheduleTable } from "../database/index.ts";

type Settings = Pick<ScheduleTable, "entry" | "kind" | "missed" | "active" | "next_at">;

/** Schedules. */
export const scheduleQueries = ({ define }: Connection) => ({
  insert: define<ScheduleTable, unknown>(({ db, slot }) =>
    db
      .insertInto("schedules")
      .values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        name_mac: slot.name_mac,
        entry: slot.entry,
        kind: slot.kind,
        missed: slot.missed,
        active: slot.active,
        next_at: slot.next_at,
        created_at: slot.created_at,
      })
      .onConflict((conflict) => conflict.column("id").doNothing()),
  ),
  change: define<Settings & { id: ScheduleId }, Row<ScheduleTable>>(({ db, slot }) =>
    db
      .updateTable("schedules")
      .set({
        entry: slot.entry,
        kind: slot.kind,
        missed: slot.missed,
        active: slot.active,
        next_at: slot.next_at,
      })
      .where("id", "=", slot.id)
      .returningAll(),
  ),
  byName: define<{ tenant: TenantId; owner: PrincipalId; mac: string }, Row<ScheduleTable>>(({ db, slot }) =>
    db
      .selectFrom("schedules")
      .selectAll()
      .where("tenant_id", "=", slot.tenant)
      .where("owner_id", "=", slot.owner)
      .where("name_mac", "=", slot.mac),
  ),
  find: define<{ id: ScheduleId }, Row<ScheduleTable>>(({ db, slot, visible }) =>
    db.selectFrom("schedules").selectAll().where("id", "=", slot.id).where(visible("schedules")),
  ),
  list: define<Record<never, string>, Row<ScheduleTable>>(({ db, visible }) =>
    db.selectFrom("schedules").selectAll().where(visible("schedules")).orderBy("created_at").orderBy("id"),
  ),
  remove: define<{ id: ScheduleId }, unknown>(({ db, slot, visible }) =>
    db.deleteFrom("schedules").where("id", "=", slot.id).where(visible("schedules")),
  ),
  due: define<{ now: Instant; limit: number }, Row<ScheduleTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("schedules")
      .selectAll()
      .where("active", "=", 1)
      .where("next_at", "<=", slot.now)
      .where(visible("schedules"))
      .orderBy("next_at")
      .orderBy("id")
      .limit(slot.limit),
  ),
  nextDue: define<Record<never, string>, { readonly next_at: Instant | null }>(({ db, visible }) =>
    db
      .selectFrom("schedules")
      .select("next_at")
      .where("active", "=", 1)
      .where("next_at", "is not", null)
      .where(visible("schedules"))
      .orderBy("next_at")
      .limit(1),
  ),
  /** Only from where the caller saw it: two clocks never both move it. */
  advance: define<{ id: ScheduleId; from: Instant; to: Instant | null }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("schedules")
      .set({ next_at: slot.to })
      .where("id", "=", slot.id)
      .where("next_at", "=", slot.from)
      .where(visible("schedules")),
  ),
});

/** The account of every time a schedule named. */
export const firingQueries = ({ define }: Connection) => ({
  /** A time that nobody watched may come again when the clock is set back; one that a job was made for never does. */
  record: define<Omit<FiringTable, "problem">, { readonly at: Instant }>(({ db, slot }) =>
    db
      .insertInto("firings")
      .values({
        schedule_id: slot.schedule_id,
        at: slot.at,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        state: slot.state,
        job_id: slot.job_id,
        settled_at: slot.settled_at,
        problem: null,
      })
      .onConflict((conflict) =>
        conflict
          .columns(["schedule_id", "at"])
          .doUpdateSet({ state: slot.state, job_id: slot.job_id, settled_at: slot.settled_at })
          .where("firings.job_id", "is", null),
      )
      .returning("at"),
  ),
  list: define<{ schedule: ScheduleId; limit: number }, Row<FiringTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("firings")
      .selectAll()
      .where("schedule_id", "=", slot.schedule)
      .where(visible("firings"))
      .orderBy("at", "desc")
      .limit(slot.limit),
  ),
  ofJob: define<{ job: JobId }, Row<FiringTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("firings")
      .selectAll()
      .where("job_id", "=", slot.job)
      .where("state", "!=", "done")
      .where(visible("firings")),
  ),
  settle: define<
    { schedule: ScheduleId; at: Instant; state: Firing["state"]; settled_at: Instant; problem: Uint8Array | null },
    unknown
  >(({ db, slot }) =>
    db
      .updateTable("firings")
      .set({ state: slot.state, settled_at: slot.settled_at, problem: slot.problem })
      .where("schedule_id", "=", slot.schedule)
      .where("at", "=", slot.at)
      .where(sql<boolean>`state <> 'done'`),
  ),
});
