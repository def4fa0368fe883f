import { err } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import type { Egress, EgressAuthority, EgressResponse } from "../../egress/index.ts";
import { serviceFailed } from "./search-service.ts";
import type { SearchResult, SearchService, SearchWish } from "./search-service.ts";

const MOST_BYTES = 1024 * 1024;

const USUAL: Readonly<Record<number, string>> = Object.freeze({
  401: "it does not take the key, or wants one (web.search.secret)",
  403: "it does not let this gateway search",
  404: "nothing answers there; is web.search.baseUrl right?",
  429: "it limits how often it is asked; wait a little",
});

const problemOf = ({ status, body }: EgressResponse, service: SearchService): string | null => {
  const special = service.explain(status, status === 200 ? "" : textOf(body));
  const code = `(status ${String(status)})`;
  if (special !== null) return `${special} ${code}`;
  if (status === 200) return null;
  // Followed, it would take the query to somebody whom nobody allowed.
  if (status >= 300 && status <= 399) return `it sends the search on to another address, which is not followed ${code}`;
  if (status >= 500) return `it has trouble of its own ${code}`;
  return `${USUAL[status] ?? "it does not take the search"} ${code}`;
};

const textOf = (body: Uint8Array): string => new TextDecoder().decode(body);

/** Asks a service once, and follows nothing: neither a redirect nor a result. */
export const askService = async (
  egress: Egress,
  authority: EgressAuthority,
  service: SearchService,
  wish: SearchWish,
  signal: AbortSignal,
): Promise<Result<readonly SearchResult[]>> => {
  const request = service.request(wish);
  if (!request.ok) return request;
  const { url, headers = {}, secret = null } = request.value;
  const answer = await egress.send(
    authority,
    {
      method: "GET",
      url,
      headers: { "user-agent": "Moltbot", ...headers },
      secret,
      follow: false,
      maxBytes: MOST_BYTES,
    },
    signal,
  );
  if (!answer.ok) return answer;
  if (answer.value.withheld === true)
    return err(serviceFailed(service.base, "its answer repeats a kept secret, so nobody reads it"));
  const problem = problemOf(answer.value, service);
  return problem === null ? service.read(textOf(answer.value.body)) : err(serviceFailed(service.base, problem));
};
