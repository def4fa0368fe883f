import { err, ok } from "@moltbot/contracts";
import { Parser } from "htmlparser2";
import { addressOf, serviceFailed } from "../search-service.ts";
import type { SearchResult, SearchService } from "../search-service.ts";

export const DUCKDUCKGO = "https://html.duckduckgo.com";
const MOST_RESULTS = 50;
const DEEPEST = 512;

/** Its links lead over a counter of its own, with the address as a parameter. */
const targetOf = (href: string): string => {
  const url = URL.parse(href, DUCKDUCKGO);
  if (url === null) return "";
  const counted = /(^|\.)duckduckgo\.com$/.test(url.hostname) && url.pathname === "/l/";
  return counted ? (url.searchParams.get("uddg") ?? "") : url.href;
};

interface Draft {
  readonly title: string[];
  readonly snippet: string[];
  url: string;
}

/** What is being read into: the classes of a link decide. */
type Piece = "title" | "snippet";

interface Found {
  readonly results: readonly SearchResult[];
  readonly isChallenge: boolean;
  readonly saysNone: boolean;
}

const classesOf = (given: Readonly<Record<string, string>>): ReadonlySet<string> =>
  new Set((Object.hasOwn(given, "class") ? (given["class"] ?? "") : "").split(/\s+/));

const readPage = (html: string): Found => {
  const drafts: Draft[] = [];
  const open: { readonly ad: boolean; readonly piece: Piece | null }[] = [];
  let isChallenge = false;
  let saysNone = false;
  const parser = new Parser({
    onopentag: (name, given) => {
      const classes = classesOf(given);
      const around = open.at(-1);
      const ad = around?.ad === true || classes.has("result--ad");
      let piece: Piece | null = around?.piece ?? null;
      if (given["id"] === "challenge-form" || classes.has("anomaly-modal__title")) isChallenge = true;
      if (classes.has("no-results") || classes.has("result--no-result")) saysNone = true;
      if (!ad && name === "a" && classes.has("result__a")) {
        drafts.push({ url: targetOf(given["href"] ?? ""), title: [], snippet: [] });
        piece = "title";
      } else if (!ad && classes.has("result__snippet")) piece = "snippet";
      open.push({ ad, piece });
      if (open.length > DEEPEST || drafts.length > MOST_RESULTS) parser.pause();
    },
    onclosetag: () => void open.pop(),
    ontext: (words) => {
      const { ad = false, piece = null } = open.at(-1) ?? {};
      if (!ad && piece !== null) drafts.at(-1)?.[piece].push(words);
    },
  });
  parser.write(html);
  const results = drafts.map(({ title, snippet, url }) => ({ title: title.join(""), snippet: snippet.join(""), url }));
  return { results, isChallenge, saysNone };
};

/** DuckDuckGo's page for browsers without scripts: no key, no promise of its form. */
export const duckduckgo = (base: string): SearchService => ({
  base,
  request: ({ query }) =>
    ok({ url: addressOf(base, "/html/", { q: query }), headers: { accept: "text/html" }, secret: null }),
  read: (body) => {
    const { results, isChallenge, saysNone } = readPage(body);
    if (results.length > 0 || saysNone) return ok(results);
    return err(
      serviceFailed(
        base,
        isChallenge
          ? "it wants to know whether a person is there; wait, or set another web.search.service"
          : "its page is not in the form that is known; it may have changed",
      ),
    );
  },
  // It says so with a status of success and its challenge.
  explain: (status) =>
    status === 202 ? "it wants to know whether a person is there; wait, or set another service" : null,
});
