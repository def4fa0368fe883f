import { AgentId } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { agentOperations } from "./agents.ts";
import type { OperationPorts } from "./ports.ts";
import { AGENT, OWNER, fakeHouse, idOf } from "./testing/fake-house.ts";

const context = { principal: OWNER, traceId: "t", surface: "local" as const, signal: new AbortController().signal };

const office = () => {
  const fake = fakeHouse();
  const turns = { ...fake.house.store.turns, busyAgents: async () => ({ ok: true as const, value: [] }) };
  const house = { ...fake.house, store: { ...fake.house.store, turns } };
  const settings = { current: () => ({ agents: { reading: "quarantined" } }) };
  return { ...fake, operations: agentOperations({ house, settings } as unknown as OperationPorts) }; // no more is reached
};

describe("how an agent reads", () => {
  it("is set after it was recorded, from what to what", async () => {
    const { operations, agents, recorded } = office();
    const set = await operations["agents.reading"](context, { agentId: AGENT.id, reading: "open" });
    expect(set).toMatchObject({ ok: true, value: { id: AGENT.id, reading: "open" } });
    expect(agents[0]?.reading).toBe("open");
    expect(recorded).toEqual([
      { event: "agent:reading", actor: OWNER.id, fields: { agentId: AGENT.id, from: "auto", to: "open" } },
    ]);
  });

  it("stays when nothing can be recorded, or there is no such agent", async () => {
    const { operations, agents, recorded, failAudit } = office();
    expect(await operations["agents.reading"](context, { agentId: idOf(AgentId, 77), reading: "open" })).toMatchObject({
      ok: false,
      error: { code: "NOT_FOUND" },
    });
    expect(recorded).toEqual([]);
    failAudit(true);
    expect(await operations["agents.reading"](context, { agentId: AGENT.id, reading: "open" })).toMatchObject({
      ok: false,
    });
    expect(agents[0]?.reading).toBe("auto");
  });

  it("of a new agent is what the settings say", async () => {
    const { operations, agents } = office();
    const created = await operations["agents.create"](context, { name: "Ada", model: "default" });
    expect(created).toMatchObject({ ok: true, value: { name: "Ada", reading: "quarantined" } });
    expect(agents.at(-1)).toMatchObject({ name: "Ada", reading: "quarantined" });
  });
});
