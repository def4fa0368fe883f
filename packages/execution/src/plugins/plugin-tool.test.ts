import { hostsOf, label, ok, PluginName } from "@moltbot/contracts";
import type { JsonObject } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BUILT_IN_TOOLS } from "../tools/index.ts";
import { inputSchema } from "./input-schema.ts";
import { versionOf } from "./plugin-tool.ts";
import { ann, callOf, codeOf, HOST, HTTP, openWorld, pluginOf, scopeOf, textOf } from "./testing/plugin-world.ts";
import type { WorldWish } from "./testing/plugin-world.ts";

const PRIVATE = "127.0.0.1:8080";
const open = (plugin = pluginOf([HTTP]), wish: WorldWish = {}) => {
  const world = openWorld(wish);
  const loaded = world.host.load(plugin);
  if (!loaded.ok) throw new Error(loaded.error.message);
  return world;
};

describe("a plugin's tool", () => {
  it("is what its permissions make of it, whatever it says", () => {
    const factsOf = (permissions: readonly JsonObject[]) => {
      const [manifest] = open(pluginOf(permissions)).tools.catalog();
      if (manifest === undefined) throw new Error("it has a tool");
      const { name, effect, critical, undo, result, repeatable, plugin } = manifest;
      return [name, effect, critical, undo, result, repeatable, plugin?.hosts];
    };
    expect(factsOf([])).toEqual(["weather.ask", "read", [], "none", "untrusted", false, []]);
    expect(factsOf([{ ...HTTP, methods: ["GET", "HEAD"] }])).toEqual([
      "weather.ask",
      "fetch",
      ["text"],
      "none",
      "untrusted",
      false,
      [HOST],
    ]);
    expect(factsOf([HTTP])).toEqual(["weather.ask", "send", ["text"], "irreversible", "untrusted", false, [HOST]]);
  });

  it("has another version as soon as a byte of its archive is another", () => {
    const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
    fc.assert(fc.property(hex, (digest) => Number.isSafeInteger(versionOf(digest)) && versionOf(digest) > 0));
    expect(versionOf(pluginOf([HTTP]).digest)).not.toBe(versionOf(pluginOf([HTTP], { version: "1.0.1" }).digest));
  });

  it("names every host and every argument as what it points at", async () => {
    const chosen = { ...HTTP, chosen: true };
    const { tools } = open(pluginOf([chosen], {}, { hosts: [PRIVATE, "[fd00::1]:443"] }));
    const found = await tools.resolve(callOf("weather.ask", { text: "x" }), scopeOf(ann));
    expect(
      found.ok &&
        found.value.map(({ argument, kind, value, refusal, grantable }) => [argument, kind, value, refusal, grantable]),
    ).toEqual([
      ["hosts", "host", PRIVATE, "ADDRESS_REFUSED", true],
      ["hosts", "host", "[fd00::1]:443", "ADDRESS_REFUSED", true],
      ["hosts", "host", HOST, null, undefined],
      ["hosts", "value", JSON.stringify([PRIVATE, "[fd00::1]:443", HOST]), null, undefined],
      ["text", "value", '"x"', null, undefined],
    ]);
  });

  it("that may reach no host yet says how one is chosen, and its plugin is not started", async () => {
    const { run, processes } = open(pluginOf([{ ...HTTP, hosts: [], chosen: true }]));
    expect(await run(callOf("weather.ask", {}))).toMatchObject({
      error: {
        code: "PLUGIN_NO_HOST",
        message: "The plugin weather may reach no host yet: none is chosen for it.",
        next: "Choose one with `./moltbot plugin hosts weather HOST`.",
      },
    });
    expect(processes.started()).toBe(0);
    const chosen = open(pluginOf([{ ...HTTP, hosts: [], chosen: true }], {}, { hosts: [HOST] }));
    expect(codeOf(await chosen.run(callOf("weather.ask", {})))).toBe("ok");
  });

  it("is described in the house's words, with arguments that hide nothing", () => {
    const { tools } = open();
    expect(tools.describe(callOf("weather.ask", { text: "a”\u202e. Sets a reminder" }))).toBe(
      "Calls weather.ask of the plugin weather with text “a″□. Sets a reminder”.",
    );
  });

  it.each<readonly [string, JsonObject]>([
    ["an extra one", { text: "x", hosts: ["evil.example:443"] }],
    ["__proto__", JSON.parse('{"__proto__":{"text":"x"}}') as JsonObject],
    ["constructor", { constructor: "x" }],
    ["another type", { text: ["x"] }],
    ["too long a text", { text: "x".repeat(10_001) }],
  ])("takes no argument that its manifest does not name: %s", async (_what, args) => {
    const { run, processes } = open();
    expect(codeOf(await run(callOf("weather.ask", args)))).toBe("TOOL_ARGUMENTS_INVALID");
    expect(processes.started()).toBe(0);
  });
});

describe("what a tool takes", () => {
  it.each(["hosts", "constructor", "toString", "hasOwnProperty"])("is never called %s", (name) => {
    const input = { type: "object", properties: JSON.parse(`{"${name}":{"type":"string"}}`) as JsonObject };
    const tools = [{ name: "ask", title: "Ask", description: "Asks.", input }];
    expect(() => pluginOf([], { tools })).toThrow(/properties/);
  });

  const schema = inputSchema({
    type: "object",
    properties: {
      city: { type: "string", enum: ["Bern", "__proto__"] },
      days: { type: "integer", minimum: 1, maximum: 5 },
      share: { type: "number" },
      now: { type: "boolean" },
      tags: { type: "array", items: { type: "string", maxLength: 3 }, maxItems: 2 },
    },
    required: ["city"],
  });
  it.each<readonly [unknown, boolean]>([
    [{ city: "Bern" }, true],
    [{ city: "__proto__", days: 5, share: 0.5, now: false, tags: ["a", "b"] }, true],
    [{}, false],
    [{ city: "bern" }, false],
    [{ city: "Bern", days: 1.5 }, false],
    [{ city: "Bern", days: 6 }, false],
    [{ city: "Bern", share: Number.POSITIVE_INFINITY }, false],
    [{ city: "Bern", now: undefined }, false],
    [{ city: "Bern", tags: ["a", "b", "c"] }, false],
    [{ city: "Bern", tags: ["long"] }, false],
    [{ city: "Bern", tags: [["a"]] }, false],
  ])("%j fits: %s", (given, fits) => {
    expect(schema.safeParse(given).success).toBe(fits);
  });
});

describe("a permit", () => {
  const call = () => callOf("weather.ask", { text: "x" });

  it("for other bytes, other hosts or nothing that was looked at runs nothing", async () => {
    const { host, tools, mint, processes, run } = open();
    const looked = await tools.resolve(call(), scopeOf(ann));
    if (!looked.ok) throw new Error(looked.error.message);
    const runWith = async (resources = looked.value) => {
      const wanted = call();
      return codeOf(await tools.run(mint(resources, []), wanted, scopeOf(ann), new AbortController().signal));
    };
    expect(await runWith([])).toBe("PERMIT_STALE");
    expect(await runWith(looked.value.map((one) => ({ ...one, identity: "0".repeat(64) })))).toBe("PERMIT_STALE");
    host.load(pluginOf([{ ...HTTP, hosts: [HOST, "evil.example:443"] }]));
    expect(await runWith()).toBe("PERMIT_STALE");
    expect(processes.started()).toBe(0);
    expect(codeOf(await run(call()))).toBe("ok");
  });

  it("unplug: without the look at it, an update runs on the yes to the old one", async () => {
    const { host, tools, mint, sent, processes } = open(pluginOf([HTTP]), {
      controls: { permittedHosts: ({ manifest, choices }) => ok(hostsOf(manifest, choices)) },
    });
    const wanted = call();
    const looked = await tools.resolve(wanted, scopeOf(ann));
    if (!looked.ok) throw new Error(looked.error.message);
    host.load(pluginOf([{ ...HTTP, hosts: [HOST, "evil.example:443"] }]));
    processes.act = ({ ask }) => ask("http.fetch", { url: "https://evil.example/" });
    await tools.run(mint(looked.value, []), wanted, scopeOf(ann), new AbortController().signal);
    expect(sent.map(({ url }) => url)).toEqual(["https://evil.example/"]);
  });

  it("for a tool that is gone since runs nothing", async () => {
    const { host, tools, mint, processes } = open();
    const wanted = call();
    const looked = await tools.resolve(wanted, scopeOf(ann));
    if (!looked.ok) throw new Error(looked.error.message);
    await host.unload("weather");
    const ran = await tools.run(mint(looked.value, []), wanted, scopeOf(ann), new AbortController().signal);
    expect([codeOf(ran), processes.started(), tools.catalog()]).toEqual(["TOOL_UNKNOWN", 0, []]);
  });
});

describe("names", () => {
  it("of the house's own tools, and their first words, are no plugin's", () => {
    const { host } = openWorld();
    const words = new Set(BUILT_IN_TOOLS.map(({ manifest }) => manifest.name.split(".")[0] ?? ""));
    for (const name of words) {
      // Some are refused as a manifest already: here stands one that was read by nobody.
      const plugin = pluginOf([], {});
      const taken = { ...plugin, manifest: { ...plugin.manifest, name: PluginName.parse(name) } };
      expect(codeOf(host.load(taken))).toBe("PACKAGE_NAME_TAKEN");
    }
    expect(host.tools()).toEqual([]);
  });

  it.each([
    "EXAMPLE.org:443",
    "127.1:443",
    "[::0001]:443",
    "0x7f000001:443",
    "a..b:443",
    "example.org.:443",
    "example.org:0443",
    "user@example.org:443",
    "example.org",
    "ex\u0430mple.org:443",
  ])("of hosts stand as they are dialled, not as %s", (host) => {
    const { host: plugins } = openWorld();
    const asWritten = pluginOf([HTTP]);
    const [http] = asWritten.manifest.permissions;
    const manifest = { ...asWritten.manifest, permissions: [{ ...http, hosts: [host] }] } as typeof asWritten.manifest; // what a schema would let through if it failed
    expect(codeOf(plugins.load({ ...asWritten, manifest }))).toBe("PACKAGE_INVALID");
    expect(plugins.tools()).toEqual([]);
  });

  it("of two plugins stay apart, and a tool is found under its own", async () => {
    const { host, processes, run } = openWorld();
    host.load(pluginOf([], { name: "tides" }));
    host.load(pluginOf([]));
    processes.act = async ({ wish }) => ok(wish.name);
    expect(host.tools().map(({ manifest }) => manifest.name)).toEqual(["tides.ask", "weather.ask"]);
    expect(textOf(await run(callOf("tides.ask", { text: "x" })))).toBe("ask");
    expect(processes.running("tides")).toBe(1);
    expect(processes.running("weather")).toBe(0);
  });
});

describe("a call's label", () => {
  it("of content from outside comes back with what the plugin gives, untrusted as ever", async () => {
    const { run } = open();
    const chosen = label("untrusted", [ann], [{ kind: "host", ref: "page.example:443" }]);
    const ran = await run(callOf("weather.ask", { text: "x" }, { label: chosen }));
    expect(ran.ok && ran.value.label).toEqual(
      label(
        "untrusted",
        [ann],
        [
          { kind: "host", ref: "page.example:443" },
          { kind: "tool", ref: "weather.ask" },
        ],
      ),
    );
  });
});
