import { EVENT_KINDS, EventId } from "@moltbot/contracts";
import type { ClockPort, DomainEvent, EventBus, IdPort, LogPort } from "@moltbot/contracts";

/** The one bus, inside this process. A listener that throws is logged and changes nothing for the others. */
export const createEventBus = (ports: {
  readonly clock: ClockPort;
  readonly ids: IdPort;
  readonly log: LogPort;
}): EventBus => {
  const listeners = new Set<(event: DomainEvent) => void>();
  return {
    publish: (name, to, payload) => {
      if (listeners.size === 0) return;
      const event = Object.freeze({
        id: ports.ids.next(EventId),
        name,
        version: EVENT_KINDS[name].version,
        at: ports.clock.now(),
        tenantId: to.tenantId,
        audience: to.audience,
        payload,
      }) as DomainEvent; // the generic N ties name and payload together; TypeScript cannot see that through the union
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (cause) {
          ports.log.error("an event listener failed", { event: name, problem: String(cause) });
        }
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
