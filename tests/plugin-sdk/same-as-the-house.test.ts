/** The local runner beside the house: what the one refuses, the other refuses, and with the same code. */
import type { PluginManifest, PluginPermission } from "@moltbot/plugin-sdk";
import { runPlugin } from "@moltbot/plugin-sdk/testing";
import type { PluginCase, RunReport } from "@moltbot/plugin-sdk/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pluginFrom } from "../examples/plugin-from.ts";
import { tryInHouse } from "../examples/try-in-house.ts";
import { scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import type { FittedGateway } from "../support/fitted-gateway.ts";
import { noWallHere } from "../support/program-house.ts";

const missing = noWallHere();
if (missing !== null) process.stderr.write(`the local runner is not compared with the house: ${missing}\n`);

const ALL: readonly PluginPermission[] = [
  { kind: "http", hosts: ["api.example.org:443"], methods: ["GET", "POST"], why: "to ask" },
  { kind: "storage", bytes: 64, why: "to remember" },
  { kind: "secret", name: "key", host: "api.example.org:443", why: "to be known" },
  { kind: "events", hears: [], emits: true, why: "to tell" },
];

const manifestWith = (permissions: readonly PluginPermission[]): PluginManifest => ({
  manifest: 1,
  name: "probe",
  version: "1.0.0",
  title: "Probe",
  description: "Does what a test wants.",
  tools: [
    {
      name: "go",
      title: "Go",
      description: "Goes.",
      input: {
        type: "object",
        properties: {
          word: { type: "string", maxLength: 5 },
          count: { type: "integer", minimum: 1 },
          list: { type: "array", items: { type: "string" } },
        },
      },
    },
  ],
  permissions,
  limits: { asksPerCall: 5, outputBytes: 1_024, seconds: 2 },
});

const source = (body: string): string => `import { definePlugin } from "@moltbot/plugin-sdk";
const codeOf = async (ask) => { try { return ["answered", await ask()]; } catch (error) { return [String(error.code)]; } };
export default definePlugin({ tools: { go: async (args, host) => { ${body} } } });`;

const ASKED = "https://api.example.org/a";
const answers = [{ url: ASKED, headers: { "X-Left": "3" }, body: "hello" }];
const catching = (ask: string): string => `return codeOf(async () => ${ask});`;

/** What a plugin does, with all permissions and with none. */
const ASKS: Readonly<Record<string, string>> = {
  "asks a host of its own": catching(`host.http.fetch({ url: "${ASKED}" })`),
  "asks another host": catching('host.http.fetch({ url: "https://evil.example/" })'),
  "asks another port": catching('host.http.fetch({ url: "https://api.example.org:444/a" })'),
  "asks by another method": catching(`host.http.fetch({ url: "${ASKED}", method: "PUT" })`),
  "asks by a method that is none": catching(`host.http.fetch({ url: "${ASKED}", method: "CONNECT" })`),
  "asks for what nobody answers": catching('host.http.fetch({ url: "https://api.example.org/b" })'),
  "asks for no address": catching('host.http.fetch({ url: "file:///etc/passwd" })'),
  "asks with a name in the address": catching('host.http.fetch({ url: "https://api.example.org@evil.example/" })'),
  "sends a credential of its own": catching(`host.http.fetch({ url: "${ASKED}", headers: { Authorization: "x" } })`),
  "asks with a handle": catching(`host.http.fetch({ url: "${ASKED}", secret: await host.secrets.handle("key") })`),
  "asks with a handle that it made up": catching(`host.http.fetch({ url: "${ASKED}", secret: "handle-1" })`),
  "wants a secret that it does not name": catching('host.secrets.handle("other")'),
  "keeps something": catching('host.storage.set("a", [1, { b: null }])'),
  "keeps too much": catching('host.storage.set("a", "x".repeat(64))'),
  "keeps something without a key": catching('host.storage.set("", 1)'),
  "looks where nothing is kept": catching('host.storage.get("nothing")'),
  "looks where something is kept": catching('host.storage.get("kept")'),
  "lists its keys": catching("host.storage.keys()"),
  "takes something out": catching('host.storage.delete("kept").then(() => host.storage.keys("k"))'),
  "tells the house of something": catching('host.events.emit("done", { a: 1 })'),
  "tells the house too much": catching('host.events.emit("done", "x".repeat(1100))'),
  "calls a tool that it does not name": catching('host.tools.call("memory.search", { words: "x" })'),
  "asks too often": "for (let i = 0; i < 9; i += 1) await codeOf(() => host.storage.get('a')); return 'went on';",
  "gives back too much": 'return "x".repeat(1100);',
  "gives back nothing": "return undefined;",
  "gives back a function": "return () => 1;",
  throws: 'throw new Error("no luck");',
  "lets a refusal pass": 'await host.http.fetch({ url: "https://evil.example/" });',
  "never ends": "await new Promise(() => {});",
};

describe.skipIf(missing !== null)("the local runner does what the house does where a plugin", () => {
  let house: FittedGateway;
  beforeAll(async () => {
    house = await startFittedGateway({ models: scriptedModels(() => ({ text: "well" })) });
  });
  afterAll(() => house.close());

  const told = ({ ok, result, problem, asked }: RunReport): unknown => ({
    ok,
    result,
    code: problem?.code ?? null,
    asked: asked.map(({ method, refused }) => `${method} ${refused === null ? "answered" : "refused"}`),
  });
  const both = async (permissions: readonly PluginPermission[], body: string, one: Partial<PluginCase>) => {
    const plugin = { manifest: manifestWith(permissions), source: source(body) };
    const wish: PluginCase = { name: "one", tool: "go", answers, kept: { kept: 1 }, ...one };
    const inHouse = await tryInHouse(house, plugin, wish);
    const running = runPlugin(await pluginFrom(plugin.source), { ...wish, manifest: plugin.manifest });
    return { inHouse: told(inHouse), local: told(await running.call(wish.tool, wish.arguments)) };
  };

  it.each(Object.entries(ASKS))("%s", async (_, body) => {
    for (const permissions of [ALL, []]) {
      const { inHouse, local } = await both(permissions, body, {});
      expect(local).toEqual(inHouse);
    }
  });

  it.each<[string, Partial<PluginCase>]>([
    ["a tool that is not there", { tool: "stay" }],
    ["an argument too many", { arguments: { more: 1 } }],
    ["a text that is too long", { arguments: { word: "abcdef" } }],
    ["half a number", { arguments: { count: 1.5 } }],
    ["a list of numbers", { arguments: { list: [1] } }],
    ["what fits", { arguments: { word: "abc", count: 2, list: ["x"] } }],
  ])("is called with %s", async (_, one) => {
    const { inHouse, local } = await both(ALL, "return args;", one);
    expect(local).toEqual(inHouse);
  });
});
