import { AgentId, PrincipalId } from "@moltbot/contracts";
import type { Agent } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import type { CommandContext } from "../context.ts";
import { agent } from "../testing/samples.ts";
import { findAgent } from "./find-agent.ts";

const person = (n: number) => PrincipalId.parse(`01930000-0000-7000-8000-00000000000${String(n)}`);
const ME = person(1);
const owned = (n: number, name: string, ownerId: PrincipalId): Agent => ({ ...agent(n, name), ownerId });

/** A command's context that answers with these agents, for me. */
const seeing = (...agents: readonly Agent[]): CommandContext =>
  ({
    call: async (name: string) => (name === "agents.list" ? agents : { id: ME }),
  }) as unknown as CommandContext; // the calls of this command alone

describe("an agent that is named", () => {
  it("is found by its id before any name, whatever somebody called theirs", async () => {
    const mine = owned(1, "Helper", ME);
    const theirs = owned(2, mine.id, person(2));
    expect(await findAgent(seeing(theirs, mine), mine.id)).toBe(mine);
  });

  it("is one's own before one that others share under the same name", async () => {
    const theirs = owned(1, "Helper", person(2));
    const mine = owned(2, "Helper", ME);
    expect(await findAgent(seeing(theirs, mine), "Helper")).toBe(mine);
    expect(await findAgent(seeing(theirs, mine), undefined)).toBe(mine);
  });

  it("is asked for by id where several others share one of that name", async () => {
    const [one, two] = [owned(1, "Helper", person(2)), owned(2, "Helper", person(3))];
    await expect(findAgent(seeing(one, two), "Helper")).rejects.toThrow("give the id");
    expect(await findAgent(seeing(one, two), undefined)).toBe(one);
    expect(await findAgent(seeing(one), "Helper")).toBe(one);
    await expect(findAgent(seeing(one), AgentId.parse(agent(7).id))).rejects.toThrow("agent");
  });
});
