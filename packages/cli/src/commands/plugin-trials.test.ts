import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { watchPlugin } from "../packages/run-trials.ts";
import { contextWith, folderOf, pluginFiles, trial } from "../testing/package-samples.ts";
import { run } from "../testing/run.ts";

const told = (words: string): unknown => expect.stringContaining(words) as unknown;
const ROUTE = "POST /v2/plugins/try";
const CASE = {
  name: "says the weather of a place",
  tool: "forecast",
  arguments: { place: "Berlin" },
  answers: [{ url: "https://api.example.org/?q=Berlin", body: "{}" }],
  expect: { result: { high: 7 }, asked: ["http.fetch GET https://api.example.org"] },
};
const casesText = (...cases: readonly object[]): string => JSON.stringify({ cases });

let place: ReturnType<typeof folderOf>;
const put = (name: string, text: string): void => writeFileSync(join(place.path, name), text);
beforeEach(() => {
  place = folderOf({ ...pluginFiles(), "plugin.test.json": casesText(CASE) });
});
afterEach(() => {
  place.remove();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const good = trial({
  result: JSON.stringify({ high: 7, low: 2 }),
  asked: [{ method: "http.fetch", says: "GET https://api.example.org/?q=Berlin", refused: null }],
});

describe("plugin test", () => {
  it("runs each case through the gateway's sandbox and says that it passed", async () => {
    const done = await run(["plugin", "test", place.path], { [ROUTE]: { json: good } });
    expect(done).toMatchObject({ exit: 0, out: told("✓ says the weather of a place") });
    expect(done.out).toContain("1 passed");
    expect(done.asked).toMatchObject([
      {
        route: ROUTE,
        body: {
          tool: "forecast",
          arguments: { place: "Berlin" },
          answers: [{ url: "https://api.example.org/?q=Berlin", method: "GET", status: 200, headers: {}, body: "{}" }],
          kept: {},
        },
      },
    ]);
  });

  it("ends with 1 where one fails, and shows what was asked and logged", async () => {
    const bad = trial({
      ok: false,
      result: null,
      problem: { code: "PLUGIN_FAILED", says: "boom\u001b[2J" },
      asked: [{ method: "http.fetch", says: "GET https://evil.example/", refused: "PLUGIN_MAY_NOT" }],
      logged: ["here"],
    });
    const done = await run(["plugin", "test", place.path], { [ROUTE]: { json: bad } });
    expect(done.exit).toBe(1);
    expect(done.out).toContain("✗ says the weather of a place");
    expect(done.out).toContain("it failed: PLUGIN_FAILED: boom\\u001b[2J");
    expect(done.out).toContain("asked http.fetch GET https://evil.example/: PLUGIN_MAY_NOT");
    expect(done.out).toContain("log   here");
    expect(done.out).toContain("1 of 1 failed");
    const json = await run(["plugin", "test", place.path, "--json"], { [ROUTE]: { json: bad } });
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      cases: [{ faults: [told("PLUGIN_FAILED"), told("is expected")] }],
    });
  });

  it("ends with 1 where main.js cannot be loaded, says why once, and lets no case expect that", async () => {
    const says = "The plugin weather failed: it could not be loaded. SyntaxError: Unexpected token '}' at main.js:3";
    const unfit = trial({ ok: false, result: null, problem: { code: "PLUGIN_FAILED", says } });
    put("plugin.test.json", casesText({ ...CASE, expect: { ok: false } }, CASE));
    const done = await run(["plugin", "test", place.path], { [ROUTE]: { json: unfit } });
    expect(done).toMatchObject({ exit: 1, out: told("SyntaxError: Unexpected token '}' at main.js:3") });
    expect(done.out).toContain("it cannot be loaded, so no case was run");
    expect(done.asked).toHaveLength(1);
  });

  it("ends with 1 where the gateway blames the plugin, and with the gateway's own code where it cannot try it", async () => {
    const failed = (code: string, status: number) => ({
      [ROUTE]: { status, json: { code, detail: "so it is", next: "do so", family: "ToolError", recoverable: true } },
    });
    const limit = await run(["plugin", "test", place.path], failed("PLUGIN_LIMIT", 429));
    expect(limit).toMatchObject({ exit: 1, out: told("it failed: PLUGIN_LIMIT: so it is") });
    const none = await run(["plugin", "test", place.path], failed("SANDBOX_UNAVAILABLE", 503));
    expect(none).toMatchObject({ code: "SANDBOX_UNAVAILABLE" });
  });

  it("fails where plugin.json declares a tool that main.js does not have", async () => {
    const done = await run(["plugin", "test", place.path], { [ROUTE]: { json: { ...good, missing: ["bye"] } } });
    expect(done).toMatchObject({ exit: 1, out: told("main.js has no tool bye, which plugin.json declares") });
  });

  it.each([
    ["no JSON", "{", "plugin.test.json: it is not JSON"],
    ["no cases", '{"cases":[]}', "plugin.test.json: cases"],
    ["a case without a tool", casesText({ name: "x" }), "cases[0].tool: it is missing"],
    ["a word that nobody knows", casesText({ ...CASE, expects: {} }), "“expects”"],
    ["cases that are no list", '{"cases":1}', "cases: “1” does not fit"],
    ["nothing where a case is", '{"cases":[null]}', "cases[0]: names with values in braces must stand there"],
    ["an answer without an address", casesText({ ...CASE, answers: [{}] }), "cases[0].answers[0].url: it is missing"],
  ])("refuses cases with %s, before anything is run", async (_says, text, problem) => {
    put("plugin.test.json", text);
    const refused = await run(["plugin", "test", place.path], { [ROUTE]: { json: good } });
    expect(refused).toMatchObject({ code: "PACKAGE_INVALID", problem: told(problem), asked: [] });
  });

  it("says how to write cases where there are none", async () => {
    const bare = folderOf(pluginFiles());
    const refused = await run(["plugin", "test", bare.path], {});
    bare.remove();
    expect(refused).toMatchObject({
      code: "PACKAGE_INVALID",
      problem: told(`${bare.path}: there is no plugin.test.json`),
      next: told('"cases"'),
    });
  });
});

describe("plugin dev", () => {
  it("runs the cases again at each save, survives a mistake, and ends after so many runs", async () => {
    const { context, asked, said } = contextWith({ "plugins.try": good });
    const running = watchPlugin(context, { runs: "3" }, place.path);
    const waits = async (runs: number): Promise<void> => {
      const waiting = () => said.filter((line) => line.includes("Waiting for a change")).length;
      for (let looked = 0; looked < 200 && waiting() < runs; looked += 1) await pause(20);
      expect(waiting()).toBe(runs);
    };
    await waits(1);
    put("plugin.json", "{");
    await waits(2);
    expect(said.join("\n")).toContain("plugin.json: it is not JSON");
    put("plugin.json", pluginFiles()["plugin.json"] ?? "");
    await running;
    expect(asked).toHaveLength(2);
    expect(said.at(-1)).toContain("1 passed");
  });

  it("takes a folder and a count, and nothing else", async () => {
    expect(await run(["plugin", "dev", join(place.path, "main.js")], {})).toMatchObject({ code: "USAGE" });
    expect(await run(["plugin", "dev", place.path, "--runs", "0"], {})).toMatchObject({ code: "USAGE", asked: [] });
  });

  it("ends where the gateway is not there", async () => {
    const refused = await run(["plugin", "dev", place.path, "--runs", "2"], {}, { MOLTBOT_HOME: "/no/such/home" });
    expect(refused).toMatchObject({ code: "GATEWAY_UNREACHABLE" });
  });
});
