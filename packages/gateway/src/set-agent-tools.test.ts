import { EFFECT_CLASSES, STARTING_GRANT, ToolName } from "@moltbot/contracts";
import type { Capability, RequestContext, Store } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { setAgentTools } from "./set-agent-tools.ts";
import type { House } from "./house.ts";
import { houseScope } from "./keep-house.ts";
import { manifest } from "./operations/testing/fake-house.ts";
import { arrive, codeOf, must, peopleHouses } from "./operations/testing/people-house.ts";
import type { PeopleHouse } from "./operations/testing/people-house.ts";

const OLD = [manifest("clock.now", "read"), manifest("note.write", "write")];
const NEW = [
  ...EFFECT_CLASSES.map((effect) => manifest(`do.${effect}`, effect)),
  manifest("file.read", "read", { critical: ["path"] }),
];

const houses = peopleHouses();
afterEach(() => houses.close());

/** A house whose agent was made before the newer tools came. */
const start = async (fails = { audit: false, database: false }) => {
  const catalog = [...OLD];
  const house = await houses.start({ catalog, fails });
  catalog.push(...NEW);
  return { ...house, fails, catalog };
};
type Started = Awaited<ReturnType<typeof start>>;

const held = async ({ house, owner, agent }: PeopleHouse): Promise<readonly Capability[]> =>
  must(await house.store.capabilities.ofHolders(houseScope(owner), [agent.id]));
const grantsOf = async (house: PeopleHouse): Promise<readonly string[]> =>
  (await held(house)).map(({ tool }) => String(tool)).toSorted();
const toolsOf = async ({ house, scope, agent }: PeopleHouse): Promise<readonly string[]> =>
  must(await house.store.agents.find(scope, agent.id)).capabilities;
const set = async ({ operations, agent }: PeopleHouse, context: RequestContext, tools: "all" | string[]) =>
  operations["agents.tools"](context, { agentId: agent.id, tools });
const lend = async ({ operations, context, agent }: PeopleHouse, rights: readonly ("use" | "edit")[]) =>
  void must(
    await operations["shares.set"](context(), {
      object: { type: "agent", id: agent.id },
      to: { kind: "everyone" },
      rights: [...rights],
      effect: "allow",
    }),
  );
const recordsOf = async ({ operations, context }: PeopleHouse, event: string) =>
  must(await operations["audit.list"](context(), { limit: 100 })).filter((record) => record.event === event);
const grantWish = (house: PeopleHouse, tool: string) => ({
  holder: house.agent.id,
  tool: ToolName.parse(tool),
  constraints: [],
  release: [],
  rights: ["use" as const],
  expires: "never" as const,
  reason: "x",
});

describe("the tools of an agent that was there before", () => {
  it("become all there are, with the grants that a new agent starts with and none that reaches out, once", async () => {
    const house = await start();
    expect(await toolsOf(house)).toEqual(OLD.map(({ name }) => name));
    const all = [...OLD, ...NEW].map(({ name }) => name);
    expect(must(await set(house, house.context(), "all")).capabilities).toEqual(all);
    expect(await toolsOf(house)).toEqual(all);
    const granted = ["clock.now", "do.read", "do.write", "file.read", "note.write"];
    expect(await grantsOf(house)).toEqual(granted);
    expect((await held(house)).find(({ tool }) => tool === "file.read")).toMatchObject({
      constraints: [{ kind: "path-within", argument: "path", root: "" }],
      rights: ["use"],
      issuedBy: house.owner.id,
      reason: STARTING_GRANT,
    });
    expect(await recordsOf(house, "agent:tools")).toMatchObject([
      { actor: house.owner.id, fields: { added: NEW.map(({ name }) => name).join(" "), removed: "" } },
    ]);
    must(await set(house, house.context(), "all"));
    must(await set(house, house.context(), [...all].toReversed()));
    expect(await grantsOf(house)).toEqual(granted);
    expect(await recordsOf(house, "agent:tools")).toHaveLength(1);
  });

  it("go with whatever was granted for them, also by others for their own turns, and come back with no more than they start with", async () => {
    const house = await start();
    await lend(house, ["use"]);
    const bob = await arrive(house, "Bob");
    must(await set(house, house.context(), ["clock.now", "do.send", "note.write"]));
    for (const context of [house.context(), bob])
      must(await house.operations["capabilities.grant"](context, grantWish(house, "do.send")));
    must(await house.operations["capabilities.grant"](bob, grantWish(house, "clock.now")));
    expect(await grantsOf(house)).toEqual(["clock.now", "clock.now", "do.send", "do.send", "note.write"]);
    must(await set(house, house.context(), ["clock.now"]));
    expect(await grantsOf(house)).toEqual(["clock.now", "clock.now"]);
    must(await set(house, house.context(), ["clock.now", "do.send", "note.write"]));
    expect(await grantsOf(house)).toEqual(["clock.now", "clock.now", "note.write"]);
    must(await set(house, house.context(), []));
    expect([await toolsOf(house), await grantsOf(house)]).toEqual([[], []]);
  });

  it("are none that do not exist; one that is no more goes", async () => {
    const house = await start();
    expect(await set(house, house.context(), ["clock.now", "do.magic"])).toMatchObject({
      error: { code: "TOOL_UNKNOWN", context: { tool: "do.magic" } },
    });
    expect(await toolsOf(house)).toEqual(["clock.now", "note.write"]);
    house.catalog.splice(0, 1);
    expect(codeOf(await set(house, house.context(), ["clock.now"]))).toBe("TOOL_UNKNOWN");
    must(await set(house, house.context(), "all"));
    expect(await toolsOf(house)).toEqual(["note.write", ...NEW.map(({ name }) => name)]);
    expect(await grantsOf(house)).not.toContain("clock.now");
  });

  it("stay when the change cannot be recorded or not be stored, and the log says which", async () => {
    const house = await start();
    const before = [await toolsOf(house), await grantsOf(house)];
    house.fails.audit = true;
    expect(codeOf(await set(house, house.context(), "all"))).toBe("AUDIT_UNWRITABLE");
    house.fails.audit = false;
    house.fails.database = true;
    expect(codeOf(await set(house, house.context(), "all"))).toBe("DATABASE_UNAVAILABLE");
    house.fails.database = false;
    expect([await toolsOf(house), await grantsOf(house)]).toEqual(before);
    expect(await recordsOf(house, "agent:tools-void")).toMatchObject([{ fields: { code: "DATABASE_UNAVAILABLE" } }]);
  });

  it("are listed for everybody, each with whether it asks", async () => {
    const house = await start();
    const tools = must(await house.operations["tools.list"](await arrive(house, "Eve", "viewer"), {}));
    expect(tools.map(({ name, effect, asks }) => [String(name), effect, asks])).toEqual(
      house.catalog.map(({ name, effect }) => [name, effect, effect !== "read" && effect !== "write"]),
    );
  });

  it("are in one line of the doctor, with the command, while one's own agents lack some", async () => {
    const house = await start();
    const line = async () =>
      must(await house.operations["system.doctor"](house.context(), {})).find(({ name }) => name === "tools");
    expect(await line()).toEqual({
      name: "tools",
      state: "ok",
      says: "A lacks 7 of the 9 tools that this version brings.",
      next: "`./moltbot agents tools A` lists them, `./moltbot agents tools A --all` gives them all.",
    });
    must(await set(house, house.context(), "all"));
    expect(await line()).toMatchObject({ says: "Your agents have every tool that this version brings.", next: null });
    const bob = await arrive(house, "Bob");
    const his = must(
      await house.operations["agents.create"](bob, { name: "his", model: "default", capabilities: ["clock.now"] }),
    );
    await house.operations["shares.set"](bob, {
      object: { type: "agent", id: his.id },
      to: { kind: "everyone" },
      rights: ["use"],
      effect: "allow",
    });
    expect(await line()).toMatchObject({ next: null });
  });
});

describe("whoever may only edit an agent", () => {
  const attack = async (house: Started, through: House, bob: RequestContext) => ({
    codes: [
      codeOf(await setAgentTools(through, bob.principal, house.agent.id, "all")),
      codeOf(await setAgentTools(through, bob.principal, house.agent.id, ["clock.now", "note.write", "do.execute"])),
    ],
    gained: (await toolsOf(house)).filter((name) => name.startsWith("do.")).length > 0,
  });

  it("takes tools away with their owner's grants, and adds none", async () => {
    const house = await start();
    await lend(house, ["use", "edit"]);
    const bob = await arrive(house, "Bob");
    const before = await grantsOf(house);
    expect(await attack(house, house.house, bob)).toEqual({ codes: ["ACCESS_DENIED", "ACCESS_DENIED"], gained: false });
    expect(await grantsOf(house)).toEqual(before);
    expect(await recordsOf(house, "agent:tools")).toEqual([]);
    must(await set(house, bob, ["clock.now"]));
    expect([await toolsOf(house), await grantsOf(house)]).toEqual([["clock.now"], ["clock.now"]]);
    expect(codeOf(await set(house, bob, ["clock.now", "note.write"]))).toBe("ACCESS_DENIED");
    expect(await grantsOf(house)).toEqual(["clock.now"]);
  });

  it("is somebody who was given that: one who may use it changes nothing, and for a stranger there is no agent", async () => {
    const house = await start();
    const bob = await arrive(house, "Bob");
    expect(codeOf(await set(house, bob, []))).toBe("NOT_FOUND");
    await lend(house, ["use"]);
    expect(codeOf(await set(house, bob, []))).toBe("ACCESS_DENIED");
    expect(await toolsOf(house)).toEqual(["clock.now", "note.write"]);
  });

  it("unplug: without the look at whose it is, they add what they want", async () => {
    const house = await start();
    await lend(house, ["use", "edit"]);
    const bob = await arrive(house, "Bob");
    const { agents } = house.house.store;
    const blind: Store = {
      ...house.house.store,
      agents: {
        ...agents,
        find: async (scope, id) => {
          const found = await agents.find(scope, id);
          return found.ok ? { ok: true, value: { ...found.value, ownerId: bob.principal.id } } : found;
        },
      },
    };
    const { codes, gained } = await attack(house, { ...house.house, store: blind }, bob);
    expect([codes[0], gained]).toEqual(["ok", true]);
  });
});

describe("tools that are set while everything is stopped", () => {
  /** Stops everything, gives the agent all tools, goes on without bringing anything back, and says what is granted then. */
  const attack = async (house: Started, through: House) => {
    await house.operations["system.stop"](house.context(), {});
    const code = codeOf(await setAgentTools(through, house.owner, house.agent.id, "all"));
    must(await house.operations["system.resume"](house.context(), { grants: "none" }));
    const granted = must(await house.operations["capabilities.list"](house.context(), {}));
    return { code, granted: granted.map(({ tool }) => String(tool)).toSorted() };
  };

  it("are refused, also by the stop that is only written down, so that going on with no grants leaves none", async () => {
    const house = await start();
    const refused = { code: "EVERYTHING_STOPPED", granted: [] };
    expect(await attack(house, house.house)).toEqual(refused);
    expect(await attack(house, { ...house.house, halted: () => false })).toEqual(refused);
    expect(await toolsOf(house)).toEqual(["clock.now", "note.write"]);
    expect(codeOf(await set(house, house.context(), "all"))).toBe("ok");
  });

  it("unplug: without the look at the stop, their grants outlive it", async () => {
    const house = await start();
    const blind: Store = {
      ...house.house.store,
      atomically: (work) =>
        house.house.store.atomically((repositories) =>
          work({ ...repositories, stops: { ...repositories.stops, current: async () => ({ ok: true, value: null }) } }),
        ),
    };
    expect(await attack(house, { ...house.house, store: blind, halted: () => false })).toEqual({
      code: "ok",
      granted: ["do.read", "do.write", "file.read"],
    });
  });

  it("are refused when they changed since they were looked at", async () => {
    const house = await start();
    const { store } = house.house;
    const late: Store = {
      ...store,
      atomically: async (work) => {
        must(await store.agents.setTools(house.scope, house.agent.id, ["note.write"]));
        return store.atomically(work);
      },
    };
    expect(codeOf(await setAgentTools({ ...house.house, store: late }, house.owner, house.agent.id, "all"))).toBe(
      "CONFLICT",
    );
    expect(await toolsOf(house)).toEqual(["note.write"]);
    expect(await recordsOf(house, "agent:tools-void")).toMatchObject([{ fields: { code: "CONFLICT" } }]);
  });
});
