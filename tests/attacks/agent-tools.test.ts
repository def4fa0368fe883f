/** Whoever may not say what an agent may ask for tries to: the model itself, whom it is lent to, and who has less of a role. */
import type { Agent, Capability, OwnRole } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { given, tokenCaller } from "../support/people.ts";
import type { Caller } from "../support/people.ts";
import { startStrangeHouse } from "./strangers/house.ts";
import type { Somebody, StrangeHouse } from "./strangers/house.ts";

const HELD = ["clock.now", "file.list"];

describe("the tools that an agent was made with", { timeout: 60_000 }, () => {
  let strange: StrangeHouse;
  let ada: Somebody;
  let agentId: string;

  beforeAll(async () => {
    strange = await startStrangeHouse();
    ada = await strange.join("Ada", "member");
    agentId = given<Agent>(await ada.browser("agents.create", { name: "Old", capabilities: HELD })).id;
  }, 60_000);
  afterAll(() => strange.close());

  /** What it may ask for, and what of that without a question. */
  const world = async () => ({
    tools: given<Agent>(await ada.browser("agents.get", { agentId })).capabilities,
    grants: given<Capability[]>(await ada.browser("capabilities.list"))
      .filter(({ holder }) => holder === agentId)
      .map(({ tool }) => String(tool))
      .toSorted(),
  });
  const AS_MADE = { tools: HELD, grants: HELD };
  const all = async (call: Caller) => (await call("agents.tools", { agentId, tools: "all" })).code;
  const lend = async (rights: readonly string[], effect = "allow") =>
    given(
      await ada.browser("shares.set", {
        object: { type: "agent", id: agentId },
        to: { kind: "everyone" },
        rights,
        effect,
      }),
    );

  it("are widened by no model: neither as a tool, nor through those it has, nor with every yes", async () => {
    const url = `${strange.url}/v2/agents/${agentId}/tools`;
    const body = JSON.stringify({ tools: "all" });
    const widen = { agentId, tools: "all" };
    const report = await strange.obey(ada.browser, agentId, [
      ...["agents.tools", "agents_tools", "tools.list", "capabilities.grant", "agents.create"].map((tool) => ({
        tool,
        arguments: widen,
      })),
      { tool: "http.request", arguments: { method: "PUT", url, body } },
      { tool: "exec.shell", arguments: { command: "./moltbot agents tools Old --all" } },
      { tool: "file.list", arguments: { path: ".", ...widen } },
    ]);
    await strange.allowAll(ada.browser, report);
    expect(await world()).toEqual(AS_MADE);
    // An agent that has every tool may no more.
    const full = given<Agent>(await ada.browser("agents.create", { name: "Full" })).id;
    const tried = await strange.obey(ada.browser, full, [
      { tool: "http.request", arguments: { method: "PUT", url, body } },
      { tool: "agents.tools", arguments: widen },
    ]);
    await strange.allowAll(ada.browser, tried);
    expect(await world()).toEqual(AS_MADE);
  });

  it("are widened by nobody whom the agent is lent to, whatever they were given", async () => {
    const bob = await strange.join("Bob", "admin");
    expect(await all(bob.browser)).toBe("NOT_FOUND");
    expect(await all(strange.local)).toBe("NOT_FOUND");
    await lend(["use"]);
    expect(await all(bob.browser)).toBe("ACCESS_DENIED");
    await lend(["use", "edit", "delete"]);
    for (const call of [
      bob.browser,
      tokenCaller(strange.url, await strange.tokenOf(bob.browser, { role: "admin" })),
      strange.local,
    ])
      for (const tools of ["all", [...HELD, "exec.shell"], ["file.write"], [...HELD, "http.request"]])
        expect((await call("agents.tools", { agentId, tools })).code).toBe("ACCESS_DENIED");
    expect(await world()).toEqual(AS_MADE);
  });

  it("are widened by no role that leaves it out and no token that is for less", async () => {
    const role = given<OwnRole>(
      await strange.local("roles.create", {
        name: "Talker",
        operations: ["agents.list", "agents.get", "messages.send"],
      }),
    );
    const viewer = await strange.tokenOf(ada.browser, { role: "viewer" });
    const scoped = await strange.tokenOf(ada.browser, { scopes: ["agents.get", "tools.list"] });
    const untrusted = await strange.tokenOf(ada.browser, { integrity: "untrusted" });
    const whole = await strange.tokenOf(ada.browser);
    for (const [token, code] of [
      [viewer, "ROLE_INSUFFICIENT"],
      [scoped, "SCOPE_INSUFFICIENT"],
      [untrusted, "SCOPE_INSUFFICIENT"],
    ] as const)
      expect(await all(tokenCaller(strange.url, token))).toBe(code);
    given(await strange.local("people.change", { personId: ada.id, role: role.id }));
    for (const call of [ada.browser, tokenCaller(strange.url, whole)]) expect(await all(call)).toBe("ROLE_LEAVES_OUT");
    given(await strange.local("people.change", { personId: ada.id, role: "member" }));
    expect(await world()).toEqual(AS_MADE);
  });

  it("are widened by nobody while everything is stopped, so that going on with nothing leaves nothing", async () => {
    given(await strange.local("system.stop"));
    expect(await all(ada.browser)).toBe("EVERYTHING_STOPPED");
    given(await strange.local("system.resume", { grants: "none" }));
    expect(await world()).toEqual({ tools: HELD, grants: [] });
  });

  it("are widened by whose it is, with their whole role while nothing is stopped, and what came runs with no question", async () => {
    expect(await all(ada.browser)).toBe(null);
    const { tools, grants } = await world();
    expect(tools).toContain("exec.shell");
    expect(grants).toContain("file.write");
    for (const asks of ["exec.shell", "exec.run", "http.request", "web.fetch", "reminder.create", "contact.add"])
      expect(grants).not.toContain(asks);
    const written = await strange.obey(ada.browser, agentId, [
      { tool: "file.write", arguments: { path: "new.txt", text: "written" } },
    ]);
    expect([written.state, written.approvals]).toEqual(["done", []]);
    expect(await strange.resultsOf(ada.browser, written)).toContain("new.txt");
    // And taken away, it is gone from the next turn, with its grant.
    expect((await ada.browser("agents.tools", { agentId, tools: HELD })).code).toBe(null);
    const refused = await strange.obey(ada.browser, agentId, [
      { tool: "file.write", arguments: { path: "newer.txt", text: "written" } },
    ]);
    expect(await strange.resultsOf(ada.browser, refused)).toContain("TOOL_UNKNOWN");
    expect((await world()).tools).toEqual(HELD);
  });

  it("are gone for a turn that was under way when they were taken away", async () => {
    expect(await lateAppend(strange, ada.browser, agentId, true)).toMatch(/^done .*TOOL_UNKNOWN/);
    expect(await lateAppend(strange, ada.browser, agentId, false)).toMatch(/^done .*late\.txt/);
  });
});

/** What becomes of a call whose tool is taken away while the model still thinks, or is not. */
const lateAppend = async (strange: StrangeHouse, call: Caller, agentId: string, away: boolean): Promise<string> => {
  const wish = async (tools: readonly string[]) => given(await call("agents.tools", { agentId, tools }));
  await wish([...HELD, "file.append"]);
  const before = strange.models.heard.length;
  const letGo = strange.hold();
  const running = strange.obey(call, agentId, [{ tool: "file.append", arguments: { path: "late.txt", text: "late" } }]);
  await expect.poll(() => strange.models.heard.length).toBeGreaterThan(before);
  if (away) await wish(HELD);
  letGo();
  const over = await running;
  return `${over.state} ${await strange.resultsOf(call, over)}`;
};

describe("unplug: a gateway that does not note what was taken away", { timeout: 60_000 }, () => {
  const NOTE = "../../packages/gateway/src/taken-away.ts";
  afterAll(() => {
    vi.doUnmock(NOTE);
    vi.resetModules();
  });

  it("puts the call of a turn that was under way to the person, who may still say yes to it", async () => {
    vi.resetModules();
    vi.doMock(NOTE, () => ({ createTakenAway: () => ({ note: () => undefined, has: () => false }) }));
    const { startStrangeHouse: start } = await import("./strangers/house.ts");
    const strange = await start();
    try {
      const eve = await strange.join("Eve", "member");
      const { id } = given<Agent>(await eve.browser("agents.create", { name: "Old", capabilities: HELD }));
      expect(await lateAppend(strange, eve.browser, id, true)).toMatch(/^waiting /);
    } finally {
      await strange.close();
    }
  });
});
