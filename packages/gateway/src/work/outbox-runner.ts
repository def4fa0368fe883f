import { instantOf, millisecondsOf, moltbotError } from "@moltbot/contracts";
import type { AuditEvent, OutboxItem } from "@moltbot/contracts";
import { createPump, finishWithin } from "../pump.ts";
import type { Abortable } from "../pump.ts";
import { waitBefore } from "./backoff.ts";
import type { Backoff } from "./backoff.ts";
import type { Couriers, Delivery } from "./courier.ts";
import type { WorkPorts } from "./work-ports.ts";

const LOOK_MILLISECONDS = 5_000;
const RECORD_MILLISECONDS = 2_000;
const CONCURRENT = 4;
const MOST_ATTEMPTS = 8;
const BACKOFF: Backoff = { firstMilliseconds: 2_000, mostMilliseconds: 600_000 };

export interface OutboxRunner {
  /** Looks again: an effect was put into the outbox, or somebody went on after a stop. */
  wake(): void;
  /** Aborts what is on its way; what cannot be repeated and had begun to leave ends as unknown. */
  halt(): void;
  /** Takes nothing new, waits a while for what is on its way, then aborts it. */
  close(graceMilliseconds: number): Promise<void>;
}

const fieldsOf = ({ id, kind, conversationId, callId, attempts }: OutboxItem): AuditEvent["fields"] => ({
  outboxId: id,
  kind,
  conversationId,
  callId,
  attempts,
});

/**
 * Carries effects out: marked durably, then recorded, then sent, then the outcome recorded. What a crash leaves marked was
 * perhaps sent: it goes again only where that is harmless, and is shown as unknown otherwise.
 */
export const startOutboxRunner = (ports: WorkPorts, couriers: Couriers): OutboxRunner => {
  const { house } = ports;
  const sending = new Map<string, Abortable>();

  const takeAll = async (): Promise<void> => {
    for (
      let room = CONCURRENT - sending.size;
      room > 0 && !pump.closing && !house.halted();
      room = CONCURRENT - sending.size
    ) {
      const taken = await house.store.outbox.take(house.clock.now(), room);
      if (!taken.ok) house.log.error("the outbox cannot be read", { code: taken.error.code });
      if (!taken.ok || taken.value.length === 0) break;
      for (const item of taken.value) send(item);
    }
  };
  const pump = createPump(takeAll, (cause) =>
    house.log.error("the outbox cannot be worked", { problem: String(cause) }),
  );
  const send = (item: OutboxItem): void => {
    const controller = new AbortController();
    const finished = carry(ports, couriers, item, controller.signal).catch((cause: unknown) =>
      house.log.error("an effect failed in a way the program does not know", {
        outboxId: item.id,
        problem: String(cause),
      }),
    );
    sending.set(item.id, { controller, finished });
    void finished.then(() => {
      sending.delete(item.id);
      if (!pump.closing) pump.wake();
    });
  };

  const looking = setInterval(pump.wake, LOOK_MILLISECONDS);
  looking.unref();
  pump.wake();
  return {
    wake: pump.wake,
    halt: () => {
      const error = moltbotError("EVERYTHING_STOPPED", { since: house.clock.now() });
      for (const { controller } of sending.values()) controller.abort(error);
    },
    close: async (graceMilliseconds) => {
      clearInterval(looking);
      await pump.close();
      await finishWithin(graceMilliseconds, sending, () => moltbotError("SHUTTING_DOWN"));
    },
  };
};

/** What an earlier process left on its way: what nobody knows is recorded and shown. */
export const recoverOutbox = async ({ house }: WorkPorts): Promise<void> => {
  const hidden = await house.store.outbox.recover(house.clock.now());
  if (!hidden.ok) return house.log.error("the outbox cannot be recovered", { code: hidden.error.code });
  for (const item of hidden.value) {
    const recorded = await house.audit.record({ event: "effect:unknown", actor: "system", fields: fieldsOf(item) });
    house.log.warn("nobody knows whether an effect left: `./moltbot outbox` shows it", {
      outboxId: item.id,
      kind: item.kind,
      recorded: recorded.ok,
    });
  }
};

/** Nothing leaves without a record; false when the time to leave is over. */
const intended = async ({ house }: WorkPorts, item: OutboxItem, signal: AbortSignal): Promise<boolean> => {
  while (!signal.aborted && !house.halted()) {
    const recorded = await house.audit.record({ event: "effect:intended", actor: "system", fields: fieldsOf(item) });
    if (recorded.ok) return !signal.aborted && !house.halted();
    house.log.error("an effect waits for its record", { outboxId: item.id, code: recorded.error.code });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, RECORD_MILLISECONDS);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
  return false;
};

const deliver = async (
  { house }: WorkPorts,
  couriers: Couriers,
  item: OutboxItem,
  signal: AbortSignal,
): Promise<Delivery> => {
  const courier = couriers.get(item.kind);
  if (courier === undefined) return { kind: "refused", problem: "NOT_FOUND" };
  try {
    return await courier.deliver(item, signal);
  } catch (cause) {
    house.log.error("a courier threw", { outboxId: item.id, kind: item.kind, problem: String(cause) });
    return { kind: "retry", problem: "INTERNAL" };
  }
};

type End = { readonly to: "sent" | "refused" | "unknown" | "waiting"; readonly problem: string | null };

const endOf = (item: OutboxItem, delivery: Delivery): End => {
  switch (delivery.kind) {
    case "sent":
      return { to: "sent", problem: null };
    case "refused":
      return { to: "refused", problem: delivery.problem };
    case "retry":
      return {
        to: item.repeatable && item.attempts < MOST_ATTEMPTS ? "waiting" : "unknown",
        problem: delivery.problem,
      };
    default:
      return delivery;
  }
};

/** One effect, from its mark to its end. */
const carry = async (ports: WorkPorts, couriers: Couriers, item: OutboxItem, signal: AbortSignal): Promise<void> => {
  const { house, random } = ports;
  const end: End = (await intended(ports, item, signal))
    ? endOf(item, await deliver(ports, couriers, item, signal))
    : // Not a byte of it left.
      { to: "refused", problem: house.halted() ? "EVERYTHING_STOPPED" : "SHUTTING_DOWN" };
  const now = house.clock.now();
  const wait = end.to === "waiting" ? waitBefore(item.attempts, BACKOFF, random) : 0;
  const settled = await house.store.outbox.settle(item.id, end.to, end.problem, instantOf(millisecondsOf(now) + wait));
  const fields = { ...fieldsOf(item), code: end.problem };
  if (!settled.ok) house.log.error("the end of an effect cannot be kept", { ...fields, code: settled.error.code });
  const recorded = await house.audit.record({ event: `effect:${end.to}`, actor: "system", fields });
  if (!recorded.ok)
    house.log.error("the end of an effect cannot be recorded", { ...fields, code: recorded.error.code });
  if (end.to === "unknown" || end.to === "refused") house.log.warn(`an effect is ${end.to}`, fields);
};
