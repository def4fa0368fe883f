import { ok } from "@moltbot/contracts";
import { z } from "zod";
import { addressOf } from "../search-service.ts";
import type { SearchService } from "../search-service.ts";
import { readJson } from "./json-answer.ts";

/** What is used of an answer of `/search?format=json`; engines add fields of their own, and leave some out. */
const Answer = z.object({
  results: z.array(z.object({ url: z.string().nullish(), title: z.string().nullish(), content: z.string().nullish() })),
});

const NO_JSON = "its settings.yml has to list json under search.formats";

/** A SearXNG server, usually the owner's own. A secret, where one is named, opens a proxy in front of it. */
export const searxng = (base: string, secret: string): SearchService => ({
  base,
  request: ({ query }) =>
    ok({
      url: addressOf(base, "/search", { q: query, format: "json" }),
      headers: { accept: "application/json" },
      secret: secret === "" ? null : { name: secret, header: "authorization", prefix: "Bearer " },
    }),
  read: (body) => {
    const answer = readJson(base, body, Answer, `: ${NO_JSON}`);
    if (!answer.ok) return answer;
    return ok(
      answer.value.results.map(({ url, title, content }) => ({
        url: url ?? "",
        title: title ?? "",
        snippet: content ?? "",
      })),
    );
  },
  explain: (status) => (status === 403 ? NO_JSON : null),
});
