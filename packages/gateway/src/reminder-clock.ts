import { MessageId, millisecondsOf, ok } from "@moltbot/contracts";
import type { AccessScope, Message, Reminder, Result } from "@moltbot/contracts";
import type { House } from "./house.ts";

const LONGEST_SLEEP = 30_000;
/** Later than this, the reminder says that it is late. */
const LATE_MILLISECONDS = 60_000;
const MOST_AT_ONCE = 50;
/** After a round in which a reminder could not be fired. */
const RETRY_MILLISECONDS = 2_000;

export interface ReminderClock {
  /** Looks again: a reminder was set. */
  wake(): void;
  close(): Promise<void>;
}

/** Fires due reminders into their conversations: each exactly once, also those that came due while the program was off. */
export const startReminderClock = (house: House, system: AccessScope): ReminderClock => {
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let running: Promise<void> = Promise.resolve();

  /** Whether everything that was due has fired. */
  const round = async (): Promise<boolean> => {
    if (house.halted()) return true; // frozen: who resumes wakes it, and what came due meanwhile fires late
    const due = await house.store.reminders.due(system, house.clock.now(), MOST_AT_ONCE);
    if (!due.ok) {
      house.log.error("due reminders cannot be read", { code: due.error.code });
      return false;
    }
    let allFired = true;
    for (const reminder of due.value) {
      if (house.halted()) return true;
      const fired = await fireReminder(house, system, reminder);
      if (!fired.ok) house.log.error("a reminder cannot be fired", { reminderId: reminder.id, code: fired.error.code });
      allFired &&= fired.ok;
    }
    return allFired;
  };

  const sleep = async (allFired: boolean): Promise<void> => {
    if (closed || house.halted()) return;
    const next = await house.store.reminders.nextDue(system);
    const wait =
      next.ok && next.value !== null ? millisecondsOf(next.value) - millisecondsOf(house.clock.now()) : LONGEST_SLEEP;
    clearTimeout(timer);
    timer = setTimeout(wake, Math.min(Math.max(wait, allFired ? 0 : RETRY_MILLISECONDS) + 5, LONGEST_SLEEP));
    timer.unref();
  };

  const wake = (): void => {
    clearTimeout(timer);
    if (!closed) running = running.then(round).then(sleep);
  };

  wake();
  return {
    wake,
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
};

const firedMessage = (house: House, reminder: Reminder): Message => {
  const now = house.clock.now();
  const late = millisecondsOf(now) - millisecondsOf(reminder.dueAt) > LATE_MILLISECONDS;
  return {
    id: house.ids.next(MessageId),
    conversationId: reminder.conversationId,
    parentId: null,
    role: "notice",
    author: reminder.agentId,
    turnId: null,
    parts: [{ type: "reminder", reminderId: reminder.id, text: reminder.text, dueAt: reminder.dueAt, late }],
    label: reminder.label,
    state: "complete",
    model: null,
    createdAt: now,
  };
};

/** Intent recorded, then mark and message in one transaction, then the outcome recorded. */
export const fireReminder = async (house: House, system: AccessScope, reminder: Reminder): Promise<Result<void>> => {
  const fields = { reminderId: reminder.id, conversationId: reminder.conversationId };
  const intended = await house.audit.record({ event: "reminder:intended", actor: "system", fields });
  if (!intended.ok) return intended;
  const message = firedMessage(house, reminder);
  const fired = await house.store.atomically(async (repositories) => {
    const marked = await repositories.reminders.markFired(system, reminder.id, message.createdAt);
    if (!marked.ok) return marked;
    if (!marked.value) return ok(null);
    const conversation = await repositories.conversations.find(system, reminder.conversationId);
    if (!conversation.ok) return conversation;
    const appended = await repositories.conversations.append(system, conversation.value.activeHead, message);
    return appended.ok ? ok({ appended: appended.value, audience: conversation.value.audience }) : appended;
  });
  if (!fired.ok) return fired;
  if (fired.value === null) return ok(undefined);
  const to = { tenantId: system.tenantId, audience: fired.value.audience };
  house.events.publish("reminder:fired", to, {
    conversationId: reminder.conversationId,
    message: fired.value.appended,
  });
  const recorded = await house.audit.record({ event: "reminder:fired", actor: "system", fields });
  return recorded.ok ? ok(undefined) : recorded;
};
