import { ToolName } from "@moltbot/contracts";
import type { ToolInfo } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import type { Problem } from "../state/state.ts";
import { gatewayOf, refused, settle, standIn } from "../testing/keeping.ts";
import { MOLTY } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AgentTools } from "./agent-tools.ts";

const tool = (name: string, title: string, asks: boolean): ToolInfo => ({
  name: ToolName.parse(name),
  title,
  effect: asks ? "fetch" : "read",
  asks,
});
const TOOLS = [
  tool("clock.now", "Look at the clock", false),
  tool("file.read", "Read a\u202e file", false),
  tool("web.search", "Search the web", true),
];
const AGENT = { ...MOLTY, capabilities: ["clock.now", "old.thing"] };

const open = async (
  answers: readonly (Problem | null)[] = [],
  wish: Partial<AgentTools> = {},
  tools: unknown = TOOLS,
) => {
  const gateway = gatewayOf({ "tools.list": tools });
  const element = new AgentTools();
  standIn(element);
  const taken: unknown[] = [];
  Object.assign(element, {
    call: gateway.call,
    agent: AGENT,
    mayChange: true,
    mayAdd: true,
    chosen: AGENT.capabilities,
  });
  Object.assign(element, {
    take: (names: unknown) => {
      taken.push(names);
      return Promise.resolve(answers[taken.length - 1] ?? null);
    },
    ...wish,
  });
  const read = () => readTemplate((element as unknown as { render(): unknown }).render()); // what Lit calls
  await element.load();
  return { element, taken, read };
};
/** The names of the boxes that hold this. */
const boxes = (markup: string, holding: RegExp): readonly string[] =>
  [...markup.matchAll(/<input[^>]*?name=([\w.]+)[^>]*/g)].flatMap(([box, name]) =>
    name !== undefined && holding.test(box) ? [name] : [],
  );
const has = (markup: string): readonly string[] => boxes(markup, /\.checked=true/);

describe("the tools of the agent", () => {
  it("are shown with what it has and what it lacks, and which of them ask", async () => {
    const { read } = await open();
    const { words, markup } = read();
    expect(words).toContain("Tools: 1 of 3");
    expect(words).toContain("Molty lacks 2 tools of this version.");
    expect(words).toMatch(/Without a question.*Look at the clock.*Read a.*U\+202E.*Asks first.*Search the web/);
    expect(has(markup)).toEqual(["clock.now"]);
  });

  it("are switched one by one, each over what the one before left, without what is no more", async () => {
    const { read, taken, element } = await open();
    read().fire("change", "name=web.search");
    read().fire("change", "name=clock.now");
    await settle();
    expect(taken).toEqual([["clock.now", "web.search"], ["web.search"]]);
    expect(has(read().markup)).toEqual(["web.search"]);
    expect(element.said).toBe("Taken away: Look at the clock.");
  });

  it("are given all at once", async () => {
    const { read, taken } = await open();
    read().fire("click", "Give it all of them");
    await settle();
    expect(taken).toEqual(["all"]);
    expect(read().words).toContain("Tools: 3 of 3");
    expect(read().words).not.toContain("Give it all");
  });

  it("stay as they are when the change was refused, and say why", async () => {
    const { read } = await open([{ code: "EVERYTHING_STOPPED", message: "All stopped.", next: "Resume." }]);
    read().fire("change", "name=web.search");
    await settle();
    expect(has(read().markup)).toEqual(["clock.now"]);
    expect(read().words).toContain("All stopped. Resume.");
  });

  it("are only taken away by whom the agent is lent to, and nothing by who only reads", async () => {
    const lent = (await open([], { mayAdd: false })).read();
    expect(boxes(lent.markup, /\?disabled=true/)).toEqual(["file.read", "web.search"]);
    expect(lent.words).toContain("Only its owner adds one.");
    expect(lent.words).not.toContain("Give it all");
    const viewer = (await open([], { mayChange: false })).read();
    expect(viewer.markup).toMatch(/<fieldset[^>]*\?disabled=true/);
    expect(viewer.words).not.toContain("Give it all");
  });

  it("follow what holds, and say so when they cannot be loaded", async () => {
    const { element, read } = await open();
    element.agent = { ...AGENT, capabilities: ["file.read"] };
    (element as unknown as { willUpdate(changed: Map<string, unknown>): void }).willUpdate(new Map([["agent", AGENT]])); // what Lit calls
    expect(has(read().markup)).toEqual(["file.read"]);
    const failed = await open([], {}, refused("ROLE_LEAVES_OUT", { operation: "tools.list", role: "Reader" }));
    expect(failed.read().words).not.toContain("Tools:");
    expect(failed.element.problem).not.toBeNull();
    expect((await open([], { agent: null })).read).not.toThrow();
  });
});
