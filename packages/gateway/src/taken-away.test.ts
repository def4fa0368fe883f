import { AgentId } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { idOf } from "./operations/testing/fake-house.ts";
import { createTakenAway } from "./taken-away.ts";

describe("tools that an agent lost", () => {
  it("are gone for that agent alone, until they are given back", () => {
    const [one, other] = [idOf(AgentId, 1), idOf(AgentId, 2)];
    const taken = createTakenAway();
    const gone = (agent: AgentId) => ["a", "b"].filter((tool) => taken.has(agent, tool));
    expect(gone(one)).toEqual([]);
    taken.note(one, { added: [], removed: ["a"] });
    taken.note(one, { added: ["c"], removed: ["b"] });
    expect([gone(one), gone(other)]).toEqual([["a", "b"], []]);
    taken.note(one, { added: ["a"], removed: [] });
    expect(gone(one)).toEqual(["b"]);
  });
});
