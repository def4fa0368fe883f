import { err, moltbotError, ok } from "@moltbot/contracts";
import { z } from "zod";
import { htmlLine } from "../../web-fetch/html/html-line.ts";
import { addressOf } from "../search-service.ts";
import type { SearchService } from "../search-service.ts";
import { readJson } from "./json-answer.ts";

export const BRAVE = "https://api.search.brave.com";
const MOST_WORDS = 50;

/** What is used of a WebSearchApiResponse; `web` is left out where nothing was found. */
const Answer = z.object({
  type: z.literal("search"),
  web: z
    .object({
      results: z.array(z.object({ title: z.string(), url: z.string(), description: z.string().nullish() })),
    })
    .nullish(),
});

const Refusal = z.object({ error: z.object({ code: z.string() }) });

const codeOf = (body: string): string => {
  try {
    const parsed = Refusal.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data.error.code : "";
  } catch {
    // A refusal that is no JSON says nothing more than its status.
    return "";
  }
};

/** The Brave Search API. Its key is put on the wire behind the egress boundary, in the one header that it takes it from. */
export const brave = (base: string, secret: string): SearchService => ({
  base,
  request: ({ query, count }) => {
    if (query.split(/\s+/u).length > MOST_WORDS)
      return err(
        moltbotError("TOOL_ARGUMENTS_INVALID", {
          tool: "web.search",
          path: "/query",
          problem: `Brave takes at most ${String(MOST_WORDS)} words`,
        }),
      );
    return ok({
      url: addressOf(base, "/res/v1/web/search", {
        q: query,
        count: String(count),
        result_filter: "web",
        text_decorations: "false",
      }),
      headers: { accept: "application/json" },
      secret: { name: secret, header: "X-Subscription-Token", prefix: "" },
    });
  },
  read: (body) => {
    const answer = readJson(base, body, Answer, "");
    if (!answer.ok) return answer;
    const results = answer.value.web?.results ?? [];
    // Its texts are HTML: escaped, and with marks around what was found where decorations are not turned off.
    return ok(
      results.map(({ title, url, description }) => ({
        title: htmlLine(title),
        url,
        snippet: htmlLine(description ?? ""),
      })),
    );
  },
  explain: (status, body) => {
    if (status === 422 && codeOf(body) === "SUBSCRIPTION_TOKEN_INVALID") return "it does not know the key";
    return status === 422 ? "it does not take this query" : null;
  },
});
