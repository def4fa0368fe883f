import type { Result } from "@moltbot/contracts";

/**
 * On whose word something is dialled. `tool`: `hosts` are the exact `host:port` that the permitted call names, `granted`
 * those that an owner granted although they are private. `provider`: one configured model server, wherever it stands.
 */
export type EgressAuthority =
  | { readonly kind: "tool"; readonly hosts: readonly string[]; readonly granted: readonly string[] }
  | { readonly kind: "provider"; readonly origin: string };

/** A secret to put on the wire as `header: prefix + text`; the text itself is lent by the vault for the host it is bound to. */
export interface EgressSecret {
  readonly name: string;
  readonly header: string;
  readonly prefix: string;
}

/** One request. Limits that are absent take the defaults of the authority's kind. */
export interface EgressRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | null;
  readonly secret?: EgressSecret | null;
  /** Most bytes of the body after decompression; more is RESPONSE_TOO_LARGE. */
  readonly maxBytes?: number;
}

/** The whole answer of the last hop. Header names are lower-case; cookies are not among them. */
export interface EgressResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The address that answered, after redirects. */
  readonly url: string;
  readonly body: Uint8Array;
  readonly redirects: number;
}

/** The way out. */
export interface Egress {
  /** Sends one request and returns the whole body, byte-limited; every redirect is checked like a first address. */
  send(authority: EgressAuthority, request: EgressRequest, signal: AbortSignal): Promise<Result<EgressResponse>>;
  /**
   * A fetch function for a client library, bound to one authority: it streams, follows no redirect and puts the secret on
   * the wire. It rejects with an `EgressFault` that carries the named error, or with the signal's reason when aborted.
   */
  fetchFor(authority: EgressAuthority, secret: EgressSecret | null): typeof fetch;
  /** Closes every connection; later calls fail. */
  close(): Promise<void>;
}
