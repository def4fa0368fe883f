import { AgentId, EFFECT_CLASSES } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { createAgent } from "./create-agent.ts";
import { OWNER, fakeHouse, idOf, manifest } from "./operations/testing/fake-house.ts";

const id = idOf(AgentId, 40);
const catalog = [
  ...EFFECT_CLASSES.map((effect) => manifest(`do.${effect}`, effect)),
  manifest("file.read", "read", { critical: ["path"] }),
  manifest("file.append", "write", { critical: ["path"] }),
  manifest("disk.wipe", "commit", { critical: ["path"] }),
];

describe("a new agent", () => {
  it("starts with grants for reading and writing alone: nothing that fetches, sends, executes or commits", async () => {
    const world = fakeHouse({ catalog });
    const created = await createAgent(world.house, OWNER, {
      id,
      name: "Ada",
      model: "default",
      tools: undefined,
      reading: "auto",
    });
    expect(created.ok && created.value.capabilities).toEqual(catalog.map(({ name }) => name));
    const granted = world.capabilities.map(({ tool }) => String(tool));
    expect(granted).toEqual(["do.read", "do.write", "file.read", "file.append"]);
    expect(
      world.capabilities.every(
        ({ rights, holder, epoch, tenantId, issuedBy, revokedAt }) =>
          rights.join() === "use" &&
          holder === id &&
          epoch === 4 &&
          tenantId === OWNER.tenantId &&
          issuedBy === OWNER.id &&
          revokedAt === null,
      ),
    ).toBe(true);
  });

  it("reaches files inside its own workspace alone", async () => {
    const world = fakeHouse({ catalog });
    await createAgent(world.house, OWNER, {
      id,
      name: "Ada",
      model: "default",
      tools: ["file.read", "file.append", "do.read"],
      reading: "auto",
    });
    expect(world.capabilities.map(({ tool, constraints }) => [String(tool), constraints])).toEqual([
      ["do.read", []],
      ["file.read", [{ kind: "path-within", argument: "path", root: "" }]],
      ["file.append", [{ kind: "path-within", argument: "path", root: "" }]],
    ]);
  });

  it("holds no grant for a tool that it may not ask for", async () => {
    const world = fakeHouse({ catalog });
    await createAgent(world.house, OWNER, {
      id,
      name: "Ada",
      model: "default",
      tools: ["do.commit", "do.commit"],
      reading: "auto",
    });
    expect(world.capabilities).toEqual([]);
  });

  it("is refused with a tool that does not exist, and nothing is made", async () => {
    const world = fakeHouse({ catalog });
    expect(
      await createAgent(world.house, OWNER, {
        id,
        name: "Ada",
        model: "default",
        tools: ["do.read", "do.magic"],
        reading: "auto",
      }),
    ).toMatchObject({ ok: false, error: { code: "TOOL_UNKNOWN", context: { tool: "do.magic" } } });
    expect(world.recorded).toEqual([]);
    expect(world.capabilities).toEqual([]);
  });

  it("is refused while everything is stopped, also by a stop that is not written down yet, and nothing is made", async () => {
    const world = fakeHouse({ catalog });
    world.halt(true);
    expect(
      await createAgent(world.house, OWNER, { id, name: "Ada", model: "default", tools: undefined, reading: "auto" }),
    ).toMatchObject({ ok: false, error: { code: "EVERYTHING_STOPPED" } });
    expect(world.capabilities).toEqual([]);
    expect(world.recorded.map(({ event }) => event)).toEqual(["agent:created", "agent:create-void"]);
    world.halt(false);
    const wish = { id, name: "Ada", model: "default", tools: undefined, reading: "auto" } as const;
    expect(await createAgent(world.house, OWNER, wish)).toMatchObject({ ok: true });
  });

  it("is recorded before it exists, and does not exist when it cannot be recorded", async () => {
    const world = fakeHouse({ catalog });
    world.failAudit(true);
    expect(
      await createAgent(world.house, OWNER, { id, name: "Ada", model: "default", tools: undefined, reading: "auto" }),
    ).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    expect(world.capabilities).toEqual([]);
    expect(
      await world.house.store.agents.find({ tenantId: OWNER.tenantId, principalId: OWNER.id, reach: "own" }, id),
    ).toMatchObject({ ok: false });
  });
});
