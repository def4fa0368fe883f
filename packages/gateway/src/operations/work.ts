import { err, moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { OperationHandlers } from "@moltbot/contracts";
import type { OperationPorts } from "./ports.ts";

type Handlers = Pick<
  OperationHandlers,
  "jobs.list" | "jobs.retry" | "schedules.list" | "schedules.firings" | "outbox.list"
>;

/** What goes on by itself: what is queued, what gave up, what comes back, and what leaves. */
export const workOperations = ({
  house: { store, audit, clock },
  work,
}: Pick<OperationPorts, "house" | "work">): Handlers => ({
  "jobs.list": ({ principal }, { state, limit }) => store.jobs.list(ownScope(principal), state, limit),
  "jobs.retry": async ({ principal }, { jobId }) => {
    const scope = ownScope(principal);
    const found = await store.jobs.find(scope, jobId);
    if (!found.ok) return found;
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
  "schedules.list": ({ principal }) => store.schedules.list(ownScope(principal)),
  "schedules.firings": ({ principal }, { scheduleId, limit }) =>
    store.schedules.firings(ownScope(principal), scheduleId, limit),
  "outbox.list": ({ principal }, { state, limit }) => store.outbox.list(ownScope(principal), state, limit),
});
