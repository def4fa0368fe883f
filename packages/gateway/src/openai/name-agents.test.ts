import { describe, expect, it } from "vitest";
import { AgentId, PrincipalId, TenantId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { Principal, StoredAgent } from "@moltbot/contracts";
import type { House } from "../house.ts";
import { agentNamed, modelNames } from "./name-agents.ts";

const id = <T>(kind: { parse(text: string): T }, n: number): T =>
  kind.parse(`01930000-0000-7000-8000-${String(n).padStart(12, "0")}`);
const me: Principal = {
  id: id(PrincipalId, 1),
  tenantId: id(TenantId, 9),
  kind: "person",
  name: "Ann",
  role: "member",
};
const agent = (n: number, name: string, owner = 1): StoredAgent => ({
  id: id(AgentId, n),
  tenantId: me.tenantId,
  ownerId: id(PrincipalId, owner),
  name,
  model: "m",
  capabilities: [],
  reading: "auto",
  createdAt: instantOf(1_700_000_000_000),
});
/** A house of these agents, as this person sees them. */
const houseOf = (agents: readonly StoredAgent[]): House =>
  ({
    store: {
      agents: {
        list: async () => ok(agents),
        find: async (_: unknown, wanted: string) => {
          const found = agents.find((one) => one.id === wanted);
          return found === undefined ? err(moltbotError("NOT_FOUND", { kind: "agent" })) : ok(found);
        },
      },
    },
  }) as unknown as House; // what naming reads of a house
const named = async (agents: readonly StoredAgent[], model: string): Promise<string> => {
  const found = await agentNamed(houseOf(agents), me, model);
  return found.ok ? found.value.id : found.error.code;
};

describe("which agent a model's name means", () => {
  const mine = agent(10, "Moltbot");
  const second = agent(11, "Scribe");

  it("is its id, its name, or “moltbot” for the first", async () => {
    expect(await named([mine, second], second.id)).toBe(second.id);
    expect(await named([mine, second], "Scribe")).toBe(second.id);
    expect(await named([second, mine], "moltbot")).toBe(second.id);
    expect(await named([], "moltbot")).toBe("MODEL_UNKNOWN");
    expect(await named([mine], "scribe")).toBe("MODEL_UNKNOWN");
    expect(await named([mine], id(AgentId, 77))).toBe("MODEL_UNKNOWN");
  });

  it("is never somebody else's where one of mine has that name, nor the first where one of mine is there", async () => {
    const theirs = agent(5, "Moltbot", 2);
    expect(await named([theirs, mine], "Moltbot")).toBe(mine.id);
    expect(await named([theirs, mine], "moltbot")).toBe(mine.id);
    // Nor is the word itself taken over by an agent that is called so.
    const called = agent(6, "moltbot", 2);
    expect(await named([called, mine], "moltbot")).toBe(mine.id);
    expect(await named([called], "moltbot")).toBe(called.id);
    const listed = await modelNames(houseOf([called, mine]), me);
    expect(listed.ok && listed.value.map((model) => model.id)).toEqual([called.id, "Moltbot"]);
    expect(await named([theirs], "Moltbot")).toBe(theirs.id);
    expect(await named([theirs], "moltbot")).toBe(theirs.id);
  });

  it("unplug: found by its id, the shared one answers, so the order of names is what kept it away", async () => {
    const theirs = agent(5, "Moltbot", 2);
    expect(await named([theirs, mine], theirs.id)).toBe(theirs.id);
  });

  it("is refused when two of mine have it, and then they are listed by their ids", async () => {
    const twin = agent(12, "Moltbot");
    const theirs = agent(5, "Scribe", 2);
    expect(await named([mine, twin], "Moltbot")).toBe("REQUEST_INVALID");
    const listed = await modelNames(houseOf([mine, twin, second, theirs]), me);
    expect(listed.ok && listed.value.map((one) => one.id)).toEqual([mine.id, twin.id, "Scribe", theirs.id]);
  });

  it("passes on what the database cannot say", async () => {
    const broken = err(moltbotError("DATABASE_UNAVAILABLE", { problem: "busy" }));
    const house = { store: { agents: { list: async () => broken, find: async () => broken } } } as unknown as House; // see above
    for (const model of ["Moltbot", mine.id])
      expect(await agentNamed(house, me, model)).toMatchObject({ error: { code: "DATABASE_UNAVAILABLE" } });
    expect(await modelNames(house, me)).toMatchObject({ error: { code: "DATABASE_UNAVAILABLE" } });
  });
});
