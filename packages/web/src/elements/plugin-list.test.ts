import type { OperationName, PluginInfo, Role } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, refused, secret, settle, standIn, stubForms } from "../testing/keeping.ts";
import { DIGEST, ownAgent, plugin, weatherManifest } from "../testing/packages.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, ME } from "../testing/samples.ts";
import { PluginList } from "./plugin-list.ts";

beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

type Table = { readonly [N in OperationName]?: unknown };
const open = (plugins: readonly PluginInfo[] | null, table: Table = {}, role: Role = "owner") => {
  const gateway = gatewayOf({
    "plugins.change": plugin(),
    "plugins.accept": plugin(),
    "plugins.remove": { name: "weather", items: 1, grants: 2 },
    ...table,
  });
  const list = new PluginList();
  const done = standIn(list);
  const secrets = [secret("github"), secret("mail")];
  const changed = () => done.push("changed");
  Object.assign(list, { call: gateway.call, me: { ...ME, role }, agents: [ownAgent], secrets, plugins, changed });
  const read = () => readTemplate((list as unknown as { render(): unknown }).render()); // what Lit calls
  const press = async (label: string): Promise<void> => {
    read().fire("click", label);
    await settle();
  };
  const submit = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
    await settle();
  };
  return { list, done, read, press, submit, ...gateway };
};
const WAITS = plugin({
  waiting: { version: "1.1.0", digest: DIGEST, widens: ["It may send web requests to b.test:443."] },
});
const CHOOSES = plugin({
  manifest: weatherManifest({
    permissions: [
      { kind: "http", hosts: ["api.test:443"], chosen: true, why: "x" },
      { kind: "secret", name: "token", host: "api.test:443", why: "x" },
    ],
  }),
  choices: { hosts: ["blog.test:443", "news.test:8443"], secrets: { token: "mail" } },
});

describe("the plugins", () => {
  it("say what each may touch, whose it is, how it stands and who uses it", () => {
    const { words } = open([plugin({ processes: 2 })]).read();
    for (const part of [
      "Weather weather 1.0.0 ready",
      "What it may touch Sends web requests (GET) to api.test.",
      "Signed by Harbour Tools . Used by Molty.",
      "1 tool Each only looks things up.",
      "2 processes, one for each set of people",
    ])
      expect(words).toContain(part);
    expect(open(null).read().words).toContain("Loading…");
  });

  it("say why one does not run, and claim nothing of what it may touch", () => {
    const { read } = open([plugin({ state: "faulty", problem: "It was changed.", touches: [], agents: [] })]);
    const { words } = read();
    expect(words).toContain("does not run");
    expect(words).toContain("It was changed.");
    expect(words).toContain("Used by none of your agents.");
    expect(words).not.toContain("What it may touch");
    expect(words).toContain("Try again");
    expect(words).not.toContain("Stop");
  });

  it("say what plugins are while there is none, and where the examples are to whoever may install them", () => {
    expect(open([]).read().words).toContain("It runs behind a wall");
    expect(open([]).read().words).toContain("./moltbot plugin install examples/plugins/weather");
    expect(open([], {}, "member").read().words).not.toContain("./moltbot");
  });

  it("accept the update that waits by the digest that was shown, or throw it away", async () => {
    const { press, asked, done, list, read } = open([WAITS]);
    expect(read().words).toContain(
      "Version 1.1.0 waits for you. This is new in it: It may send web requests to b.test:443.",
    );
    await press("Accept 1.1.0");
    expect(asked).toEqual([{ name: "plugins.accept", input: { name: "weather", digest: DIGEST } }]);
    expect(done).toEqual(["changed", "focus #plugin-weather"]);
    expect(list.said).toBe("Weather is 1.1.0 now.");
    await press("Refuse 1.1.0");
    expect(asked.at(-1)).toEqual({ name: "plugins.change", input: { name: "weather", refuse: true } });
  });

  it("offer nothing to whoever may not, and say who decides", () => {
    const { words, markup } = open([WAITS, plugin({ name: "other", state: "stopped" })], {}, "admin").read();
    expect(words).toContain("The owner accepts or refuses it; until then 1.0.0 goes on.");
    expect(markup).not.toContain("<button");
  });

  it("stop and start, and stand with what was refused", async () => {
    const { press, asked, list, read, answers, done } = open([plugin()]);
    await press("Stop Weather");
    expect(asked).toEqual([{ name: "plugins.change", input: { name: "weather", enabled: false } }]);
    expect(list.said).toBe("Weather is stopped. Nothing of it runs.");
    list.plugins = [plugin({ state: "stopped" })];
    answers["plugins.change"] = refused("PACKAGE_ALTERED", { name: "weather" });
    await press("Start Weather");
    expect(read().words).toContain("weather is not what was signed");
    expect(done.at(-1)).toBe("focus #plugin-problem");
  });

  it("are removed by a second press that says what goes", async () => {
    const { press, asked, done, list, read } = open([plugin()]);
    await press("Remove Weather");
    expect(read().words).toContain("with everything that it kept for anybody");
    expect(asked).toEqual([]);
    await press("Keep it");
    await press("Remove Weather");
    await press("Remove it");
    expect(asked).toEqual([{ name: "plugins.remove", input: { name: "weather" } }]);
    expect(list.said).toBe("Weather is removed, with 2 permissions and 1 thing that it kept.");
    expect(done.slice(-2)).toEqual(["changed", "focus .plugins-here"]);
  });

  it("stay when they could not be removed, and say why", async () => {
    const { press, read, list } = open([plugin()], {
      "plugins.remove": refused("DATABASE_UNAVAILABLE", { problem: "busy" }),
    });
    await press("Remove Weather");
    await press("Remove it");
    expect(read().words).toContain("busy");
    expect(list.said).toBe("");
  });

  it("take the hosts and secrets that the manifest leaves to the owner, and keep the form where they are refused", async () => {
    const { press, submit, asked, read, answers, list } = open([CHOOSES]);
    await press("Choose hosts and secrets of Weather");
    expect(read().markup).toContain("blog.test, news.test:8443");
    expect(read().words).toContain("token (not stored yet)");
    answers["plugins.change"] = refused("REQUEST_INVALID", { problem: "no host", path: "hosts" });
    await submit({ hosts: "no host!", "secret-token": "" });
    expect(read().markup).toContain("<form");
    answers["plugins.change"] = CHOOSES;
    await submit({ hosts: "Blog.test, other.test:8443", "secret-token": "github" });
    expect(asked.at(-1)?.input).toEqual({
      name: "weather",
      hosts: ["blog.test:443", "other.test:8443"],
      secrets: { token: "github" },
    });
    expect(read().markup).not.toContain("<form");
    expect(list.said).toContain("holds from now on");
    expect(open([plugin()]).read().words).not.toContain("Choose");
  });

  it("are given to the agents that are ticked, and to no other, apart from what is chosen for them", async () => {
    const { press, submit, asked, read, list, done } = open([CHOOSES]);
    await press("Which agents use Weather");
    expect(read().markup).toContain(`name="agent-${AGENT}" value="yes" ?checked=true`);
    expect(read().markup).not.toContain('name="hosts"');
    await submit({});
    expect(list.said).toBe("Weather is given to none of your agents.");
    await press("Which agents use Weather");
    await submit({ [`agent-${AGENT}`]: "yes" });
    expect(asked).toEqual([
      { name: "plugins.change", input: { name: "weather", agents: [] } },
      { name: "plugins.change", input: { name: "weather", agents: [AGENT] } },
    ]);
    expect(list.said).toBe("Weather is given to Molty.");
    expect(done.slice(-2)).toEqual(["changed", "focus #plugin-weather"]);
    await press("Choose hosts and secrets of Weather");
    expect(read().markup).not.toContain(`agent-${AGENT}`);
  });

  it("keep the form about agents where that is refused; it is offered for one that runs, to whoever may", async () => {
    const { press, submit, read } = open([plugin()], {
      "plugins.change": refused("PLUGIN_STOPPED", { plugin: "weather", problem: "it was stopped" }),
    });
    await press("Which agents use Weather");
    await submit({ [`agent-${AGENT}`]: "yes" });
    expect(read().markup).toContain("<form");
    expect(read().words).toContain("it was stopped");
    expect(open([plugin({ state: "stopped" })]).read().markup).not.toContain("Which agents use");
    expect(open([plugin()], {}, "member").read().markup).not.toContain("Which agents use");
  });

  it("say what is to be done where one reaches nothing for want of a host", () => {
    const manifest = weatherManifest({ permissions: [{ kind: "http", hosts: [], chosen: true, why: "x" }] });
    const none = plugin({ manifest, touches: ["Sends web requests (GET) to no host yet."] });
    const says = "No host is named yet, so it reaches nothing.";
    expect(open([none]).read().words).toContain(`${says} “Choose” names one.`);
    expect(open([none], {}, "member").read().words).toContain(`${says} The owner names one.`);
    const named = { ...none, choices: CHOOSES.choices };
    for (const one of [named, CHOOSES, plugin()]) expect(open([one]).read().words).not.toContain("No host");
  });
});
