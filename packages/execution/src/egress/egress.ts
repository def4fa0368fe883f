import type { HttpMethod, PrincipalId, Result, SecretId } from "@moltbot/contracts";
import type { OnBehalf } from "./connections/connection.ts";

/**
 * On whose word something is dialled. `tool`: `hosts` are the exact `host:port` that the permitted call names, `granted`
 * those that the grant of the call names, of which private ones may be reached. `provider`: one configured model server,
 * wherever it stands.
 */
export type EgressAuthority =
  | {
      readonly kind: "tool";
      readonly hosts: readonly string[];
      readonly granted: readonly string[];
      /** What the grant says of methods and paths; absent: nothing. Every hop keeps to it. */
      readonly limits?: RequestLimits;
      /** The tool, for the record. */
      readonly tool?: string;
      /** For whom, for the record and the limits of what one person sends; absent: for the house. */
      readonly behalf?: OnBehalf;
    }
  | { readonly kind: "provider"; readonly origin: string };

/** Limits that all hold: each list of methods names the method, each list of prefixes holds the path. */
export interface RequestLimits {
  readonly methods: readonly (readonly HttpMethod[])[];
  readonly prefixes: readonly (readonly string[])[];
}

/**
 * A secret to put on the wire as `header: prefix + text`; the text itself is lent by the vault for the host and the header it is
 * bound to.
 */
export interface EgressSecret {
  readonly name: string;
  /** Null: the one that it is bound to, otherwise `Authorization`. */
  readonly header: string | null;
  /** Null: what is usual there, which is `Bearer ` in `Authorization` and nothing elsewhere. */
  readonly prefix: string | null;
  /** Whose own it is, lent to that person; absent: the house's, lent by its name. */
  readonly keptBy?: { readonly person: PrincipalId; readonly id: SecretId };
}

/** One request. Limits that are absent take the defaults of the authority's kind. */
export interface EgressRequest {
  readonly method: HttpMethod;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | null;
  readonly secret?: EgressSecret | null;
  /** False: an answer that redirects is the answer. Otherwise redirects are followed. */
  readonly follow?: boolean;
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
  /** True where headers and body were taken out, because they repeat a kept secret. */
  readonly withheld?: boolean;
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
