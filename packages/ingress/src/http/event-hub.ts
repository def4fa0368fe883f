import type { ServerResponse } from "node:http";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { DomainEvent, EventBus, MoltbotError, Principal, Result } from "@moltbot/contracts";
import { domainFrame, frameOf, openEventStream } from "./event-stream.ts";
import type { EventStream, EventStreamOptions } from "./event-stream.ts";
import { watchListener } from "./watch-listener.ts";

const REMEMBERED = 256;
const STREAMS_OF_ONE = 32;

/** Whether a client may go on listening, and its last frame when not. */
interface Farewell {
  readonly stillGood: () => Promise<Result<void>>;
  readonly farewell: (error: MoltbotError) => string;
}

export interface EventHub {
  /** Follows the events a principal may see; continues after `lastEventId` while that is remembered, and says `stream:gap` when not. */
  follow(
    response: ServerResponse,
    principal: Principal,
    lastEventId: string | undefined,
    options: Pick<EventStreamOptions, "heartbeat" | "backlog"> & Farewell,
  ): Result<void>;
  /** Hands out the events a principal may see, from now on; gives the function that ends it. */
  listen(principal: Principal, hear: (event: DomainEvent) => void): Result<() => void>;
  close(lastFrame: string): void;
}

const maySee = (principal: Principal, event: DomainEvent): boolean =>
  event.tenantId === principal.tenantId && event.audience.includes(principal.id);

/** One subscription to the bus for all clients. A frame is made once, and a slow client never slows the publisher. */
export const createEventHub = (bus: EventBus): EventHub => {
  const clients = new Map<EventStream, Principal>();
  const listeners = new Map<(event: DomainEvent) => void, Principal>();
  const recent: DomainEvent[] = [];
  const unsubscribe = bus.subscribe((event) => {
    // Deltas are not remembered: the whole message follows them.
    if (event.name !== "message:delta") {
      recent.push(event);
      if (recent.length > REMEMBERED) recent.shift();
    }
    let frame: string | undefined;
    for (const [stream, principal] of clients) {
      if (maySee(principal, event)) stream.write((frame ??= domainFrame(event)));
    }
    for (const [hear, principal] of listeners) if (maySee(principal, event)) hear(event);
  });
  const room = (principal: Principal): Result<void> => {
    const count = [...clients.values(), ...listeners.values()].filter(({ id }) => id === principal.id).length;
    if (count < STREAMS_OF_ONE) return done;
    return err(moltbotError("RATE_LIMITED", { limit: STREAMS_OF_ONE, window: 1, retryAfter: 5 }));
  };

  const catchUp = (stream: EventStream, principal: Principal, lastEventId: string): void => {
    const at = recent.findIndex(({ id }) => id === lastEventId);
    if (at < 0) return stream.write(frameOf("stream:gap", {}));
    for (const event of recent.slice(at + 1)) if (maySee(principal, event)) stream.write(domainFrame(event));
  };

  return {
    follow(response, principal, lastEventId, options) {
      const free = room(principal);
      if (!free.ok) return free;
      const { stillGood, farewell, ...rest } = options;
      const unwatch = watchListener(stillGood, rest.heartbeat, (error) => stream.end(farewell(error)));
      const stream = openEventStream(response, {
        ...rest,
        onClose: () => {
          unwatch();
          clients.delete(stream);
        },
      });
      clients.set(stream, principal);
      if (lastEventId !== undefined) catchUp(stream, principal, lastEventId);
      return done;
    },
    listen(principal, hear) {
      const free = room(principal);
      if (!free.ok) return free;
      const own = (event: DomainEvent): void => hear(event);
      listeners.set(own, principal);
      return ok(() => void listeners.delete(own));
    },
    close(lastFrame) {
      unsubscribe();
      listeners.clear();
      for (const stream of clients.keys()) stream.end(lastFrame);
    },
  };
};
