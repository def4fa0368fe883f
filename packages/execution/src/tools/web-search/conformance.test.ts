/** One suite over every search service, against servers on loopback that speak the service's own form; nobody live is asked. */
import type { RequestListener } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { label } from "@moltbot/contracts";
import { callOf, permitsOf, scope } from "../test-support/world.ts";
import { createToolExecutor } from "../create-tool-executor.ts";
import type { SearchSettings } from "./search-service.ts";
import {
  BRAVE_ANSWER,
  braveRefusal,
  DUCKDUCKGO_ANSWER,
  DUCKDUCKGO_CHALLENGE,
  DUCKDUCKGO_NOTHING,
  EXPECTED,
  SEARXNG_ANSWER,
} from "./testing/fixtures.ts";
import { egressOver, KEY, openSearchHouse, say, startNeighbour } from "./testing/search-house.ts";
import type { Neighbour, SearchHouse } from "./testing/search-house.ts";

interface Service {
  readonly name: Exclude<SearchSettings["service"], "none">;
  readonly secret: string;
  readonly type: string;
  readonly answer: string;
  readonly nothing: string;
  readonly path: string;
  readonly parameters: (query: string, count: number) => Readonly<Record<string, string>>;
}

const SERVICES: readonly Service[] = [
  {
    name: "searxng",
    secret: "",
    type: "application/json",
    answer: SEARXNG_ANSWER,
    nothing: JSON.stringify({ query: "x", number_of_results: 0, results: [] }),
    path: "/search",
    parameters: (q) => ({ q, format: "json" }),
  },
  {
    name: "brave",
    secret: "search",
    type: "application/json",
    answer: BRAVE_ANSWER,
    nothing: JSON.stringify({ type: "search", query: { original: "x" } }),
    path: "/res/v1/web/search",
    parameters: (q, count) => ({ q, count: String(count), result_filter: "web", text_decorations: "false" }),
  },
  {
    name: "duckduckgo",
    secret: "",
    type: "text/html; charset=UTF-8",
    answer: DUCKDUCKGO_ANSWER,
    nothing: DUCKDUCKGO_NOTHING,
    path: "/html/",
    parameters: (q) => ({ q }),
  },
];

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});

describe.each(SERVICES)("the search service $name", (service) => {
  const stage = async (
    answer: RequestListener,
    wish: { readonly seconds?: number; readonly path?: string } = {},
  ): Promise<{ readonly server: Neighbour; readonly house: SearchHouse }> => {
    const server = await startNeighbour(answer);
    const egress = egressOver(`127.0.0.1:${String(server.port)}`);
    const settings = { service: service.name, baseUrl: `${server.origin}${wish.path ?? ""}`, secret: service.secret };
    const house = await openSearchHouse(settings, egress, wish.seconds);
    open.push(server, house);
    return { server, house };
  };
  const failing = async (answer: RequestListener, seconds?: number): Promise<string> => {
    const { house } = await stage(answer, seconds === undefined ? {} : { seconds });
    return house.search({ query: "tides" });
  };

  it("sends one request in its form, with the query as one parameter and nothing else of the house", async () => {
    const { server, house } = await stage(say(service.answer, service.type));
    const query = "tides & moon?format=xml#q=x/../ “été” 潮";
    await house.search({ query, count: 5 });
    expect(server.heard).toHaveLength(1);
    const [{ method, url = "", headers } = { method: "", headers: {} }] = server.heard;
    const asked = new URL(url, server.origin);
    expect([method, asked.pathname, asked.hash]).toEqual(["GET", service.path, ""]);
    expect(Object.fromEntries(asked.searchParams)).toEqual(service.parameters(query, 5));
    expect(headers["x-subscription-token"]).toBe(service.name === "brave" ? KEY : undefined);
    expect(headers.cookie).toBeUndefined();
    expect(headers.authorization).toBeUndefined();
  });

  it("gives titles, addresses and snippets, numbered, and drops what is no web address", async () => {
    const { house } = await stage(say(service.answer, service.type));
    const text = await house.search({ query: "tides" });
    expect(text).toBe(
      EXPECTED.map(({ title, url, snippet }, at) => `${String(at + 1)}. ${title}\n   ${url}\n   ${snippet}`).join(
        "\n\n",
      ),
    );
    expect(text).not.toContain(KEY);
  });

  it("gives no more than were asked for, and follows none of them", async () => {
    const { server, house } = await stage(say(service.answer, service.type));
    const text = await house.search({ query: "tides", count: 1 });
    expect(text).toContain("1. Tide tables");
    expect(text).not.toContain("2. ");
    expect(server.heard).toHaveLength(1);
  });

  it("labels what it found as untrusted, public and from that host", async () => {
    const { server, house } = await stage(say(service.answer, service.type));
    const call = callOf("web.search", { query: "tides" });
    const permits = permitsOf();
    const tools = createToolExecutor({ ...house.ports, redeemer: permits });
    const looked = await tools.resolve(call);
    const found = await tools.run(
      permits.mint(call, looked.ok ? looked.value : []),
      call,
      scope,
      new AbortController().signal,
    );
    expect(found).toMatchObject({
      ok: true,
      value: {
        label: label("untrusted", "public", [
          { kind: "host", ref: `127.0.0.1:${String(server.port)}` },
          { kind: "tool", ref: "web.search" },
        ]),
        summary: `Found 2 results for “tides” at 127.0.0.1:${String(server.port)}.`,
      },
    });
  });

  it("says that nothing was found where nothing was", async () => {
    const { house } = await stage(say(service.nothing, service.type));
    expect(await house.search({ query: "tides" })).toBe("Nothing was found.");
  });

  it("keeps to a path that its address has", async () => {
    const { server, house } = await stage(say(service.answer, service.type), { path: "/behind/here/" });
    await house.search({ query: "tides" });
    expect(server.heard[0]?.url?.startsWith(`/behind/here${service.path}?`)).toBe(true);
  });

  it.each([
    [401, "SEARCH_FAILED", "it does not take the key"],
    [403, "SEARCH_FAILED", service.name === "searxng" ? "search.formats" : "it does not let this gateway search"],
    [404, "SEARCH_FAILED", "web.search.baseUrl"],
    [418, "SEARCH_FAILED", "it does not take the search (status 418)"],
    [429, "SEARCH_FAILED", "it limits how often it is asked"],
    [500, "SEARCH_FAILED", "it has trouble of its own (status 500)"],
    [503, "SEARCH_FAILED", "it has trouble of its own (status 503)"],
    [302, "SEARCH_FAILED", "it sends the search on to another address"],
  ])("says what status %i means", async (status, code, words) => {
    const answer = await failing(say("{}", "application/json", status, { location: "https://elsewhere.example/" }));
    expect(answer.startsWith(`${code}: `)).toBe(true);
    expect(answer).toContain(words);
  });

  it("says so where it answers with something else than its form", async () => {
    for (const body of [
      "<html><h1>Sign in to the café's network</h1></html>",
      "",
      "not json",
      "null",
      "[]",
      '{"results":"x"}',
      '{"type":"search","web":{"results":[{"url":7}]}}',
      `${'{"results":'.repeat(50_000)}`,
    ]) {
      const answer = await failing(say(body, service.type));
      expect(answer.startsWith("SEARCH_FAILED: ")).toBe(true);
      expect(answer).toMatch(/instead of JSON|than JSON|not in the form/);
      expect(answer).not.toContain("café");
    }
  });

  it("reads no more than a megabyte", async () => {
    const answer = await failing(say("x".repeat(1_100_000), service.type));
    expect(answer).toBe("RESPONSE_TOO_LARGE: The answer is larger than 1048576 bytes.");
  });

  it("gives up on a service that does not answer, with the time in the error", async () => {
    expect(await failing(() => undefined, 0.2)).toMatch(
      /^TOOL_TIMEOUT: web\.search did not finish within 0\.2 seconds/,
    );
  });

  it("says that nobody is there where nobody is", async () => {
    const { server, house } = await stage(say("", service.type));
    await server.close();
    expect(await house.search({ query: "tides" })).toContain("the connection was refused");
  });
});

describe("what only one of them says", () => {
  const ask = async (
    settings: Pick<SearchSettings, "service" | "secret">,
    answer: RequestListener,
  ): Promise<string> => {
    const server = await startNeighbour(answer);
    const house = await openSearchHouse(
      { ...settings, baseUrl: server.origin },
      egressOver(`127.0.0.1:${String(server.port)}`),
    );
    open.push(server, house);
    return house.search({ query: "tides" });
  };

  it("Brave: a key that it does not know, a query that it does not take, and too many words", async () => {
    const brave = { service: "brave", secret: "search" } as const;
    const refused = (code: string) => say(braveRefusal(422, code), "application/json", 422);
    expect(await ask(brave, refused("SUBSCRIPTION_TOKEN_INVALID"))).toContain("it does not know the key (status 422)");
    expect(await ask(brave, refused("VALIDATION"))).toContain("it does not take this query (status 422)");
    expect(await ask(brave, say("<html>", "text/html", 422))).toContain("it does not take this query");
    const house = await openSearchHouse({ ...brave, baseUrl: "http://127.0.0.1:9" }, egressOver("127.0.0.1:9"));
    open.push(house);
    expect(await house.search({ query: "a ".repeat(60) })).toContain("Brave takes at most 50 words");
  });

  it("Brave: nothing is shown of an answer that repeats the key", async () => {
    const repeats = say(JSON.stringify({ type: "search", debug: KEY }), "application/json");
    const answer = await ask({ service: "brave", secret: "search" }, repeats);
    expect(answer).toContain("repeats a kept secret");
    expect(answer).not.toContain(KEY);
  });

  it("DuckDuckGo: a challenge, by its page or by its status", async () => {
    const duck = { service: "duckduckgo", secret: "" } as const;
    for (const status of [200, 202])
      expect(await ask(duck, say(DUCKDUCKGO_CHALLENGE, "text/html", status))).toContain("whether a person is there");
  });

  it("DuckDuckGo: a page of tags alone is read in time and is not its form", async () => {
    const nested = `${"<div>".repeat(60_000)}${"</p>".repeat(60_000)}`;
    expect(await ask({ service: "duckduckgo", secret: "" }, say(nested, "text/html"))).toContain("not in the form");
  });

  it("SearXNG: a secret goes to a proxy in front of it as a bearer", async () => {
    const server = await startNeighbour(say(SEARXNG_ANSWER, "application/json"));
    const house = await openSearchHouse(
      { service: "searxng", baseUrl: server.origin, secret: "search" },
      egressOver(`127.0.0.1:${String(server.port)}`),
    );
    open.push(server, house);
    expect(await house.search({ query: "tides" })).toContain("1. Tide");
    expect(server.heard[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });
});
