import { describe, expect, it } from "vitest";
import { definePlugin } from "../define-plugin.ts";
import type { Host, SecretHandle } from "../host.ts";
import type { Json } from "../json.ts";
import type { PluginManifest, PluginPermission } from "../manifest.ts";
import { runPlugin } from "./run-plugin.ts";
import type { RunSetting } from "./run-plugin.ts";

const http: PluginPermission = { kind: "http", hosts: ["api.example.org:443"], why: "to ask" };
const box: PluginPermission = { kind: "storage", bytes: 40, why: "to remember" };
const secret: PluginPermission = { kind: "secret", name: "key", host: "api.example.org:443", why: "to be known" };
const URL_ = "https://api.example.org/a";

const manifestWith = (
  permissions: readonly PluginPermission[],
  limits: NonNullable<PluginManifest["limits"]> = {},
): PluginManifest => ({
  manifest: 1,
  name: "probe",
  version: "1.0.0",
  title: "Probe",
  description: "Does what a test wants.",
  tools: [{ name: "go", title: "Go", description: "Goes.", input: { type: "object", properties: {} } }],
  permissions,
  limits,
});

/** Runs what a test wants as a plugin's only tool. */
const go = async (
  work: (host: Host) => Json | Promise<Json>,
  setting: Partial<RunSetting> & { readonly permissions?: readonly PluginPermission[] } = {},
) => {
  const { permissions = [], ...rest } = setting;
  const running = runPlugin(definePlugin({ tools: { go: (_, host) => work(host) } }), {
    manifest: manifestWith(permissions),
    ...rest,
  });
  return { report: await running.call("go"), kept: running.kept() };
};

/** The code that the house refuses with, as a plugin sees it. */
const codeOf = async (asked: Promise<unknown>): Promise<string> => {
  try {
    await asked;
    return "answered";
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "no code";
  }
};

describe("the local runner", () => {
  it("lets eight requests wait at once, as the house does", async () => {
    const { report } = await go(
      async (host) => {
        const nine = await Promise.all(Array.from({ length: 9 }, () => codeOf(host.http.fetch({ url: URL_ }))));
        return [...nine, await codeOf(host.http.fetch({ url: URL_ }))];
      },
      { permissions: [{ kind: "http", hosts: ["api.example.org:443"], why: "w" }], answers: [{ url: URL_ }] },
    );
    const answered = Array.from({ length: 8 }, () => "answered");
    expect(report.result).toEqual([...answered, "PLUGIN_LIMIT", "answered"]);
  });

  it.each<[string, (host: Host) => Promise<unknown>]>([
    ["the web", (host) => host.http.fetch({ url: URL_ })],
    ["a box", (host) => host.storage.get("a")],
    ["a secret", (host) => host.secrets.handle("key")],
    ["events", (host) => host.events.emit("done", null)],
    ["tools of the house", (host) => host.tools.call("memory.search", {})],
  ])("gives nothing that the manifest does not ask for: %s", async (_, work) => {
    const { report } = await go((host) => codeOf(work(host)));
    expect(report.result).toBe("PLUGIN_MAY_NOT");
    expect(report.asked.map(({ refused }) => refused)).toEqual(["PLUGIN_MAY_NOT"]);
  });

  it.each([
    ["another host", { url: "https://evil.example/a" }, "PLUGIN_MAY_NOT"],
    ["another port", { url: "https://api.example.org:8443/a" }, "PLUGIN_MAY_NOT"],
    ["a host that only ends alike", { url: "https://api.example.org.evil.example/a" }, "PLUGIN_MAY_NOT"],
    ["another method", { url: URL_, method: "POST" as const }, "PLUGIN_MAY_NOT"],
    ["a name in the address", { url: "https://api.example.org@evil.example/a" }, "URL_INVALID"],
    ["no address", { url: "api.example.org" }, "URL_INVALID"],
    ["a credential of its own", { url: URL_, headers: { Authorization: "Bearer x" } }, "PLUGIN_MAY_NOT"],
    ["an address without an answer", { url: `${URL_}/b` }, "FETCH_FAILED"],
  ])("refuses %s", async (_, request, code) => {
    const { report } = await go((host) => codeOf(host.http.fetch(request)), {
      permissions: [http],
      answers: [{ url: URL_, body: "hello" }],
    });
    expect(report.result).toBe(code);
  });

  it("answers a request that the manifest allows, with header names in lower case", async () => {
    const { report } = await go(async (host) => ({ ...(await host.http.fetch({ url: URL_ })) }), {
      permissions: [http],
      answers: [{ url: URL_, status: 404, headers: { "X-Left": "3" }, body: "none" }],
    });
    expect(report.result).toEqual({ status: 404, headers: { "x-left": "3" }, body: "none" });
  });

  it("takes hosts that the owner chose only where the manifest leaves a choice", async () => {
    const wish = { answers: [{ url: "https://feeds.example/a" }], hosts: ["feeds.example:443"] };
    const ask = (host: Host) => codeOf(host.http.fetch({ url: "https://feeds.example/a" }));
    expect((await go(ask, { ...wish, permissions: [http] })).report.result).toBe("PLUGIN_MAY_NOT");
    expect((await go(ask, { ...wish, permissions: [{ ...http, chosen: true }] })).report.result).toBe("answered");
  });

  it("keeps a box within its bytes, and changes nothing where it would be too full", async () => {
    const { report, kept } = await go(
      async (host) => {
        await host.storage.set("a", "small");
        return [await codeOf(host.storage.set("a", "x".repeat(40))), await host.storage.get("a")];
      },
      { permissions: [box] },
    );
    expect(report.result).toEqual(["PLUGIN_LIMIT", "small"]);
    expect(kept).toEqual({ a: "small" });
  });

  it("knows a secret by a handle of the same call, and no value", async () => {
    let stolen: SecretHandle | null = null;
    const running = runPlugin(
      definePlugin({
        tools: {
          go: async (_, host) => {
            const handle = stolen ?? (await host.secrets.handle("key"));
            stolen = handle;
            return [
              JSON.stringify(handle).includes("key"),
              await codeOf(host.http.fetch({ url: URL_, secret: handle })),
            ];
          },
        },
      }),
      { manifest: manifestWith([http, secret]), answers: [{ url: URL_ }] },
    );
    expect((await running.call("go")).result).toEqual([false, "answered"]);
    expect((await running.call("go")).result).toEqual([false, "PLUGIN_MAY_NOT"]);
  });

  it("says that a secret is not kept when it is used", async () => {
    const { report } = await go(
      async (host) => codeOf(host.http.fetch({ url: URL_, secret: await host.secrets.handle("key") })),
      { permissions: [http, secret], answers: [{ url: URL_ }], secrets: [] },
    );
    expect(report.result).toBe("SECRET_NOT_FOUND");
  });

  it("ends a call that asks too often, also one that catches every error", async () => {
    const { report } = await go(
      async (host) => {
        for (let count = 0; count < 10; count += 1) await codeOf(host.storage.get("a"));
        return "went on";
      },
      { manifest: manifestWith([box], { asksPerCall: 3 }) },
    );
    expect(report.problem?.code).toBe("PLUGIN_LIMIT");
    expect(report.asked).toHaveLength(3);
  });

  it("ends a call that takes too long", async () => {
    const { report } = await go(() => new Promise<Json>(() => undefined), {
      manifest: manifestWith([], { seconds: 1 }),
    });
    expect(report.problem).toEqual({ code: "PLUGIN_LIMIT", says: "1 seconds" });
  });

  it("ends a call that gives back too much", async () => {
    const { report } = await go(() => "x".repeat(300), { manifest: manifestWith([], { outputBytes: 256 }) });
    expect(report.problem?.code).toBe("PLUGIN_LIMIT");
  });

  it("lets an event reach the box and the log alone", async () => {
    const heard: string[] = [];
    const running = runPlugin(
      definePlugin({
        tools: {},
        events: {
          "reminder:fired": async ({ name, at }, host) => {
            await host.storage.set("at", at);
            heard.push(name, await codeOf(host.http.fetch({ url: URL_ })));
          },
        },
      }),
      {
        manifest: manifestWith([http, box, { kind: "events", hears: ["reminder:fired"], why: "to count" }]),
        answers: [{ url: URL_ }],
      },
    );
    const at = "2026-11-23T10:00:00.000Z";
    expect((await running.hear("reminder:fired", at)).ok).toBe(true);
    expect(heard).toEqual(["reminder:fired", "PLUGIN_MAY_NOT"]);
    expect(running.kept()).toEqual({ at });
    expect((await running.hear("backup:made", at)).problem?.code).toBe("PLUGIN_MAY_NOT");
  });

  it("takes a refusal that a plugin lets pass as the plugin's own failure", async () => {
    const { report } = await go(async (host) => (await host.http.fetch({ url: URL_ })).body);
    expect(report.problem?.code).toBe("PLUGIN_FAILED");
    expect(report.logged.join("\n")).toContain("the web");
  });

  it("calls tools of the house that the manifest names, as far as the test answers for them", async () => {
    const permissions: readonly PluginPermission[] = [{ kind: "tools", names: ["memory.search"], why: "to look" }];
    const tools = { "memory.search": () => "found", "file.read": () => "not for you" };
    const { report } = await go(
      async (host) => [
        await host.tools.call("memory.search", { words: "x" }),
        await codeOf(host.tools.call("file.read", {})),
      ],
      { permissions, tools },
    );
    expect(report.result).toEqual(["found", "PLUGIN_MAY_NOT"]);
  });

  it.each<[string, Record<string, Json>, string | null]>([
    ["what fits", { text: "a", count: 2, on: true, list: ["x"] }, null],
    ["a missing one", { count: 2 }, "text is missing"],
    ["one too many", { text: "a", more: 1 }, "more is no argument"],
    ["an inherited name", { text: "a", toString: "x" }, "toString is no argument"],
    ["a text that is too long", { text: "abcdef" }, "text is too long"],
    ["a number out of range", { text: "a", count: 4 }, "count is out of range"],
    ["half a number", { text: "a", count: 1.5 }, "count is no whole number"],
    ["a list of something else", { text: "a", list: [1] }, "list is no text"],
    ["a list that is too long", { text: "a", list: ["x", "x", "x"] }, "list is too long"],
    ["another word", { text: "b" }, "text is none of those"],
  ])("judges arguments by the manifest: %s", async (_, args, problem) => {
    const manifest: PluginManifest = {
      ...manifestWith([]),
      tools: [
        {
          name: "go",
          title: "Go",
          description: "Goes.",
          input: {
            type: "object",
            properties: {
              text: { type: "string", maxLength: 5, enum: ["a", "abcdef"] },
              count: { type: "integer", minimum: 1, maximum: 3 },
              on: { type: "boolean" },
              list: { type: "array", items: { type: "string" }, maxItems: 2 },
            },
            required: ["text"],
          },
        },
      ],
    };
    const report = await runPlugin(definePlugin({ tools: { go: () => "went" } }), { manifest }).call("go", args);
    if (problem === null) expect(report.result).toBe("went");
    else
      expect([report.problem?.code, report.problem?.says.slice(0, problem.length)]).toEqual([
        "TOOL_ARGUMENTS_INVALID",
        problem,
      ]);
  });
});
