/**
 * The examples as they are used: signed, installed for an agent, called by its model, and answered over the wire by servers that speak as
 * Open-Meteo, GitHub and a publisher of feeds do. Only the addresses in their texts are those of the test's servers.
 */
import { createServer } from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { ModelRequest } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "../support/attack-house.ts";
import { scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { signedPackage, testSigner } from "../support/packages.ts";
import { noWallHere } from "../support/program-house.ts";
import { readExample } from "./example-plugins.ts";
import type { ExampleName } from "./example-plugins.ts";

const missing = noWallHere();
if (missing !== null) process.stderr.write(`the examples are not run over the wire: ${missing}\n`);

const TOKEN = "ghp_notARealToken0123456789abcdefghijklmn";

/** Answers each path with what an example's own cases hold for it, and writes down who asked. */
const serverOf = async (name: ExampleName): Promise<{ server: Server; host: string; asked: IncomingMessage[] }> => {
  const asked: IncomingMessage[] = [];
  const answers = new Map(
    // Of two answers for one path the first one counts.
    readExample(name)
      .cases.toReversed()
      .flatMap(({ answers: prepared = [], expect: wanted }) =>
        wanted?.includes?.includes('"problem":') === true
          ? []
          : prepared.map(({ url, body }) => [url.replace(/^https:\/\/[^/]+/, ""), body ?? ""] as const),
      ),
  );
  const server = createServer((request, response) => {
    asked.push(request);
    const body = answers.get(request.url ?? "");
    response.writeHead(body === undefined ? 404 : 200, { "content-type": "application/json" }).end(body ?? "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, host: `127.0.0.1:${String((server.address() as AddressInfo).port)}`, asked }; // it listens on a port
};

const lastTold = ({ messages }: ModelRequest): string => JSON.stringify(messages.at(-1));

describe.skipIf(missing !== null)("over the wire", () => {
  const signer = testSigner();
  let house: FittedGateway;
  const servers = new Map<ExampleName, Awaited<ReturnType<typeof serverOf>>>();
  let wish = { tool: "", arguments: {} };
  const models = scriptedModels(({ messages }) =>
    messages.at(-1)?.role === "user" ? { calls: [wish] } : { text: "So it is." },
  );

  /** What the model is told after it called the tool. */
  const call = async (tool: string, args: Record<string, unknown>): Promise<string> => {
    wish = { tool, arguments: args };
    const report = await house.settled((await house.send(`Please ${tool} ${Object.values(args).join(" ")}`)).turnId);
    expect(report.state).toBe("done");
    const told = models.heard.at(-1);
    return told === undefined ? "" : lastTold(told);
  };

  const install = async (name: ExampleName): Promise<void> => {
    const held = await serverOf(name);
    servers.set(name, held);
    const { manifest, source } = readExample(name);
    const here = (text: string): string =>
      text.replace(/(?:geocoding-)?api\.(?:open-meteo|github)\.com:443/g, held.host);
    const pack = signedPackage({
      kind: "plugin",
      manifest: JSON.parse(here(JSON.stringify(manifest))) as Record<string, unknown>, // ours
      files: {
        "main.js": source.replace(/https:\/\/(?:geocoding-)?api\.(?:open-meteo|github)\.com/g, `http://${held.host}`),
      },
      key: signer,
    });
    const choices = { hosts: name === "rss" ? [held.host] : [] };
    must(
      await house.client.call("plugins.install", {
        archive: pack.archive,
        digest: pack.digest,
        agents: [house.agent.id],
        choices,
      }),
    );
  };

  beforeAll(async () => {
    house = await startFittedGateway({ models });
    must(await house.client.call("signers.trust", { key: signer.key, name: "the examples' author" }));
  }, 60_000);
  afterAll(async () => {
    await house.close();
    for (const { server } of servers.values()) server.close();
  });

  it("says the weather", async () => {
    await install("weather");
    const told = await call("weather.forecast", { place: "Berlin", days: 2 });
    expect(told).toContain("Berlin, State of Berlin, Germany");
    expect(told).toContain("24.1");
    expect(servers.get("weather")?.asked.map(({ method }) => method)).toEqual(["GET", "GET"]);
  });

  it("lists issues with a token that the plugin never has", async () => {
    await install("github");
    const host = servers.get("github")?.host ?? "";
    must(await house.client.call("secrets.set", { name: "github-token", value: TOKEN, hosts: [host] }));
    const told = await call("github.list", { repository: "acme/rocket", most: 2 });
    expect(told).toContain("It explodes");
    expect(told).not.toContain(TOKEN);
    const [asked] = servers.get("github")?.asked ?? [];
    expect(asked?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    expect(asked?.headers["x-github-api-version"]).toBe("2022-11-28");
  });

  it("watches a feed, and tells no entry twice", async () => {
    await install("rss");
    const url = `http://${servers.get("rss")?.host ?? ""}/feed.xml`;
    expect(await call("rss.watch", { url })).toContain("The bridge opens");
    const news = await call("rss.news", {});
    expect(news).toContain("entries");
    expect(news).not.toContain("The bridge opens");
    expect(servers.get("rss")?.asked).toHaveLength(2);
  });

  it("reaches nobody else: a feed at a host that was not chosen", async () => {
    const other = await serverOf("rss");
    const told = await call("rss.watch", { url: `http://${other.host}/feed.xml` });
    expect(told).toContain("problem");
    expect(other.asked).toEqual([]);
    other.server.close();
  });
});
