import type { Result } from "@moltbot/contracts";

export interface TransportRequest {
  readonly method: string;
  /** Path and query, from "/". */
  readonly path: string;
  readonly accept: "application/json" | "text/event-stream";
  /** JSON text, or null for no body. */
  readonly body: string | null;
  /** Continues an event stream after the event of this id. */
  readonly lastEventId?: string;
  readonly signal?: AbortSignal;
}

export interface TransportResponse {
  readonly status: number;
  /** The whole body. Rejects when the connection breaks. */
  text(): Promise<string>;
  /** The body as it arrives, decoded. Throws when the connection breaks. */
  chunks(): AsyncIterable<string>;
}

/** Carries one request to the gateway; GATEWAY_UNREACHABLE when nothing answers. */
export interface Transport {
  /** Where the gateway is, in words for an error. */
  readonly address: string;
  send(request: TransportRequest): Promise<Result<TransportResponse>>;
}
