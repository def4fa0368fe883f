import type { MoltbotError, Result } from "@moltbot/contracts";
import { moltbotError } from "@moltbot/contracts";
import type { EgressRequest } from "../../egress/index.ts";

/** Which service searches; the owner's choice in the settings, read at every call. */
export interface SearchSettings {
  readonly service: "none" | "searxng" | "brave" | "duckduckgo";
  /** Where it stands; empty: at its own address. */
  readonly baseUrl: string;
  /** The name of a secret of the house that is sent to it; empty: none. */
  readonly secret: string;
}

/** One hit as a service gives it: whatever it says, from outside. */
export interface SearchResult {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
}

/** What somebody looks for; `count` is the most results that are wanted. */
export interface SearchWish {
  readonly query: string;
  readonly count: number;
}

/** The port that every search service is behind. */
export interface SearchService {
  /** Where requests go, without a slash at the end. */
  readonly base: string;
  /** The one request that a wish becomes; its address begins with `base`, whatever the query holds. */
  request(wish: SearchWish): Result<Pick<EgressRequest, "url" | "headers" | "secret">>;
  /** What an answer of status 200 holds; an error for one that is not in the service's form. */
  read(body: string): Result<readonly SearchResult[]>;
  /** What else than usual a status of failure means, as the end of a sentence; null: nothing. */
  explain(status: number, body: string): string | null;
}

/** What a service's answer was, in place of results. */
export const serviceFailed = (base: string, problem: string): MoltbotError =>
  moltbotError("SEARCH_FAILED", { host: URL.parse(base)?.host ?? base, problem });

/** What of the settings keeps from searching, and what to set. */
export const notSetUp = (key: keyof SearchSettings, problem: string): MoltbotError =>
  moltbotError("SEARCH_NOT_SET_UP", { key: `web.search.${key}`, problem });

/** The address of a request: the query can be nothing but the value of one parameter. */
export const addressOf = (base: string, path: string, parameters: Readonly<Record<string, string>>): string =>
  `${base}${path}?${new URLSearchParams(parameters).toString()}`;
