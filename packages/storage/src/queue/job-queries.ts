import type { Instant, Job, JobId, PrincipalId, TenantId } from "@moltbot/contracts";
import { sql } from "kysely";
import type { Connection, JobTable, Row } from "../database/index.ts";

type Held = { readonly id: JobId; readonly fence: number; readonly now: Instant };
export type NewJob = Omit<JobTable, "ordinal" | "problem" | "fence" | "lease_until" | "lease_holder">;

/** How a job comes in, is looked at, and is taken back by a person. */
export const jobQueries = ({ define }: Connection) => ({
  insert: define<NewJob, { readonly id: JobId }>(({ db, slot }) =>
    db
      .insertInto("jobs")
      .values({
        id: slot.id,
        tenant_id: slot.tenant_id,
        owner_id: slot.owner_id,
        audience: slot.audience,
        kind: slot.kind,
        payload: slot.payload,
        key_mac: slot.key_mac,
        state: slot.state,
        run_at: slot.run_at,
        attempts: slot.attempts,
        most_attempts: slot.most_attempts,
        problem: null,
        fence: 0,
        lease_until: null,
        lease_holder: null,
        created_at: slot.created_at,
        updated_at: slot.updated_at,
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning("id"),
  ),
  byKey: define<{ tenant: TenantId; owner: PrincipalId; mac: string }, Row<JobTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("jobs")
      .selectAll()
      .where("tenant_id", "=", slot.tenant)
      .where("owner_id", "=", slot.owner)
      .where("key_mac", "=", slot.mac)
      .where(visible("jobs")),
  ),
  find: define<{ id: JobId }, Row<JobTable>>(({ db, slot, visible }) =>
    db.selectFrom("jobs").selectAll().where("id", "=", slot.id).where(visible("jobs")),
  ),
  list: define<{ state: string; limit: number }, Row<JobTable>>(({ db, slot, visible }) =>
    db
      .selectFrom("jobs")
      .selectAll()
      .where(sql<boolean>`(cast(${slot.state} as text) = 'all' or state = ${slot.state})`)
      .where(visible("jobs"))
      .orderBy("ordinal", "desc")
      .limit(slot.limit),
  ),
  dead: define<Record<never, string>, { readonly count: number }>(({ db, visible }) =>
    db
      .selectFrom("jobs")
      .select(sql<number>`count(*)`.as("count"))
      .where("state", "=", "dead")
      .where(visible("jobs")),
  ),
  /** The attempts of a revived job count anew; its fence goes on rising. */
  revive: define<{ id: JobId; run_at: Instant; now: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("jobs")
      .set({ state: "queued", attempts: 0, run_at: slot.run_at, updated_at: slot.now })
      .where("id", "=", slot.id)
      .where("state", "=", "dead")
      .where(visible("jobs")),
  ),
  cancel: define<{ id: JobId; now: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .updateTable("jobs")
      .set({ state: "cancelled", updated_at: slot.now })
      .where("id", "=", slot.id)
      .where("state", "=", "queued")
      .where(visible("jobs")),
  ),
  prune: define<{ before: Instant }, unknown>(({ db, slot, visible }) =>
    db
      .deleteFrom("jobs")
      .where("state", "in", ["done", "dead", "cancelled"])
      .where("updated_at", "<", slot.before)
      .where(visible("jobs")),
  ),
});

/** How a worker takes jobs, and what only the holder of the current fence may write. */
export const workerQueries = ({ define }: Connection) => ({
  /** One at a time would let a crowd of old jobs of one process hold up nothing: due is due, oldest first. */
  claim: define<{ kinds: string; now: Instant; until: Instant; holder: number; limit: number }, Row<JobTable>>(
    ({ db, slot, dialect }) =>
      db
        .updateTable("jobs")
        .set({
          state: "running",
          attempts: sql`attempts + 1`,
          fence: sql`fence + 1`,
          lease_until: slot.until,
          lease_holder: slot.holder,
          updated_at: slot.now,
        })
        .where("ordinal", "in", (subquery) => {
          const due = subquery
            .selectFrom("jobs as due")
            .select("due.ordinal")
            .where("due.kind", "in", sql<string>`${dialect.elementsOf(slot.kinds)}`)
            .where((job) =>
              job.or([
                job.and([job("due.state", "=", "queued"), job("due.run_at", "<=", slot.now)]),
                job.and([
                  job("due.state", "=", "running"),
                  job.or([
                    job("due.lease_until", "<=", slot.now),
                    dialect.holderIsGone(sql.ref("due.lease_holder"), slot.holder),
                  ]),
                ]),
              ]),
            )
            .orderBy("due.run_at")
            .orderBy("due.ordinal")
            .limit(slot.limit);
          return dialect.engine === "postgres" ? due.forUpdate().skipLocked() : due;
        })
        .returningAll(),
  ),
  extend: define<Held & { until: Instant }, unknown>(({ db, slot }) =>
    db
      .updateTable("jobs")
      .set({ lease_until: slot.until, updated_at: slot.now })
      .where("id", "=", slot.id)
      .where("fence", "=", slot.fence)
      .where("state", "=", "running"),
  ),
  /** Ends the lease in another state. */
  leave: define<Held & { state: Job["state"]; problem: Uint8Array | null; run_at: Instant }, Row<JobTable>>(
    ({ db, slot }) =>
      db
        .updateTable("jobs")
        .set({
          state: slot.state,
          problem: slot.problem,
          run_at: slot.run_at,
          lease_until: null,
          lease_holder: null,
          updated_at: slot.now,
        })
        .where("id", "=", slot.id)
        .where("fence", "=", slot.fence)
        .where("state", "=", "running")
        .returningAll(),
  ),
});
