import type { LanguageModelV4 } from "@ai-sdk/provider";

/** Satisfies a library that wants a key before it builds a request; `withoutKey` takes it off again, so it never leaves. */
export const NO_KEY = "kept-in-the-vault";

/** One model at one address. */
export interface VendorWish {
  /** What the settings call it. */
  readonly name: string;
  /** What the vendor calls it. */
  readonly model: string;
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** The only way out; it puts the key on the wire. */
  readonly fetch: typeof fetch;
}

/** One vendor's protocol. */
export interface Vendor {
  /** Its own address; null where the settings have to give one. */
  readonly baseUrl: string | null;
  /** How its key stands on the wire. */
  readonly key: { readonly header: string; readonly prefix: string };
  /** Loads the vendor's library, which costs 0.1 s: called by the first message, not by the gateway's start. */
  load(wish: VendorWish): Promise<LanguageModelV4>;
}

/** The key of an `Authorization: Bearer` header (RFC 6750). */
export const BEARER: Vendor["key"] = Object.freeze({ header: "authorization", prefix: "Bearer " });

/** A fetch that takes off whatever key a library put into `header`, be it ours or one it found in the environment. */
export const withoutKey =
  (fetch: typeof globalThis.fetch, header: string): typeof globalThis.fetch =>
  async (input, init) => {
    const headers = new Headers(init?.headers);
    headers.delete(header);
    return fetch(input, { ...init, headers });
  };
