import type { ServerResponse } from "node:http";
import type { DomainEvent } from "@moltbot/contracts";

/** What may wait for a client that reads slowly; past it the client is dropped. */
const LARGEST_BACKLOG = 1_048_576;
const HEARTBEAT = 15_000;
const LAST_WORDS = 5_000;

/** One server-sent event as text. JSON has no line breaks, so one data line holds it. */
export const frameOf = (event: string, data: unknown, id?: string): string =>
  `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;

/** A domain event as text; its id lets a client continue after it. */
export const domainFrame = (event: DomainEvent): string => frameOf(event.name, event, event.id);

/** A response that goes on. */
export interface EventStream {
  /** Writes a frame; a client whose backlog is full gets `stream:dropped` as its last one. */
  write(frame: string): void;
  end(frame?: string): void;
}

export interface EventStreamOptions {
  readonly heartbeat?: number;
  readonly backlog?: number;
  /** The last frame of a client that reads too slowly, where its protocol has a form of its own. */
  readonly dropped?: string;
  /** Runs at each heartbeat. */
  readonly onBeat?: () => void;
  /** Runs once, however it ended. */
  readonly onClose: () => void;
}

/** Starts an event stream on a response. Headers set before stay. */
export const openEventStream = (response: ServerResponse, options: EventStreamOptions): EventStream => {
  const backlog = options.backlog ?? LARGEST_BACKLOG;
  let open = true;
  const beat = setInterval(() => {
    stream.write(": still here\n\n");
    options.onBeat?.();
  }, options.heartbeat ?? HEARTBEAT);
  beat.unref();
  const close = (): void => {
    if (!open) return;
    open = false;
    clearInterval(beat);
    options.onClose();
  };
  const stream: EventStream = {
    write(frame) {
      if (!open) return;
      if (response.writableLength > backlog)
        return stream.end(options.dropped ?? frameOf("stream:dropped", { reason: "The client read too slowly." }));
      response.write(frame);
    },
    end(frame) {
      if (!open) return;
      response.end(frame);
      close();
      const last = setTimeout(() => response.destroy(), LAST_WORDS);
      last.unref();
      response.once("close", () => clearTimeout(last));
    },
  };
  response.on("close", close);
  response.on("error", close);
  response.writeHead(200, { "Content-Type": "text/event-stream", "X-Accel-Buffering": "no" });
  response.write(": open\n\n");
  return stream;
};
