import { randomUUIDv7 } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { err, moltbotError, ok, SecretId } from "@moltbot/contracts";
import type { Constraint, JsonObject, PersonalSecretLender, SecretLender, SecretWatch } from "@moltbot/contracts";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { createEgress } from "../../egress/index.ts";
import type { Egress } from "../../egress/index.ts";
import type { Inside } from "../testing/fake-processes.ts";
import {
  ann,
  answerOf,
  callOf,
  codeOf,
  HOST,
  HTTP,
  openWorld,
  pluginOf,
  SECRET,
  textOf,
} from "../testing/plugin-world.ts";
import type { WorldWish } from "../testing/plugin-world.ts";

const open = (permissions: readonly JsonObject[] = [HTTP], choices = {}, wish: WorldWish = {}) => {
  const world = openWorld(wish);
  const loaded = world.host.load(pluginOf(permissions, {}, choices));
  if (!loaded.ok) throw new Error(loaded.error.message);
  const fetchWith = async (params: JsonObject, bounds: readonly Constraint[] = []) => {
    world.processes.act = ({ ask }) => ask("http.fetch", params);
    return textOf(await world.run(callOf("weather.ask", {}), bounds));
  };
  return { ...world, fetchWith };
};

/** What a check that checks nothing would say. */
const ANYWHERE = { kind: "http", hosts: [], chosen: false, methods: ["GET"], why: "" } as const;

describe("a request of a plugin", () => {
  it("goes to a host of its own with the limits of its methods, and its answer is text", async () => {
    const { fetchWith, sent } = open();
    const text = await fetchWith({ url: `https://${HOST}/now?c=1`, headers: { Accept: "text/plain" } });
    expect(JSON.parse(text)).toEqual({ status: 200, headers: { "content-type": "text/plain" }, body: "sunny" });
    expect(sent).toMatchObject([
      {
        method: "GET",
        url: `https://${HOST}/now?c=1`,
        headers: { "user-agent": "Moltbot", Accept: "text/plain" },
        follow: true,
        maxBytes: 1_048_576,
        authority: { hosts: [HOST], granted: [], limits: { methods: [["GET", "POST"]] }, tool: "weather.ask" },
      },
    ]);
    expect(sent[0]?.authority.behalf?.person).toBe(ann);
  });

  it("waits for few answers at once, and goes on when they came", async () => {
    const held = Promise.withResolvers<void>();
    const sent: string[] = [];
    const egress: Egress = {
      send: async (_authority, { url }) => {
        sent.push(url);
        await held.promise;
        return ok(answerOf("sunny"));
      },
      fetchFor: () => fetch,
      close: async () => undefined,
    };
    const { run, processes } = open([HTTP], {}, { egress });
    const codes: string[] = [];
    processes.act = async ({ ask }) => {
      const first = Array.from({ length: 8 }, () => ask("http.fetch", { url: `https://${HOST}/` }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      codes.push(codeOf(await ask("http.fetch", { url: `https://${HOST}/ninth` })));
      held.resolve();
      codes.push(...(await Promise.all(first)).map(codeOf));
      codes.push(codeOf(await ask("http.fetch", { url: `https://${HOST}/` })));
      return ok(null);
    };
    await run(callOf("weather.ask", {}));
    expect(codes).toEqual(["PLUGIN_LIMIT", ...Array.from({ length: 9 }, () => "ok")]);
    expect(sent).toHaveLength(9);
  });

  it("is not sent any more where its call ended while a secret was asked for", async () => {
    let end = (): void => undefined;
    const mayUseHouse = async (): Promise<boolean> => {
      end();
      return true;
    };
    const ports = { secrets: { ownNamed: () => null, mayUseHouse } };
    const { host, run, processes, sent } = open([HTTP, SECRET], {}, { ports });
    end = () => void host.unload("weather");
    let answer = "none";
    processes.act = async ({ ask }) => {
      const handle = await ask("secrets.handle", { name: "key" });
      const params = { method: "POST", url: `https://${HOST}/`, secret: handle.ok ? handle.value : null };
      answer = codeOf(await ask("http.fetch", params));
      return ok(null);
    };
    expect(codeOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_STOPPED");
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect([sent, answer]).toEqual([[], "PLUGIN_MAY_NOT"]);
  });

  it("that changes something follows no redirect", async () => {
    const { fetchWith, sent } = open();
    await fetchWith({ url: `https://${HOST}/`, method: "POST", body: "x" });
    expect(sent).toMatchObject([{ method: "POST", body: "x", follow: false }]);
  });

  it.each([
    "https://evil.example/",
    "https://api.example.evil.example/",
    "https://api.example:444/",
    "https://api.example@evil.example/",
    "https://evil.example#@api.example/",
    "https://evil.example\\@api.example/",
    "https://evil.example%2f@api.example/",
    "https://api.example:443@evil.example/",
    "https://api.example.:443/",
    "https://api.example%00.evil.example/",
    "https://api.example\u0000.evil.example/",
    "https://api\u3002evil\u3002example/",
    "https://аpi.example/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::1]/",
    "https://127.0.0.1/",
    "https://0x7f.1/",
    "https://2130706433/",
    "https://localhost/",
    "https://169.254.169.254/latest/meta-data/",
    "http://api.example:443/",
    "http://api.example/",
    "//api.example/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "wss://api.example/",
    " https://api.example/",
    "https://api.example /",
    "https:api.example",
    "https:///api.example",
  ])("does not go to %j", async (url) => {
    const { fetchWith, sent } = open();
    expect(["PLUGIN_MAY_NOT", "URL_INVALID"]).toContain(await fetchWith({ url }));
    expect(sent).toEqual([]);
  });

  it.each(["http://api.example/", "http://api.example:443/", "http://elsewhere.example/"])(
    "to a public host without TLS is refused with the reason: %s",
    async (url) => {
      const { run, processes, sent } = open();
      const heard: string[] = [];
      processes.act = async ({ ask }) => {
        const answer = await ask("http.fetch", { url });
        heard.push(answer.ok ? "ok" : answer.error.message);
        return ok(null);
      };
      await run(callOf("weather.ask", {}));
      expect(heard).toEqual(["The plugin weather may not do this: a public host is asked over https alone."]);
      expect(sent).toEqual([]);
    },
  );

  it("goes nowhere but to its own hosts, whatever stands around them", async () => {
    const { host, processes, run, sent } = open();
    const piece = fc.oneof(
      fc.constantFrom("https://", "http://", "api.example", "evil.example", "127.0.0.1", "[::1]"),
      fc.constantFrom(":443", ":80", "@", "/", "\\", "#", "?", ".", "%2e", "%40", "\t", "\u3002", "／", "user:pass@"),
      fc.string({ maxLength: 3 }),
    );
    const urls = fc.array(piece, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(""));
    let minute = 0;
    await fc.assert(
      fc.asyncProperty(urls, async (tail) => {
        processes.act = ({ ask }) => ask("http.fetch", { url: `https://${tail}` });
        minute += 1;
        await run(callOf("weather.ask", {}));
        if (minute % 50 === 0) host.load(pluginOf([HTTP]));
      }),
      { numRuns: 1_000 },
    );
    expect(sent.length).toBeGreaterThan(0);
    for (const { url } of sent) expect(new URL(url).host).toBe("api.example");
  });

  it("unplug: without the look at where it goes, it goes wherever it likes", async () => {
    const free = { controls: { mayReach: () => ok(ANYWHERE) } };
    const { fetchWith, sent } = open([HTTP], {}, free);
    await fetchWith({ url: "https://evil.example/" });
    expect(sent.map(({ url }) => url)).toEqual(["https://evil.example/"]);
  });

  it.each([
    "Authorization",
    "authorization",
    "Proxy-Authorization",
    "Cookie",
    "X-Api-Key",
    "X-Auth-Token",
    "X-Session-Id",
    "Client-Secret",
  ])("carries no credential of its own in %s", async (header) => {
    const { fetchWith, sent } = open();
    expect(await fetchWith({ url: `https://${HOST}/`, headers: { [header]: "x" } })).toBe("PLUGIN_MAY_NOT");
    expect(sent).toEqual([]);
  });

  it.each<readonly [string, JsonObject]>([
    ["a line break in a header", { headers: { a: "b\r\nHost: evil" } }],
    ["a name that is none", { headers: { "a b": "c" } }],
    ["a pseudo-header", { headers: { ":authority": "evil" } }],
    [
      "too many headers",
      { headers: Object.fromEntries(Array.from({ length: 31 }, (_, at) => [`a${String(at)}`, ""])) },
    ],
    ["a method that is none", { method: "CONNECT" }],
    ["a method in small letters", { method: "post" }],
    ["too long a body", { method: "POST", body: "x".repeat(262_145) }],
    ["limits of its own", { maxBytes: 1e9 }],
    ["an authority of its own", { authority: { kind: "provider", origin: "https://evil.example" } }],
  ])("with %s is none", async (_what, more) => {
    const { fetchWith, sent } = open();
    expect(await fetchWith({ url: `https://${HOST}/`, ...more })).toBe("PLUGIN_MAY_NOT");
    expect(sent).toEqual([]);
  });

  it("shows nothing of an answer that egress withholds", async () => {
    const { fetchWith, world } = open();
    world.answer = () => ok(answerOf("the secret", { withheld: true, headers: { etag: "the secret" } }));
    expect(JSON.parse(await fetchWith({ url: `https://${HOST}/` }))).toEqual({
      status: 200,
      headers: {},
      body: "",
      withheld: true,
    });
  });

  it("that may have changed something is of unknown outcome where no answer came", async () => {
    const { processes, run, world } = open();
    world.answer = () => err(moltbotError("FETCH_FAILED", { host: HOST, problem: "it was reset" }));
    let heard = "";
    processes.act = async ({ ask }) => {
      heard = codeOf(await ask("http.fetch", { url: `https://${HOST}/`, method: "POST" }));
      return ok("all well");
    };
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("all well");
    expect(heard).toBe("TOOL_OUTCOME_UNKNOWN");
  });
});

describe("a secret", () => {
  const id = SecretId.parse(randomUUIDv7());
  const secrets = {
    ownNamed: (person: typeof ann, name: string) => (person === ann && name === "vault-name" ? id : null),
    mayUseHouse: async () => false,
  };
  const url = `https://${HOST}/`;
  const withHandle =
    (params: JsonObject) =>
    async ({ ask }: Inside) => {
      const handle = await ask("secrets.handle", { name: "key" });
      return handle.ok ? ask("http.fetch", { ...params, secret: handle.value }) : handle;
    };

  it("is the one that the owner chose, of the person for whom the call runs", async () => {
    const { run, processes, sent } = open([HTTP, SECRET], { secrets: { key: "vault-name" } }, { ports: { secrets } });
    processes.act = withHandle({ url });
    await run(callOf("weather.ask", {}));
    expect(sent.map(({ secret }) => secret)).toEqual([
      { name: "vault-name", header: null, prefix: null, keptBy: { person: ann, id } },
    ]);
  });

  it("of the house is lent to whoever keeps it, and to nobody else", async () => {
    const keeper = { ...secrets, mayUseHouse: async () => true };
    const house = open([HTTP, SECRET], {}, { ports: { secrets: keeper } });
    house.processes.act = withHandle({ url });
    await house.run(callOf("weather.ask", {}));
    expect(house.sent.map(({ secret }) => secret)).toEqual([{ name: "key", header: null, prefix: null }]);
    const other = open([HTTP, SECRET], {}, { ports: { secrets } });
    other.processes.act = withHandle({ url });
    expect(textOf(await other.run(callOf("weather.ask", {})))).toBe("SECRET_NOT_FOUND");
    expect(other.sent).toEqual([]);
  });

  it("goes to the one host of its permission", async () => {
    const both = { ...HTTP, hosts: [HOST, "other.example:443"] };
    const { run, processes, sent } = open([both, SECRET], { secrets: { key: "vault-name" } }, { ports: { secrets } });
    processes.act = withHandle({ url: "https://other.example/" });
    expect(textOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_MAY_NOT");
    expect(sent).toEqual([]);
  });

  it("has a handle for this call alone, and no name opens it", async () => {
    const { run, processes, sent } = open([HTTP, SECRET], { secrets: { key: "vault-name" } }, { ports: { secrets } });
    const handles: string[] = [];
    processes.act = async ({ ask }) => {
      const handle = await ask("secrets.handle", { name: "key" });
      handles.push(JSON.stringify(handle.ok ? handle.value : null));
      return handle;
    };
    await run(callOf("weather.ask", {}));
    const old = JSON.parse(handles[0] ?? "null") as string; // a handle is a text
    for (const secret of [old, "key", "vault-name", id, "__proto__"]) {
      processes.act = ({ ask }) => ask("http.fetch", { url, secret });
      expect(textOf(await run(callOf("weather.ask", {})))).toBe("PLUGIN_MAY_NOT");
    }
    expect(sent).toEqual([]);
    expect(old).not.toMatch(/key|vault/);
  });
});

describe("on the wire", () => {
  const CANARY = "canary-secret-7d41f0aa93";
  const opened: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).toReversed()) await close();
  });
  const serve = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
    const heard: IncomingMessage[] = [];
    const server = createServer((request, response) => {
      heard.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
    opened.push(async () => void (server.closeAllConnections(), server.close()));
    return { heard, place: `127.0.0.1:${String((server.address() as AddressInfo).port)}` }; // a TCP server has no other address
  };
  const vaultFor = (place: string): SecretLender & PersonalSecretLender & SecretWatch => ({
    lend: async (name, host, use) =>
      host === place ? ok(await use(CANARY)) : err(moltbotError("SECRET_NOT_BOUND", { name, host })),
    lendTo: async (_person, secret) => err(moltbotError("SECRET_NOT_FOUND", { name: secret })),
    lendAll: (use) => ok(use([CANARY])),
  });
  const setUp = async (place: string) => {
    const silent = (): void => undefined;
    const log = { debug: silent, info: silent, warn: silent, error: silent };
    const egress = createEgress({ secrets: vaultFor(place), isCanary: () => false, log });
    opened.push(() => egress.close());
    const secrets = { ownNamed: () => null, mayUseHouse: async () => true };
    const permissions = [
      { ...HTTP, hosts: [place] },
      { ...SECRET, host: place },
    ];
    const granted: readonly Constraint[] = [{ kind: "host-in", argument: "hosts", hosts: [place] }];
    return { ...open(permissions, {}, { egress, ports: { secrets } }), granted };
  };

  it("a private host is reached where the grant names it, and never without", async () => {
    const { heard, place } = await serve((_request, response) => response.end("inside"));
    const { fetchWith, granted } = await setUp(place);
    expect(await fetchWith({ url: `http://${place}/` })).toBe("ADDRESS_REFUSED");
    expect(heard).toHaveLength(0);
    expect(JSON.parse(await fetchWith({ url: `http://${place}/` }, granted))).toMatchObject({ body: "inside" });
  });

  it("a redirect leads to no other host, and no header says another", async () => {
    const inner = await serve((_request, response) => response.end("inner"));
    const outer = await serve((_request, response) =>
      response.writeHead(302, { location: `http://${inner.place}/` }).end(),
    );
    const { fetchWith, granted } = await setUp(outer.place);
    const headers = {
      Host: inner.place,
      Connection: "keep-alive, x",
      "Transfer-Encoding": "chunked",
      "Content-Length": "99",
    };
    expect(await fetchWith({ url: `http://${outer.place}/`, headers }, granted)).toBe("HOST_NOT_ALLOWED");
    expect(inner.heard).toHaveLength(0);
    expect(
      outer.heard.map(({ headers: sent }) => [sent.host, sent["transfer-encoding"], sent["content-length"]]),
    ).toEqual([[outer.place, undefined, undefined]]);
  });

  it("a secret is there and nowhere else: not in an answer, an error, a log or the box", async () => {
    const { heard, place } = await serve((request, response) =>
      response.end(`you sent ${request.headers.authorization ?? ""}`),
    );
    const { run, processes, granted, logged, box, nested, emitted } = await setUp(place);
    const seen: unknown[] = [];
    processes.act = async ({ ask, wish }) => {
      const handle = await ask("secrets.handle", { name: "key" });
      const secret = handle.ok ? handle.value : null;
      const answer = await ask("http.fetch", { url: `http://${place}/`, secret });
      const elsewhere = await ask("http.fetch", { url: "http://127.0.0.1:9/", secret });
      seen.push(wish, handle, answer, elsewhere);
      return answer;
    };
    const ran = await run(callOf("weather.ask", {}), granted);
    expect(heard.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${CANARY}`]);
    expect(textOf(ran)).toContain('"withheld":true');
    expect(JSON.stringify([seen, ran, logged, [...box], nested, emitted])).not.toContain(CANARY);
  });
});
