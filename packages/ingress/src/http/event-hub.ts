import type { ServerResponse } from "node:http";
import { done, err, moltbotError } from "@moltbot/contracts";
import type { DomainEvent, EventBus, Principal, Result } from "@moltbot/contracts";
import { domainFrame, frameOf, openEventStream } from "./event-stream.ts";
import type { EventStream, EventStreamOptions } from "./event-stream.ts";

const REMEMBERED = 256;
const STREAMS_OF_ONE = 32;

/** When a client is no longer who it was, and what it is told then. */
interface Farewell {
  readonly stillGood: () => Promise<boolean>;
  readonly endedFrame: string;
}

export interface EventHub {
  /** Follows the events a principal may see; continues after `lastEventId` while that is remembered, and says `stream:gap` when not. */
  follow(
    response: ServerResponse,
    principal: Principal,
    lastEventId: string | undefined,
    options: Pick<EventStreamOptions, "heartbeat" | "backlog"> & Farewell,
  ): Result<void>;
  close(lastFrame: string): void;
}

const maySee = (principal: Principal, event: DomainEvent): boolean =>
  event.tenantId === principal.tenantId && event.audience.includes(principal.id);

/** One subscription to the bus for all clients. A frame is made once, and a slow client never slows the publisher. */
export const createEventHub = (bus: EventBus): EventHub => {
  const clients = new Map<EventStream, Principal>();
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
  });

  const catchUp = (stream: EventStream, principal: Principal, lastEventId: string): void => {
    const at = recent.findIndex(({ id }) => id === lastEventId);
    if (at < 0) return stream.write(frameOf("stream:gap", {}));
    for (const event of recent.slice(at + 1)) if (maySee(principal, event)) stream.write(domainFrame(event));
  };

  return {
    follow(response, principal, lastEventId, options) {
      const count = [...clients.values()].filter(({ id }) => id === principal.id).length;
      if (count >= STREAMS_OF_ONE)
        return err(moltbotError("RATE_LIMITED", { limit: STREAMS_OF_ONE, window: 1, retryAfter: 5 }));
      // A revoked token or an ended session must not go on listening; who cannot be checked must not either.
      const check = async (): Promise<void> => {
        const good = await options.stillGood().catch(() => false);
        if (!good) stream.end(options.endedFrame);
      };
      const stream = openEventStream(response, {
        ...options,
        onClose: () => clients.delete(stream),
        onBeat: () => void check(),
      });
      clients.set(stream, principal);
      if (lastEventId !== undefined) catchUp(stream, principal, lastEventId);
      return done;
    },
    close(lastFrame) {
      unsubscribe();
      for (const stream of clients.keys()) stream.end(lastFrame);
    },
  };
};
