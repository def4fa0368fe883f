/** Answers in the services' own published forms, made up by hand: no answer of a live service stands here. */

/** What each fixture's first two results say, whichever service gave them. */
export const EXPECTED = [
  {
    title: "Tide tables & harbours",
    url: "https://tides.example/tables?port=7",
    snippet: "High water at 06:12 <local time>.",
  },
  { title: "Moon phases", url: "https://moon.example/", snippet: "When the moon is full, tides are high." },
] as const;

/** SearXNG, `GET /search?format=json` (docs.searxng.org, Search API). */
export const SEARXNG_ANSWER = JSON.stringify({
  query: "tides",
  number_of_results: 0,
  results: [
    {
      url: "https://tides.example/tables?port=7",
      title: "Tide tables & harbours",
      content: "High water at 06:12 <local time>.",
      thumbnail: "",
      engine: "bing",
      template: "default.html",
      parsed_url: ["https", "tides.example", "/tables", "", "port=7", ""],
      engines: ["bing", "mojeek"],
      positions: [1, 2],
      publishedDate: null,
      score: 3.5,
      category: "general",
    },
    {
      url: "https://moon.example/",
      title: "Moon phases",
      content: "When the moon is full, tides are high.",
      engine: "mojeek",
      engines: ["mojeek"],
      positions: [3],
      score: 0.3,
      category: "general",
    },
    { url: "magnet:?xt=urn:btih:0", title: "no web address", content: null, engine: "x", category: "files" },
  ],
  answers: [{ template: "answer/legacy.html", engine: "x", answer: "not a result" }],
  corrections: [],
  infoboxes: [],
  suggestions: ["tides today"],
  unresponsive_engines: [["brave", "timeout"]],
});

/** Brave, `WebSearchApiResponse` (api-dashboard.search.brave.com, Web Search API, response objects). */
export const BRAVE_ANSWER = JSON.stringify({
  type: "search",
  query: { original: "tides", show_strict_warning: false, is_navigational: false, more_results_available: true },
  mixed: { type: "mixed", main: [{ type: "web", index: 0, all: false }], top: [], side: [] },
  web: {
    type: "search",
    family_friendly: true,
    results: [
      {
        type: "search_result",
        subtype: "generic",
        title: "Tide tables &amp; harbours",
        url: "https://tides.example/tables?port=7",
        is_source_local: false,
        is_source_both: false,
        description: "High water at <strong>06:12</strong> &lt;local time&gt;.",
        profile: {
          name: "Tides",
          url: "https://tides.example/",
          long_name: "tides.example",
          img: "https://img.example/a",
        },
        language: "en",
        family_friendly: true,
        meta_url: {
          scheme: "https",
          netloc: "tides.example",
          hostname: "tides.example",
          favicon: "",
          path: "› tables",
        },
        extra_snippets: ["not shown"],
      },
      {
        type: "search_result",
        title: "Moon phases",
        url: "https://moon.example/",
        description: "When the moon is full, tides are high.",
        language: "en",
        family_friendly: true,
      },
      { type: "search_result", title: "no web address", url: "javascript:alert(1)" },
    ],
  },
});

/** Brave's `ErrorResponse`. */
export const braveRefusal = (status: number, code: string): string =>
  JSON.stringify({
    id: "3c1",
    status,
    type: "ErrorResponse",
    error: { id: "3c1", status, code, detail: "no" },
    time: 1,
  });

const ddgResult = (href: string, title: string, snippet: string): string => `
<div class="result results_links results_links_deep web-result ">
  <div class="links_main links_deep result__body">
    <h2 class="result__title"><a rel="nofollow" class="result__a" href="${href}">${title}</a></h2>
    <div class="result__extras"><div class="result__extras__url"><a class="result__url" href="${href}"> shown address </a></div></div>
    <a class="result__snippet" href="${href}">${snippet}</a>
    <div class="clear"></div>
  </div>
</div>`;

const ddgPage = (links: string): string =>
  `<!DOCTYPE html><html><head><title>tides at DuckDuckGo</title></head><body class="body--html"><form action="/html/" method="post"><input name="q" value="tides"></form><div class="serp__results"><div id="links" class="results">${links}</div></div></body></html>`;

/** DuckDuckGo's page for browsers without scripts, as it was described in 2026; it has no published form. */
export const DUCKDUCKGO_ANSWER = ddgPage(
  `<div class="result results_links results_links_deep result--ad "><div><h2 class="result__title"><a class="result__a" href="https://duckduckgo.com/y.js?ad_domain=x">An advertisement</a></h2><a class="result__snippet">Buy!</a></div></div>` +
    ddgResult(
      "//duckduckgo.com/l/?uddg=https%3A%2F%2Ftides.example%2Ftables%3Fport%3D7&amp;rut=c0ffee",
      "Tide tables &amp; harbours",
      "High water at <b>06:12</b> &lt;local time&gt;.",
    ) +
    ddgResult("https://moon.example/", "Moon phases", "When the moon is full, <b>tides</b> are high.") +
    ddgResult("javascript:alert(1)", "no web address", ""),
);
export const DUCKDUCKGO_NOTHING = ddgPage(
  `<div class="result results_links result--no-result"><div class="no-results">No results.</div></div>`,
);
export const DUCKDUCKGO_CHALLENGE = `<!DOCTYPE html><html><body><form id="challenge-form" action="//duckduckgo.com/anomaly.js"><div class="anomaly-modal__title">Unfortunately, bots use DuckDuckGo too.</div></form></body></html>`;
