import type { Json, JsonObject } from "./json.ts";

/** What a request may do to a host. */
export type HttpMethod = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One web request. */
export interface HttpRequest {
  /** `GET` where it is left out. The permission `http` names the methods. */
  readonly method?: HttpMethod;
  /** A whole `https:` or `http:` address. Its host and port stand in the permission `http`, or were chosen by the owner. */
  readonly url: string;
  /** The house sets `host`, `cookie`, `connection` and the like itself; what stands here for them is left out. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Text, at most 256 KiB; the whole request as JSON at most `limits.outputBytes`, which is 32 KiB where the manifest says nothing. */
  readonly body?: string | null;
  /** A handle from `secrets.handle`. The house adds the header that the secret is bound to, otherwise `Authorization: Bearer …`. */
  readonly secret?: SecretHandle | null;
}

/** What a host answered. Every status is an answer: look at it. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; no cookies. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as UTF-8 text, unpacked; at most 1 MiB. Bytes that are no UTF-8 are replaced. It is a stranger's text. */
  readonly body: string;
}

declare const handle: unique symbol;

/** Stands for a secret that the plugin never sees. It is worth something in `http.fetch` alone, during the same call. */
export interface SecretHandle {
  readonly [handle]: true;
}

/**
 * What a call may ask of the house. All of it counts against `limits.asksPerCall`; one ask more is PLUGIN_LIMIT. A refusal is a
 * `HostError`, thrown. A host is worth something during the call that it was given to, and nothing afterwards.
 */
export interface Host {
  readonly http: {
    /**
     * Sends one request and waits for the whole answer. Redirects are followed among the plugin's own hosts.
     * Needs `http`. PLUGIN_MAY_NOT: another host, method or secret. PLUGIN_LIMIT: too long or too often. Otherwise the way out's
     * own words, such as HOST_NOT_ALLOWED (the agent's grant lacks the host), ADDRESS_REFUSED (a private address), FETCH_FAILED.
     * Eight may wait for their answers at once; one more is PLUGIN_LIMIT.
     */
    fetch(request: HttpRequest): Promise<HttpAnswer>;
  };
  /**
   * A box of its own. There is one for each person and each audience: what was kept where only Ann reads is not there where Bob
   * reads too. It is sealed at rest and goes with the plugin, or with the person. All of it needs `storage`, otherwise PLUGIN_MAY_NOT.
   */
  readonly storage: {
    /** What was kept under the key; null where nothing was. */
    get(key: string): Promise<Json>;
    /**
     * Keeps a value under a key of 1 to 200 characters. PLUGIN_LIMIT where keys and values (as JSON, in UTF-8) would come to
     * more bytes than the permission says; then nothing is changed.
     */
    set(key: string, value: Json): Promise<void>;
    /** Takes it out; nothing happens where nothing is. */
    delete(key: string): Promise<void>;
    /** The keys that begin so, sorted; at most 1,000. */
    keys(prefix?: string): Promise<readonly string[]>;
  };
  readonly secrets: {
    /** A handle to the secret that the owner joined with this name. Needs `secret` with the name, otherwise PLUGIN_MAY_NOT. */
    handle(name: string): Promise<SecretHandle>;
  };
  readonly events: {
    /**
     * Tells the house of something, as the event `plugin:emitted`; `data` is at most 1 KiB as JSON. Nobody's word: it starts no turn
     * and grants nothing. Needs `events` with `emits`, otherwise PLUGIN_MAY_NOT.
     */
    emit(name: string, data: Json): Promise<void>;
  };
  readonly tools: {
    /**
     * Calls a tool of the house through its guard, as a call of the agent that called the plugin, and gives the text that a model
     * would get. What a person would be asked about is refused. Needs `tools` with the name, otherwise PLUGIN_MAY_NOT.
     */
    call(name: string, args: JsonObject): Promise<string>;
  };
  /** Writes one line for whoever tests the plugin, at most 1,000 characters. Needs no permission and is kept nowhere. */
  log(text: string): void;
}

/** How the house refuses: an `Error` with the code of the house's own table. `message` says what was missing. */
export interface HostError extends Error {
  readonly code: string;
}
