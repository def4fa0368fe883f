import { err, moltbotError, ownScope, ok } from "@moltbot/contracts";
import type { JobKind, OperationHandlers, Principal, PrincipalId, Result, Schedule } from "@moltbot/contracts";
import { houseScope } from "../keep-house.ts";
import { isHouseWork } from "../work/index.ts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "jobs.list" | "jobs.retry" | "schedules.list" | "schedules.firings" | "outbox.list"
>;

interface Owned {
  readonly ownerId: PrincipalId;
  readonly kind: JobKind;
}

/** What the house does for itself, and one's own; what goes on for others is theirs. */
const concerns =
  (by: Principal) =>
  ({ ownerId, kind }: Owned): boolean =>
    ownerId === by.id || isHouseWork(kind);

/** What goes on by itself: what is queued, what gave up, what comes back, and of what leaves one's own. */
export const workOperations = ({
  house: { store, audit, clock },
  work,
}: Pick<OperationPorts, "house" | "work">): Handlers => {
  const schedules = async (by: Principal): Promise<Result<readonly Schedule[]>> => {
    const all = await store.schedules.list(houseScope(by));
    return all.ok ? ok(all.value.filter(concerns(by))) : all;
  };
  return {
    "jobs.list": async ({ principal }, { state, limit }) => {
      const all = await store.jobs.list(houseScope(principal), state, limit);
      return all.ok ? ok(all.value.filter(concerns(principal))) : all;
    },
    "jobs.retry": async ({ principal }, { jobId }) => {
      const scope = houseScope(principal);
      const found = await store.jobs.find(scope, jobId);
      if (!found.ok) return found;
      if (!concerns(principal)(found.value)) return err(moltbotError("NOT_FOUND", { kind: "job" }));
      if (found.value.state !== "dead") return err(moltbotError("CONFLICT", { kind: "job" }));
      const recorded = await audit.record({
        event: "job:revived",
        actor: principal.id,
        fields: { jobId, kind: found.value.kind },
      });
      if (!recorded.ok) return recorded;
      const runAt = clock.now();
      const revived = await store.jobs.revive(scope, jobId, runAt);
      if (!revived.ok) return revived;
      // Somebody else revived it while the record was written.
      if (!revived.value) return err(moltbotError("CONFLICT", { kind: "job" }));
      work.wake();
      return ok({ ...found.value, state: "queued", attempts: 0, runAt, updatedAt: runAt });
    },
    "schedules.list": ({ principal }) => schedules(principal),
    "schedules.firings": async ({ principal }, { scheduleId, limit }) => {
      const mine = await schedules(principal);
      if (!mine.ok) return mine;
      return mine.value.some(({ id }) => id === scheduleId)
        ? store.schedules.firings(houseScope(principal), scheduleId, limit)
        : err(moltbotError("NOT_FOUND", { kind: "schedule" }));
    },
    "outbox.list": ({ principal }, { state, limit }) => store.outbox.list(ownScope(principal), state, limit),
  };
};
