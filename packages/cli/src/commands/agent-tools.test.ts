import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";
import { agent } from "../testing/samples.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const ONE = { ...agent(), capabilities: ["clock.now", "old.thing", "file.read"] };
const SET = `PUT /v2/agents/${ONE.id}/tools`;
const TOOLS = [
  { name: "clock.now", title: "Tell the time", effect: "read", asks: false },
  { name: "file.read", title: "Read a file", effect: "read", asks: false },
  { name: "web.search", title: "Search \u202ethe web", effect: "fetch", asks: true },
];
const READS = { "GET /v2/agents": { json: [ONE] }, "GET /v2/tools": { json: TOOLS } };
const after = (...capabilities: readonly string[]) => ({ ...READS, [SET]: { json: { ...ONE, capabilities } } });

describe("agents tools", () => {
  it("lists what it has and what it lacks, aligned, with nothing hidden in the words", async () => {
    const { out, asked } = await run(["agents", "tools", "Moltbot"], READS);
    const lines = out.trimEnd().split("\n");
    expect(lines.slice(1).map((line) => line.split(/ {2,}/))).toEqual([
      ["clock.now", "has", "in its own place", "Tell the time"],
      ["file.read", "has", "in its own place", "Read a file"],
      ["web.search", "lacks", "asks first", "Search \\u202ethe web"],
      ["old.thing", "has", "There is no such tool any more."],
    ]);
    const column = lines[0]?.indexOf("what");
    expect(lines.slice(1).map((line) => line.search(/Tell|Read|Search|There/))).toEqual(Array(4).fill(column));
    expect(asked.map(({ route }) => route)).toEqual(["GET /v2/agents", "GET /v2/tools"]);
    expect(JSON.parse((await run(["agents", "tools", "--json"], READS)).out)).toEqual({
      ...ONE,
      lacks: ["web.search"],
    });
  });

  it("gives all that there are", async () => {
    const done = await run(["agents", "tools", "Moltbot", "--all"], after("clock.now", "file.read", "web.search"));
    expect(done.asked.find(({ route }) => route === SET)).toMatchObject({ body: { tools: "all" } });
    expect(done.out).not.toContain("lacks");
  });

  it("adds to what it has and takes away, and leaves out what is no more", async () => {
    const add = await run(["agents", "tools", "Moltbot", "--add", "web.search, calc"], after("clock.now"));
    expect(add.asked.at(-1)).toMatchObject({ body: { tools: ["clock.now", "file.read", "web.search", "calc"] } });
    const remove = await run(["agents", "tools", "Moltbot", "--remove", "file.read,old.thing"], after("clock.now"));
    expect(remove.asked.at(-1)).toMatchObject({ route: SET, body: { tools: ["clock.now"] } });
    expect(remove.out).toMatch(/file\.read +lacks/);
    const both = await run(["agents", "tools", "--add", "web.search", "--remove", "clock.now"], after("web.search"));
    expect(both.asked.at(-1)).toMatchObject({ body: { tools: ["file.read", "web.search"] } });
  });

  it("changes nothing for words that contradict each other or name no tool", async () => {
    expect(await run(["agents", "tools", "Moltbot", "--all", "--add", "calc"], READS)).toMatchObject({ code: "USAGE" });
    const typo = await run(["agents", "tools", "Moltbot", "--remove", "clok.now"], READS);
    expect(typo).toMatchObject({ code: "TOOL_UNKNOWN" });
    expect(typo.asked.some(({ route }) => route.startsWith("PUT"))).toBe(false);
  });
});
