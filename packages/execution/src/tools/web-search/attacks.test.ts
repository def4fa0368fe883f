/** Attacks on the search by whoever chooses the query, runs the service or answers in its place; the world is looked at afterwards. */
import { afterEach, describe, expect, it } from "vitest";
import { ok } from "@moltbot/contracts";

import { parseTarget } from "../../egress/index.ts";
import type { Egress } from "../../egress/index.ts";
import { createToolExecutor } from "../create-tool-executor.ts";
import { callOf, permitsOf, scope } from "../test-support/world.ts";
import { askService } from "./ask-service.ts";
import type { SearchSettings } from "./search-service.ts";
import { searxng } from "./services/searxng.ts";
import { SEARXNG_ANSWER } from "./testing/fixtures.ts";
import { egressOver, KEY, openSearchHouse, say, startNeighbour } from "./testing/search-house.ts";
import type { Neighbour } from "./testing/search-house.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).toReversed()) await thing.close();
});
const neighbour = async (...answer: Parameters<typeof startNeighbour>): Promise<Neighbour> => {
  const started = await startNeighbour(...answer);
  open.push(started);
  return started;
};
const secretNeighbour = (): Promise<Neighbour> =>
  neighbour(say(JSON.stringify({ results: [{ url: "http://x.example/", title: "inside" }] }), "application/json"));
const searchWith = async (
  settings: SearchSettings | (() => SearchSettings),
  egress: Egress,
  query = "tides",
): Promise<string> => {
  const house = await openSearchHouse(settings, egress);
  open.push(house);
  return house.search({ query });
};
const at = (server: Neighbour): SearchSettings => ({ service: "searxng", baseUrl: server.origin, secret: "" });
const bound = (server: Neighbour): string => `127.0.0.1:${String(server.port)}`;

/** A way out that follows redirects where the search asks it not to, as far as its own checks let it. */
const following = (egress: Egress): Egress => ({
  ...egress,
  send: (authority, { follow: _follow, ...request }, signal) => egress.send(authority, request, signal),
});
/** A way out that follows them anywhere: wherever it is sent counts as granted. */
const followingAnywhere = (egress: Egress): Egress => ({
  ...egress,
  send: async (authority, request, signal) => {
    const answer = await egress.send(authority, request, signal);
    const location = answer.ok ? answer.value.headers["location"] : undefined;
    if (location === undefined) return answer;
    const target = parseTarget(location);
    const hosts = target.ok ? [target.value.authority] : [];
    return egress.send({ kind: "tool", hosts, granted: hosts }, { ...request, url: location }, signal);
  },
});

describe("a search service that sends the search on", () => {
  const redirecting = (to: string): Promise<Neighbour> => neighbour(say("", "text/html", 302, { location: to }));

  it.each([301, 302, 303, 307, 308])("reaches no neighbour of this machine by %i", async (status) => {
    const victim = await secretNeighbour();
    const service = await neighbour(say("", "text/html", status, { location: `${victim.origin}/admin` }));
    const answer = await searchWith(at(service), egressOver(bound(service)), "!!bang secret words");
    expect(answer).toContain("it sends the search on to another address, which is not followed");
    expect(victim.heard).toEqual([]);
    expect(service.heard).toHaveLength(1);
  });

  it("reaches none either where a redirect were followed: the way out has its own no", async () => {
    const victim = await secretNeighbour();
    const service = await redirecting(victim.origin);
    expect(await searchWith(at(service), following(egressOver(bound(service))))).toMatch(
      /^(HOST_NOT_ALLOWED|ADDRESS_REFUSED)/,
    );
    expect(victim.heard).toEqual([]);
  });

  it("unplug: followed wherever it leads, it reads the neighbour", async () => {
    const victim = await secretNeighbour();
    const service = await redirecting(`${victim.origin}/admin`);
    const egress = followingAnywhere(egressOver(bound(service)));
    expect(await searchWith(at(service), egress)).toContain("inside");
    expect(victim.heard.map(({ url }) => url)).toEqual(["/admin"]);
  });
});

const hostile = (victim: Neighbour): readonly string[] => [
  `@127.0.0.1:${String(victim.port)}/`,
  `//127.0.0.1:${String(victim.port)}/`,
  `\\\\127.0.0.1:${String(victim.port)}\\`,
  `${victim.origin}/`,
  `x HTTP/1.1\r\nHost: 127.0.0.1:${String(victim.port)}\r\n\r\nGET /`,
  `x&format=html&q=y#@127.0.0.1:${String(victim.port)}`,
  "../../../config",
  "%2e%2e%2f%00",
  "x\u0000y",
  "x\ud800y",
  "!!g tides",
];

describe("a query that would be more than a query", () => {
  it("changes neither the host nor the path nor another parameter", async () => {
    const victim = await secretNeighbour();
    const service = await neighbour(say(SEARXNG_ANSWER, "application/json"));
    const house = await openSearchHouse(at(service), egressOver(bound(service)));
    open.push(house);
    for (const query of hostile(victim)) {
      expect(await house.resolve({ query })).toBe(bound(service));
      expect(await house.search({ query })).toContain("1. Tide tables");
      const asked = new URL(service.heard.at(-1)?.url ?? "", service.origin);
      expect(asked.pathname).toBe("/search");
      expect([...asked.searchParams.keys()]).toEqual(["q", "format"]);
      expect(asked.searchParams.get("q")).toBe(query.toWellFormed());
    }
    expect(service.heard).toHaveLength(hostile(victim).length);
    expect(victim.heard).toEqual([]);
  });

  it("unplug: put behind the address as it is, and dialled where that leads, it chooses the host", async () => {
    const victim = await secretNeighbour();
    const service = await neighbour(say(SEARXNG_ANSWER, "application/json"));
    const naive = {
      ...searxng(service.origin, ""),
      request: ({ query }: { readonly query: string }) => ok({ url: query }),
    };
    const query = `${victim.origin}/`;
    const target = parseTarget(query);
    const authority = target.ok ? target.value.authority : "";
    const egress = egressOver(bound(service));
    open.push(egress);
    const found = await askService(
      egress,
      { kind: "tool", hosts: [authority], granted: [authority] },
      naive,
      { query, count: 8 },
      new AbortController().signal,
    );
    expect(found).toMatchObject({ ok: true, value: [{ title: "inside" }] });
    expect(victim.heard).toHaveLength(1);
  });
});

describe("the key of a search service", () => {
  it("goes to no host that it is not bound to, whatever the address was set to", async () => {
    const other = await secretNeighbour();
    const answer = await searchWith(
      { service: "brave", baseUrl: other.origin, secret: "search" },
      egressOver("api.search.brave.com:443"),
    );
    expect(answer).toMatch(/^SECRET_NOT_BOUND/);
    expect(other.heard).toEqual([]);
  });

  it("says its name alone where it is not stored", async () => {
    const other = await secretNeighbour();
    const answer = await searchWith(
      { service: "brave", baseUrl: other.origin, secret: "gone" },
      egressOver(bound(other)),
    );
    expect(answer).toBe("SECRET_NOT_FOUND: There is no secret called gone.");
    expect(other.heard).toEqual([]);
  });

  it("cannot be put into a query", async () => {
    const service = await neighbour(say(SEARXNG_ANSWER, "application/json"));
    for (const query of [KEY, Buffer.from(KEY).toString("base64"), KEY.replace(/./g, "$& ")])
      expect(await searchWith(at(service), egressOver(bound(service)), query)).toMatch(/^REQUEST_CARRIES_SECRET/);
    expect(service.heard).toEqual([]);
  });

  it("unplug: from a vault that lends to anybody, it goes to whoever stands there", async () => {
    const other = await secretNeighbour();
    await searchWith({ service: "brave", baseUrl: other.origin, secret: "search" }, egressOver(null));
    expect(other.heard[0]?.headers["x-subscription-token"]).toBe(KEY);
  });
});

describe("where the service stands", () => {
  it("is the grant for exactly that host and port, and for the search alone", async () => {
    const [service, victim] = [await neighbour(say(SEARXNG_ANSWER, "application/json")), await secretNeighbour()];
    const house = await openSearchHouse(at(service), egressOver(bound(service)));
    open.push(house);
    expect(await house.search({ query: "tides" })).toContain("1. Tide tables");
    const authority = { kind: "tool", hosts: [bound(victim)], granted: [bound(service)] } as const;
    const sent = await house.ports.egress.send(
      authority,
      { method: "GET", url: victim.origin },
      new AbortController().signal,
    );
    expect(sent).toMatchObject({ ok: false, error: { code: "ADDRESS_REFUSED" } });
    expect(victim.heard).toEqual([]);
  });

  it("is no grant for where a name of somebody else's leads", async () => {
    const victim = await secretNeighbour();
    const settings = {
      service: "searxng",
      baseUrl: `http://searx.example:${String(victim.port)}`,
      secret: "",
    } as const;
    expect(
      await searchWith(
        settings,
        egressOver(bound(victim), () => ["127.0.0.1"]),
      ),
    ).toMatch(/^ADDRESS_REFUSED/);
    expect(victim.heard).toEqual([]);
  });

  it("is looked at again: a call that was allowed for one service goes to no other", async () => {
    const [first, second] = [await secretNeighbour(), await secretNeighbour()];
    let now = at(first);
    const house = await openSearchHouse(() => now, egressOver(bound(first)));
    open.push(house);
    const permits = permitsOf();
    const tools = createToolExecutor({ ...house.ports, redeemer: permits });
    const call = callOf("web.search", { query: "tides" });
    const looked = await tools.resolve(call);
    if (!looked.ok) throw new Error(looked.error.code);
    now = at(second);
    const ran = await tools.run(permits.mint(call, looked.value), call, scope, new AbortController().signal);
    expect(ran).toMatchObject({ ok: false, error: { code: "SEARCH_FAILED" } });
    expect([first.heard, second.heard]).toEqual([[], []]);
  });
});
