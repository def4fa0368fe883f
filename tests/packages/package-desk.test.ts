import {
  AgentId,
  OPERATIONS,
  PackageVersion,
  PluginChoices,
  PluginManifest,
  PluginName,
  SkillName,
  ownScope,
} from "@moltbot/contracts";
import type { PluginInfo, Principal, Result } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aPluginManifest, aSkillManifest, asPackage, signedPackage, testSigner } from "../support/packages.ts";
import type { TestPackage, TestSigner } from "../support/packages.ts";
import { createAgent } from "../../packages/gateway/src/create-agent.ts";
import { houseScope } from "../../packages/gateway/src/keep-house.ts";
import { manifest } from "../../packages/gateway/src/operations/testing/fake-house.ts";
import { arrive } from "../../packages/gateway/src/operations/testing/people-house.ts";
import { must, openRealHouse } from "../../packages/gateway/src/operations/testing/real-house.ts";
import { setAgentTools } from "../../packages/gateway/src/set-agent-tools.ts";
import { stopEverything } from "../../packages/gateway/src/stop-everything.ts";

type RealHouse = Awaited<ReturnType<typeof openRealHouse>>;
type Json = Readonly<Record<string, unknown>>;

const NAME = PluginName.parse("weather");
const TOOL = {
  name: "forecast",
  title: "Forecast",
  description: "The weather of a place.",
  input: { type: "object", properties: {} },
};
const HTTP = { kind: "http", hosts: ["api.test:443"], why: "For the forecast." };
const SKILL_MANIFESTS = ["skill.list", "skill.read", "skill.unpack"].map((name) => ({
  ...manifest(name, "read"),
  permissions: ["skill:read"],
}));

const codeOf = <T>(result: Result<T>): string => (result.ok ? "ok" : result.error.code);

let house: RealHouse;
let ann: TestSigner;
beforeEach(async () => {
  house = await openRealHouse({ catalog: [manifest("file.read", "read"), ...SKILL_MANIFESTS] });
  ann = testSigner();
  must(await house.ports.packages.trust(house.owner, { key: ann.key, name: "Ann", own: true }));
});
afterEach(() => house.close());

const desk = () => house.ports.packages;

const plugin = (change: Json = {}, key: TestSigner | null = ann, source = "export {}"): TestPackage =>
  signedPackage({
    kind: "plugin",
    manifest: aPluginManifest({ tools: [TOOL], permissions: [HTTP], ...change }),
    files: { "main.js": source },
    key,
  });

const skill = (change: Json = {}, key: TestSigner | null = ann, text = "# Tidy"): TestPackage =>
  signedPackage({ kind: "skill", manifest: aSkillManifest(change), files: { "SKILL.md": text }, key });

const install = (
  given: TestPackage,
  more: Partial<Parameters<ReturnType<typeof desk>["install"]>[1]> = {},
): Promise<Result<PluginInfo>> =>
  desk().install(house.owner, {
    archive: given.archive,
    digest: given.digest,
    agents: [house.agent.id],
    choices: PluginChoices.parse({}),
    anyway: false,
    ...more,
  });

const update = (given: TestPackage): Promise<Result<PluginInfo>> =>
  desk().update(house.owner, { name: NAME, archive: given.archive });

const installed = async (): Promise<PluginInfo | undefined> => must(await desk().plugins(house.owner))[0];
const grantsOf = async (tool = "weather.") =>
  (await house.capabilities()).filter((one) => one.tool.startsWith(tool) && one.revokedAt === null);
const toolsOfAgent = async (): Promise<readonly string[]> =>
  must(await house.house.store.agents.find(house.scope, house.agent.id)).capabilities;
const recorded = async (): Promise<readonly string[]> =>
  must(await house.memory.audit.list(1_000))
    .map(({ event }) => event)
    .filter((event) => /^(plugin|skill|signer):/.test(event));

/** Everything that could be left of a plugin: rows, tools, lists and grants in force. */
const world = async (): Promise<unknown> => ({
  packages: must(await house.memory.database.packages.list(houseScope(house.owner))),
  items: must(await house.memory.database.pluginItems.ofPerson(house.scope)),
  agents: must(await house.memory.database.agents.list(houseScope(house.owner))),
  grants: (await house.capabilities()).filter(({ revokedAt }) => revokedAt === null),
  tools: house.ports.house.tools.catalog().map(({ name }) => name),
  loaded: [...house.plugins.loaded.keys()],
});

/** A second person. */
const bob = async (): Promise<Principal> => (await arrive(house, "Bob")).principal;

describe("a plugin that is installed", () => {
  it("is in the list, in the catalogue and in the agent's list, with a grant for exactly its hosts", async () => {
    const info = must(await install(plugin()));
    expect(info).toMatchObject({
      name: "weather",
      state: "ready",
      effect: "fetch",
      signer: { key: ann.key, name: "Ann" },
      touches: ["Sends web requests (GET) to api.test."],
      agents: [house.agent.id],
      waiting: null,
    });
    expect(await toolsOfAgent()).toContain("weather.forecast");
    const [grant] = await grantsOf();
    expect(grant?.constraints).toEqual([{ kind: "host-in", argument: "hosts", hosts: ["api.test:443"] }]);
    expect(grant?.expiresAt).toBe("never");
    expect(await recorded()).toContain("plugin:installed");
    expect(house.heard.some(({ name }) => name === "package:changed")).toBe(true);
  });

  it("that only reads has a grant without bounds, and one that sends has none", async () => {
    must(await install(plugin({ permissions: [] })));
    expect((await grantsOf())[0]?.constraints).toEqual([]);
    must(await desk().remove(house.owner, { name: NAME }));
    must(await install(plugin({ permissions: [{ ...HTTP, methods: ["POST"] }] })));
    expect(await grantsOf()).toEqual([]);
    expect(await toolsOfAgent()).toContain("weather.forecast");
  });

  it("is not given to an agent that is made afterwards without a list, nor by `all`", async () => {
    must(await install(plugin(), { agents: [] }));
    const id = house.house.ids.next(AgentId);
    const made = must(
      await createAgent(house.house, house.owner, {
        id,
        name: "B",
        model: "default",
        tools: undefined,
        reading: "auto",
      }),
    );
    expect(made.capabilities).not.toContain("weather.forecast");
    const all = must(await setAgentTools(house.house, house.owner, id, "all"));
    expect(all.capabilities).not.toContain("weather.forecast");
    const named = must(await setAgentTools(house.house, house.owner, id, ["weather.forecast"]));
    expect(named.capabilities).toEqual(["weather.forecast"]);
    expect((await grantsOf())[0]?.constraints).toEqual([
      { kind: "host-in", argument: "hosts", hosts: ["api.test:443"] },
    ]);
  });

  it("is given to nobody's agent but one's own", async () => {
    const other = await bob();
    const id = house.house.ids.next(AgentId);
    must(await createAgent(house.house, other, { id, name: "B", model: "default", tools: [], reading: "auto" }));
    expect(codeOf(await install(plugin(), { agents: [id] }))).toBe("NOT_FOUND");
    expect(await installed()).toBeUndefined();
  });

  it.each<readonly [string, Json]>([
    ["hosts", { hosts: ["other.test:443"] }],
    ["a secret", { secrets: { token: "mine" } }],
  ])("takes no choice of %s that its manifest does not leave", async (_what, chosen) => {
    const before = await world();
    expect(codeOf(await install(plugin(), { choices: PluginChoices.parse(chosen) }))).toBe("PLUGIN_NO_CHOICE");
    expect(await world()).toEqual(before);
  });
});

describe("what is not installed", () => {
  const other = testSigner();
  const spoilt = (): TestPackage => {
    const bytes = Uint8Array.from(plugin().bytes);
    const at = Buffer.from(bytes).indexOf("For the forecast");
    bytes[at] = 70 + 1;
    return asPackage(bytes);
  };

  it.each<readonly [string, () => TestPackage, string]>([
    ["what nobody signed", () => plugin({}, null), "PACKAGE_UNSIGNED"],
    ["what was changed after it was signed", spoilt, "PACKAGE_ALTERED"],
    ["what an unknown key signed", () => plugin({}, other), "SIGNER_UNKNOWN"],
    ["what takes the name of the house's tools", () => plugin({ name: "file" }), "PACKAGE_NAME_TAKEN"],
    ["what looks like another", () => plugin({ name: "wether" }), "PACKAGE_LOOKS_LIKE"],
    ["a skill", () => skill(), "PACKAGE_INVALID"],
    ["no package at all", () => asPackage(Buffer.from("moltbot-package 2\n{}\n{}")), "PACKAGE_INVALID"],
  ])("is %s, and nothing of it is kept", async (_what, made, code) => {
    const before = await world();
    expect(codeOf(await install(made()))).toBe(code);
    expect(await world()).toEqual(before);
    expect(await recorded()).toEqual(["signer:trusted"]);
  });

  it("is what was not looked at: another file of the same name and signer", async () => {
    const looked = plugin();
    expect(codeOf(await install(plugin({ version: "1.0.1" }), { digest: looked.digest }))).toBe(
      "PACKAGE_NOT_CONFIRMED",
    );
  });

  it("takes a name that looks like another's only with a second word", async () => {
    must(await install(plugin({ name: "wether" }), { anyway: true }));
    expect((await installed())?.name).toBe("wether");
  });

  it("is what the lock does not name exactly", async () => {
    const given = plugin();
    const locked = {
      kind: "plugin",
      name: "weather",
      version: PackageVersion.parse("1.0.0"),
      signer: ann.key,
    } as const;
    const wrong = { lock: 1, packages: [{ ...locked, digest: "0".repeat(64) }] } as const;
    expect(codeOf(await install(given, { lock: wrong }))).toBe("PACKAGE_NOT_LOCKED");
    const right = { lock: 1, packages: [{ ...locked, digest: given.digest }] } as const;
    must(await install(given, { lock: right }));
    expect(must(await desk().lock(house.owner))).toEqual(right);
  });

  it("is anything while everything is stopped, and what is installed can be stopped and removed all the same", async () => {
    must(await install(plugin()));
    must(await stopEverything(house.halt, house.owner, { surface: "command", reason: null }));
    expect(codeOf(await install(plugin({ name: "tides" })))).toBe("EVERYTHING_STOPPED");
    expect(codeOf(await update(plugin({ version: "1.0.1" })))).toBe("EVERYTHING_STOPPED");
    expect([...house.plugins.loaded.keys()]).toEqual(["weather"]);
    must(await desk().remove(house.owner, { name: NAME }));
    expect(await installed()).toBeUndefined();
  });

  it("leaves nothing behind where the host does not take it", async () => {
    const before = await world();
    house.plugins.refuseNext();
    expect(codeOf(await install(plugin()))).toBe("PACKAGE_INVALID");
    expect(await world()).toEqual(before);
    expect(await recorded()).toContain("plugin:installed-void");
  });
});

describe("an update", () => {
  beforeEach(async () => {
    must(await install(plugin()));
  });

  it("that may do no more takes the place at once, with its grants", async () => {
    const before = await grantsOf();
    const newer = plugin({ version: "1.0.1" }, ann, "export const a = 1");
    const info = must(await update(newer));
    expect(info).toMatchObject({ version: "1.0.1", digest: newer.digest, waiting: null });
    expect(house.plugins.loaded.get("weather")?.source).toBe("export const a = 1");
    expect(await grantsOf()).toEqual(before);
    expect(await recorded()).toContain("plugin:updated");
  });

  it("that may do more waits, and the installed one goes on until somebody says yes to its digest", async () => {
    const wider = plugin({ version: "1.1.0", permissions: [{ ...HTTP, hosts: ["api.test:443", "more.test:443"] }] });
    const info = must(await update(wider));
    expect(info).toMatchObject({ version: "1.0.0", waiting: { version: "1.1.0", digest: wider.digest } });
    expect(info.waiting?.widens.some((line) => line.includes("more.test"))).toBe(true);
    expect(house.plugins.loaded.get("weather")?.manifest.version).toBe("1.0.0");
    expect(codeOf(await desk().accept(house.owner, { name: NAME, digest: "0".repeat(64) }))).toBe(
      "PACKAGE_NOT_CONFIRMED",
    );
    const accepted = must(await desk().accept(house.owner, { name: NAME, digest: wider.digest }));
    expect(accepted).toMatchObject({ version: "1.1.0", waiting: null });
    expect((await grantsOf()).map(({ constraints }) => constraints)).toEqual([
      [{ kind: "host-in", argument: "hosts", hosts: ["api.test:443", "more.test:443"] }],
    ]);
    expect(await recorded()).toEqual(expect.arrayContaining(["plugin:waits", "plugin:accepted"]));
  });

  it("that begins to send leaves no grant of before, which was without a question", async () => {
    const sends = plugin({ version: "2.0.0", permissions: [{ ...HTTP, methods: ["POST"] }] });
    must(await update(sends));
    must(await desk().accept(house.owner, { name: NAME, digest: sends.digest }));
    expect(await grantsOf()).toEqual([]);
  });

  it("that waits is thrown away on wish", async () => {
    const wider = plugin({ version: "1.1.0", limits: { memoryMiB: 64 } });
    must(await update(wider));
    const info = must(await desk().change(house.owner, { name: NAME, refuse: true }));
    expect(info.waiting).toBeNull();
    expect(codeOf(await desk().accept(house.owner, { name: NAME, digest: wider.digest }))).toBe("NOT_FOUND");
    expect(codeOf(await desk().change(house.owner, { name: NAME, refuse: true }))).toBe("NOT_FOUND");
  });

  it("that reaches less narrows the grants", async () => {
    const wide = plugin({ version: "1.1.0", permissions: [{ ...HTTP, hosts: ["api.test:443", "b.test:443"] }] });
    must(await update(wide));
    must(await desk().accept(house.owner, { name: NAME, digest: wide.digest }));
    must(await update(plugin({ version: "1.2.0", permissions: [{ ...HTTP, hosts: ["b.test:443"] }] })));
    expect((await grantsOf()).map(({ constraints }) => constraints)).toEqual([
      [{ kind: "host-in", argument: "hosts", hosts: ["b.test:443"] }],
    ]);
  });

  it("that sends nothing any more comes with the grants of an installation", async () => {
    const sends = plugin({ version: "2.0.0", permissions: [{ ...HTTP, methods: ["POST"] }] });
    must(await update(sends));
    must(await desk().accept(house.owner, { name: NAME, digest: sends.digest }));
    must(await update(plugin({ version: "2.1.0", permissions: [] })));
    expect(await grantsOf()).toMatchObject([{ tool: "weather.forecast", holder: house.agent.id, constraints: [] }]);
  });

  it("that sends no more and still fetches goes on asking: nobody said yes to what leaves unasked", async () => {
    const sends = plugin({ version: "2.0.0", permissions: [{ ...HTTP, methods: ["GET", "POST"] }] });
    must(await update(sends));
    must(await desk().accept(house.owner, { name: NAME, digest: sends.digest }));
    expect(must(await update(plugin({ version: "2.1.0" })))).toMatchObject({ version: "2.1.0", effect: "fetch" });
    expect(await grantsOf()).toEqual([]);
  });

  it("without one of its tools takes that one out of lists and grants, and with another gives it to agents that have it", async () => {
    const other = plugin({ version: "1.1.0", tools: [{ ...TOOL, name: "alerts" }] });
    must(await update(other));
    must(await desk().accept(house.owner, { name: NAME, digest: other.digest }));
    expect(await toolsOfAgent()).toEqual(expect.not.arrayContaining(["weather.forecast"]));
    expect(await toolsOfAgent()).toContain("weather.alerts");
    expect((await grantsOf()).map(({ tool }) => tool)).toEqual(["weather.alerts"]);
  });

  it.each<readonly [string, () => TestPackage, string]>([
    ["an older one", () => plugin({ version: "0.9.0" }), "PACKAGE_DOWNGRADE"],
    ["the same version with other bytes", () => plugin({}, ann, "evil()"), "PACKAGE_DOWNGRADE"],
    ["one that nobody signed", () => plugin({ version: "1.0.1" }, null), "PACKAGE_UNSIGNED"],
    ["another plugin", () => plugin({ name: "tides", version: "1.0.1" }), "PACKAGE_INVALID"],
  ])("is refused where it is %s", async (_what, made, code) => {
    const before = await world();
    expect(codeOf(await update(made()))).toBe(code);
    expect(await world()).toEqual(before);
  });

  it("is refused by another key, also a trusted one", async () => {
    const eve = testSigner();
    must(await desk().trust(house.owner, { key: eve.key, name: "Eve", own: false }));
    expect(codeOf(await update(plugin({ version: "1.0.1" }, eve)))).toBe("SIGNER_CHANGED");
  });

  it("is judged once more when it is accepted: a key that is trusted no more does not pass", async () => {
    const wider = plugin({ version: "1.1.0", limits: { memoryMiB: 64 } });
    must(await update(wider));
    // Whoever has the database can do what the operation refuses.
    must(await house.memory.database.signers.remove(houseScope(house.owner), ann.key));
    expect(codeOf(await desk().accept(house.owner, { name: NAME, digest: wider.digest }))).toBe("SIGNER_UNKNOWN");
    expect(house.plugins.loaded.get("weather")?.manifest.version).toBe("1.0.0");
  });
});

describe("a plugin that is changed", () => {
  it("stops and starts, keeping its place in the lists and its grants", async () => {
    must(await install(plugin()));
    const lists = await toolsOfAgent();
    const stopped = must(await desk().change(house.owner, { name: NAME, enabled: false, refuse: false }));
    expect(stopped.state).toBe("stopped");
    expect(house.plugins.loaded.size).toBe(0);
    expect(house.ports.house.tools.catalog().map(({ name }) => name)).not.toContain("weather.forecast");
    must(await setAgentTools(house.house, house.owner, house.agent.id, lists));
    expect(await toolsOfAgent()).toEqual(expect.arrayContaining([...lists]));
    const started = must(await desk().change(house.owner, { name: NAME, enabled: true, refuse: false }));
    expect(started.state).toBe("ready");
    expect(await grantsOf()).toHaveLength(1);
    expect(house.plugins.told).toContain("anew weather");
    expect(await recorded()).toEqual(expect.arrayContaining(["plugin:stopped", "plugin:started"]));
  });

  it("reaches the hosts that its owner names, where its manifest leaves that to them", async () => {
    must(await install(plugin({ permissions: [{ ...HTTP, hosts: [], chosen: true }] })));
    expect((await grantsOf())[0]?.constraints).toEqual([{ kind: "host-in", argument: "hosts", hosts: [] }]);
    const info = must(await desk().change(house.owner, { name: NAME, hosts: ["feed.test:443"], refuse: false }));
    expect(info.touches[0]).toContain("feed.test");
    expect((await grantsOf()).map(({ constraints }) => constraints)).toEqual([
      [{ kind: "host-in", argument: "hosts", hosts: ["feed.test:443"] }],
    ]);
  });

  it("takes no host where its manifest names them all, and says so", async () => {
    must(await install(plugin()));
    const before = await world();
    const wish = { name: NAME, hosts: ["feed.test:443"], refuse: false };
    expect(await desk().change(house.owner, wish)).toMatchObject({
      error: {
        code: "PLUGIN_NO_CHOICE",
        message: "The plugin weather leaves no such choice: which hosts it may reach stands in its manifest.",
      },
    });
    expect(await world()).toEqual(before);
  });

  it("keeps the secrets that were chosen for it where it is stopped, and where other hosts are chosen", async () => {
    const token = { kind: "secret", name: "token", host: "api.test:443", why: "It asks for one." };
    const choices = PluginChoices.parse({ secrets: { token: "mine" } });
    must(await install(plugin({ permissions: [{ ...HTTP, chosen: true }, token] }), { choices }));
    const { input } = OPERATIONS["plugins.change"];
    const stop = input.parse({ name: "weather", enabled: false });
    expect(must(await desk().change(house.owner, stop)).choices.secrets).toEqual({ token: "mine" });
    const other = input.parse({ name: "weather", hosts: ["feed.test:443"] });
    expect(must(await desk().change(house.owner, other)).choices).toEqual({
      hosts: ["feed.test:443"],
      secrets: { token: "mine" },
    });
  });

  it("stays stopped where an update comes", async () => {
    must(await install(plugin()));
    must(await desk().change(house.owner, { name: NAME, enabled: false, refuse: false }));
    must(await update(plugin({ version: "1.0.1" })));
    expect((await installed())?.state).toBe("stopped");
    expect(house.plugins.loaded.size).toBe(0);
  });
});

describe("a plugin that is given to agents", () => {
  const change = (agents: readonly AgentId[]) => desk().change(house.owner, { name: NAME, agents, refuse: false });
  const secondAgent = async (): Promise<AgentId> => {
    const id = house.house.ids.next(AgentId);
    must(await createAgent(house.house, house.owner, { id, name: "B", model: "default", tools: [], reading: "auto" }));
    return id;
  };
  const holders = async () => (await grantsOf()).map(({ holder }) => holder);

  it("is had by exactly those, with the grants of an installation, and is taken from others of one's own", async () => {
    must(await install(plugin()));
    const id = await secondAgent();
    expect(must(await change([id])).agents).toEqual([id]);
    expect(await toolsOfAgent()).not.toContain("weather.forecast");
    expect(await grantsOf()).toMatchObject([
      { holder: id, constraints: [{ kind: "host-in", argument: "hosts", hosts: ["api.test:443"] }] },
    ]);
    expect(must(await change([id, house.agent.id])).agents).toHaveLength(2);
    expect(await holders()).toEqual(expect.arrayContaining([id, house.agent.id]));
    expect(await grantsOf()).toHaveLength(2);
    expect(must(await change([])).agents).toEqual([]);
    expect(await grantsOf()).toEqual([]);
    expect(await recorded()).toContain("plugin:given");
  });

  it("leaves those of other people what they have, and is given to none of theirs", async () => {
    must(await install(plugin()));
    const other = await bob();
    const id = house.house.ids.next(AgentId);
    const tools = ["weather.forecast"];
    must(await createAgent(house.house, other, { id, name: "B", model: "default", tools, reading: "auto" }));
    must(await change([]));
    expect(must(await house.memory.database.agents.find(ownScope(other), id)).capabilities).toEqual(tools);
    expect(must(await house.memory.database.capabilities.ofHolders(ownScope(other), [id]))).toHaveLength(1);
    expect((await change([id])).ok).toBe(false);
  });

  it("is given to none while it is stopped, and to none while everything is", async () => {
    must(await install(plugin(), { agents: [] }));
    must(await desk().change(house.owner, { name: NAME, enabled: false, refuse: false }));
    expect(codeOf(await change([house.agent.id]))).toBe("PLUGIN_STOPPED");
    must(await desk().change(house.owner, { name: NAME, enabled: true, refuse: false }));
    must(await stopEverything(house.halt, house.owner, { surface: "command", reason: null }));
    expect(codeOf(await change([house.agent.id]))).toBe("EVERYTHING_STOPPED");
    expect(await grantsOf()).toEqual([]);
    expect(await toolsOfAgent()).not.toContain("weather.forecast");
  });

  it("has its grants again where a stop ended them and none came back", async () => {
    must(await install(plugin()));
    const { epoch } = must(await stopEverything(house.halt, house.owner, { surface: "command", reason: null })).stop;
    must(await house.guard.resume(house.owner, "none"));
    must(await change([house.agent.id]));
    expect((await grantsOf()).filter((one) => one.epoch >= epoch)).toMatchObject([{ holder: house.agent.id }]);
  });
});

describe("after everything was stopped", () => {
  const stopped = async () =>
    must(await stopEverything(house.halt, house.owner, { surface: "command", reason: null })).stop.epoch;
  /** What of installed packages is in force again. */
  const back = async (epoch: number, tool: string) => (await grantsOf(tool)).filter((one) => one.epoch >= epoch);

  it.each(["starting", "all"] as const)("the grants of installed plugins come back (%s)", async (grants) => {
    must(await install(plugin()));
    const epoch = await stopped();
    must(await house.guard.resume(house.owner, grants));
    expect(await back(epoch, "weather.")).toMatchObject([
      { constraints: [{ kind: "host-in", argument: "hosts", hosts: ["api.test:443"] }], holder: house.agent.id },
    ]);
  });

  it("the grants of skills come back as those of an agent's start do", async () => {
    const { archive, digest } = skill();
    must(await desk().installSkill(house.owner, { archive, digest, agents: [house.agent.id], anyway: false }));
    const epoch = await stopped();
    must(await house.guard.resume(house.owner, "starting"));
    expect(await back(epoch, "skill.read")).toMatchObject([
      { constraints: [{ kind: "equals", argument: "skill", value: "tidy-notes" }] },
    ]);
  });

  it("nothing comes back of a plugin that was removed, stopped, or is not what it was", async () => {
    must(await install(plugin()));
    const epoch = await stopped();
    must(await desk().change(house.owner, { name: NAME, enabled: false, refuse: false }));
    must(await house.guard.resume(house.owner, "starting"));
    expect(await back(epoch, "weather.")).toEqual([]);
    must(await desk().change(house.owner, { name: NAME, enabled: true, agents: [house.agent.id], refuse: false }));
    const second = await stopped();
    reachElsewhere();
    must(await house.guard.resume(house.owner, "starting"));
    expect(await back(second, "weather.")).toEqual([]);
  });

  it("unplug: without the look at what is installed, a grant comes back that nothing comes with any more", async () => {
    must(await install(plugin()));
    const epoch = await stopped();
    reachElsewhere();
    must(await house.guard.resume(house.owner, "all"));
    expect(await back(epoch, "weather.")).toHaveLength(1);
  });

  /** As if what runs were not what was installed. */
  const reachElsewhere = (): void => {
    const loaded = house.plugins.loaded.get("weather");
    if (loaded === undefined) throw new Error("it is loaded");
    const permissions = [{ ...HTTP, hosts: ["evil.test:443"] }];
    must(house.plugins.host.load({ ...loaded, manifest: PluginManifest.parse({ ...loaded.manifest, permissions }) }));
  };
});

describe("a plugin that is removed", () => {
  it("leaves the world as it was before it came", async () => {
    const before = await world();
    must(await install(plugin({ permissions: [HTTP, { kind: "storage", bytes: 1_000, why: "x" }] })));
    must(await house.memory.database.pluginItems.set(house.scope, { plugin: NAME, audience: "public" }, "k", 1, 1_000));
    const removed = must(await desk().remove(house.owner, { name: NAME }));
    expect(removed).toEqual({ name: "weather", items: 1, grants: 1 });
    expect(await world()).toEqual(before);
    expect(house.plugins.told.at(-1)).toBe("unload weather");
    expect(await recorded()).toContain("plugin:removed");
    must(await install(plugin(), { agents: [] }));
    expect(await grantsOf()).toEqual([]);
    expect(await toolsOfAgent()).not.toContain("weather.forecast");
  });

  it("goes from agents and grants of other people too", async () => {
    must(await install(plugin(), { agents: [] }));
    const other = await bob();
    const id = house.house.ids.next(AgentId);
    must(
      await createAgent(house.house, other, {
        id,
        name: "B",
        model: "default",
        tools: ["weather.forecast"],
        reading: "auto",
      }),
    );
    expect(must(await house.memory.database.capabilities.ofHolders(ownScope(other), [id]))).toHaveLength(1);
    expect(must(await desk().remove(house.owner, { name: NAME })).grants).toBe(1);
    expect(must(await house.memory.database.agents.find(ownScope(other), id)).capabilities).toEqual([]);
    expect(must(await house.memory.database.capabilities.ofHolders(ownScope(other), [id]))).toEqual([]);
  });

  it("does not come back with what a stop ended", async () => {
    must(await install(plugin()));
    must(await stopEverything(house.halt, house.owner, { surface: "command", reason: null }));
    must(await desk().remove(house.owner, { name: NAME }));
    must(await house.guard.resume(house.owner, "all"));
    expect(await grantsOf()).toEqual([]);
  });

  it("is NOT_FOUND where there is none", async () => {
    expect(codeOf(await desk().remove(house.owner, { name: NAME }))).toBe("NOT_FOUND");
  });
});

describe("what is kept is checked again at the start", () => {
  const again = async (): Promise<void> => {
    await house.close(false);
    const { root } = house;
    house = await openRealHouse({ root, catalog: [manifest("file.read", "read"), ...SKILL_MANIFESTS] });
  };

  it("and is there as before where nothing changed", async () => {
    must(await install(plugin()));
    const before = await installed();
    await again();
    expect(await installed()).toEqual(before);
    expect([...house.plugins.loaded.keys()]).toEqual(["weather"]);
  });

  it.each<readonly [string, (given: TestPackage, eve: TestSigner) => Promise<void>, RegExp]>([
    [
      "one of whose bytes is another",
      async (given) =>
        alter({
          archive: Uint8Array.from(given.bytes, (byte, at) => (at === given.bytes.length - 5 ? byte ^ 1 : byte)),
        }),
      /its bytes were changed/,
    ],
    [
      "one in whose place a good package by another key was put",
      async (_given, eve) => {
        const other = plugin({}, eve, "evil()");
        await alter({ archive: other.bytes, digest: other.digest });
      },
      /its bytes were changed/,
    ],
    [
      "one in whose place another version by the same key was put",
      async () => {
        const other = plugin({ version: "9.0.0" }, ann, "other()");
        await alter({ archive: other.bytes, digest: other.digest });
      },
      /its bytes were changed/,
    ],
    [
      "one whose key is trusted no more",
      async () => {
        must(await house.memory.database.signers.remove(houseScope(house.owner), ann.key));
      },
      /a key that you have not trusted/,
    ],
  ])("%s is faulty, says why, and its tools are not there", async (_what, spoil, says) => {
    const given = plugin();
    must(await install(given));
    must(await install(plugin({ name: "tides" })));
    await spoil(given, testSigner());
    await again();
    const info = must(await desk().plugins(house.owner)).find(({ name }) => name === "weather");
    expect(info?.state).toBe("faulty");
    expect(info?.problem).toMatch(says);
    expect([...house.plugins.loaded.keys()]).not.toContain("weather");
    expect(codeOf(await desk().change(house.owner, { name: NAME, enabled: true, refuse: false }))).not.toBe("ok");
    expect(codeOf(await update(plugin({ version: "1.0.1" })))).not.toBe("ok");
    must(await desk().remove(house.owner, { name: NAME }));
  });

  const alter = async (change: Json): Promise<void> => {
    const scope = houseScope(house.owner);
    const stored = must(await house.memory.database.packages.find(scope, "plugin", "weather"));
    must(await house.memory.database.packages.put(scope, { ...stored, ...change }));
  };
});

describe("signers", () => {
  it("cannot be removed while something is installed by them", async () => {
    must(await install(plugin()));
    expect(must(await desk().signers(house.owner))[0]?.packages).toEqual(["weather"]);
    expect(await desk().distrust(house.owner, { key: ann.key })).toMatchObject({
      error: { code: "SIGNER_IN_USE", message: "This key signed what is installed: weather." },
    });
    must(await desk().remove(house.owner, { name: NAME }));
    must(await desk().distrust(house.owner, { key: ann.key }));
    expect(must(await desk().signers(house.owner))).toEqual([]);
    expect(codeOf(await install(plugin()))).toBe("SIGNER_UNKNOWN");
    expect(await recorded()).toEqual(expect.arrayContaining(["signer:trusted", "signer:removed"]));
  });
});

describe("the name of a key", () => {
  const trust = (signer: TestSigner, name: string, rename = false) =>
    desk().trust(house.owner, { key: signer.key, name, own: false, rename });
  const names = async () => must(await desk().signers(house.owner)).map(({ name }) => name);

  it.each(["Ann", "ann", " ANN", "\uff21nn"])("is that key's alone, also as %j", async (name) => {
    expect(await trust(testSigner(), name)).toMatchObject({ error: { code: "SIGNER_NAME_TAKEN" } });
    expect(await names()).toEqual(["Ann"]);
  });

  it("unplug: without the look at other names a list shows two keys as one signer", async () => {
    const [stored] = must(await house.memory.database.signers.list(houseScope(house.owner)));
    if (stored === undefined) throw new Error("it is trusted");
    must(await house.memory.database.signers.put(houseScope(house.owner), { ...stored, key: testSigner().key }));
    expect(await names()).toEqual(["Ann", "Ann"]);
  });

  it("changes where that is said, and the answer shows what it was", async () => {
    expect(await trust(ann, "Eve")).toMatchObject({ error: { code: "SIGNER_HAS_NAME", context: { name: "Ann" } } });
    expect(await names()).toEqual(["Ann"]);
    expect(must(await trust(ann, "Ann")).was).toBeNull();
    expect(must(await trust(ann, "Anna", true))).toMatchObject({ name: "Anna", was: "Ann" });
    expect(await names()).toEqual(["Anna"]);
    expect(must(await trust(testSigner(), "Ann")).was).toBeNull();
  });

  it("takes nothing of what the key is to the owner where nothing is said of that", async () => {
    const own = testSigner();
    const said = async (wish: object) =>
      must(await desk().trust(house.owner, { key: own.key, name: "Me", ...wish })).own;
    expect(await said({})).toBe(false);
    expect(await said({ own: true })).toBe(true);
    expect(await said({ name: "Myself", rename: true })).toBe(true);
    expect(await said({ name: "Myself", own: false })).toBe(false);
  });
});

describe("skills", () => {
  const give = (given: TestPackage, agents = [house.agent.id]) =>
    desk().installSkill(house.owner, { archive: given.archive, digest: given.digest, agents, anyway: false });
  const TIDY = SkillName.parse("tidy-notes");

  it("are installed for agents, which get the tools to read them and a grant for each by its name", async () => {
    const info = must(await give(skill({ origin: "own" })));
    expect(info).toMatchObject({ name: "tidy-notes", trusted: true, agents: [house.agent.id] });
    expect(await toolsOfAgent()).toEqual(expect.arrayContaining(["skill.list", "skill.read", "skill.unpack"]));
    expect((await grantsOf("skill.read"))[0]?.constraints).toEqual([
      { kind: "equals", argument: "skill", value: "tidy-notes" },
    ]);
    expect(house.shelf.all().map(({ manifest: { name } }) => name)).toEqual(["tidy-notes"]);
  });

  it("are not the owner's own words where they were only packed, or where the key is not their own", async () => {
    expect(must(await give(skill())).trusted).toBe(false);
    const eve = testSigner();
    must(await desk().trust(house.owner, { key: eve.key, name: "Eve", own: false }));
    expect(must(await give(skill({ name: "cook", origin: "own" }, eve))).trusted).toBe(false);
  });

  it("are replaced by newer ones of the same signer, and by nothing else", async () => {
    must(await give(skill()));
    expect(codeOf(await give(skill({ version: "0.9.0" })))).toBe("PACKAGE_DOWNGRADE");
    expect(must(await give(skill({ version: "1.1.0" }, ann, "# Better"))).version).toBe("1.1.0");
    expect(await grantsOf("skill.read")).toHaveLength(1);
  });

  it("are taken from an agent and given to another", async () => {
    must(await give(skill()));
    const id = house.house.ids.next(AgentId);
    must(await createAgent(house.house, house.owner, { id, name: "B", model: "default", tools: [], reading: "auto" }));
    expect(must(await desk().changeSkill(house.owner, { name: TIDY, agents: [id] })).agents).toEqual([id]);
    expect((await grantsOf("skill.read")).map(({ holder }) => holder)).toEqual([id]);
  });

  it("leave no grant and no words when they are removed", async () => {
    const before = await world();
    must(await give(skill(), []));
    must(await desk().changeSkill(house.owner, { name: TIDY, agents: [house.agent.id] }));
    must(await desk().removeSkill(house.owner, { name: TIDY }));
    expect(house.shelf.all()).toEqual([]);
    expect(await world()).toEqual(before);
    expect(await recorded()).toEqual(expect.arrayContaining(["skill:installed", "skill:given", "skill:removed"]));
  });
});

describe("looking at a package", () => {
  it("says what it is, what it may touch and what speaks against it, and keeps nothing", async () => {
    const before = await world();
    const given = plugin({ name: "wether" }, testSigner());
    const report = must(await desk().inspect(house.owner, given.archive));
    expect(report).toMatchObject({ kind: "plugin", name: "wether", digest: given.digest, difference: null });
    expect(report.signer).toMatchObject({ trusted: false, name: null });
    expect(report.refusals.map(({ code }) => code)).toEqual(["SIGNER_UNKNOWN"]);
    expect(report.warnings.map(({ code }) => code)).toEqual(["PACKAGE_LOOKS_LIKE"]);
    expect(await world()).toEqual(before);
  });

  it("shows what an update would change", async () => {
    must(await install(plugin()));
    const wider = plugin({ version: "1.1.0", limits: { seconds: 30 } });
    const report = must(await desk().inspect(house.owner, wider.archive));
    expect(report.refusals).toEqual([]);
    expect(report.difference?.widens).toEqual(["It may use 30 seconds for each call."]);
  });
});
