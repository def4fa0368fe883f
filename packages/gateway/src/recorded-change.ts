import type { AuditEvent, AuditPort, LogPort, Result } from "@moltbot/contracts";

/** What is changed, and whether somebody can do more afterwards. */
export interface ChangeWish<T> {
  readonly event: AuditEvent;
  readonly widens: boolean;
  readonly change: () => Promise<Result<T>>;
}

/**
 * A change of who may do what, on record before it is made. What widens is not made without its record; what narrows is made all the
 * same, and the failure of the record is the answer. A change that was recorded and failed is recorded as void.
 */
export const recordedChange = async <T>(
  { audit, log }: { readonly audit: Pick<AuditPort, "record">; readonly log: Pick<LogPort, "error"> },
  { event, widens, change }: ChangeWish<T>,
): Promise<Result<T>> => {
  const recorded = await audit.record(event);
  if (!recorded.ok && widens) return recorded;
  const changed = await change();
  if (!recorded.ok) return changed.ok ? recorded : changed;
  if (changed.ok) return changed;
  const fields = { ...event.fields, code: changed.error.code };
  const voided = await audit.record({ event: `${event.event}-void`, actor: event.actor, fields });
  if (!voided.ok) log.error("a change was recorded and not made", { event: event.event, code: changed.error.code });
  return changed;
};
