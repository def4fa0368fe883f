import type { OperationName, Role, SkillInfo } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, refused, settle, standIn, stubForms } from "../testing/keeping.ts";
import { ownAgent, skill } from "../testing/packages.ts";
import { readTemplate } from "../testing/read-template.ts";
import { AGENT, ME } from "../testing/samples.ts";
import { SkillList } from "./skill-list.ts";

beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

type Table = { readonly [N in OperationName]?: unknown };
const open = (skills: readonly SkillInfo[] | null, table: Table = {}, role: Role = "owner") => {
  const gateway = gatewayOf({ "skills.change": skill(), "skills.remove": {}, ...table });
  const list = new SkillList();
  const done = standIn(list);
  const changed = () => done.push("changed");
  Object.assign(list, { call: gateway.call, me: { ...ME, role }, agents: [ownAgent], skills, changed });
  const read = () => readTemplate((list as unknown as { render(): unknown }).render()); // what Lit calls
  const press = async (label: string): Promise<void> => {
    read().fire("click", label);
    await settle();
  };
  const submit = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
    await settle();
  };
  return { list, done, read, press, submit, ...gateway };
};

describe("the skills", () => {
  it("say whose words each is, who signed it, who reads it, and its files", () => {
    const { words } = open([skill(), skill({ name: "own", trusted: true, agents: [] })]).read();
    for (const part of [
      "tidy-notes 1.0.0 Somebody else’s words, read like a page",
      "How notes are kept tidy. Signed by Harbour Tools . Read by Molty.",
      "1 file SKILL.md 2 KB",
      "own 1.0.0 Your own words",
      "Read by none of your agents.",
    ])
      expect(words).toContain(part);
    expect(open([]).read().words).toContain("None. A skill is a text");
    expect(open(null).read().words).toBe("Loading…");
  });

  it("are given to the agents that are ticked, and to no other", async () => {
    const { press, submit, asked, read, done } = open([skill()]);
    await press("Which agents read tidy-notes");
    expect(read().markup).toContain(`name="agent-${AGENT}" value="yes" ?checked=true`);
    await submit({});
    expect(asked).toEqual([{ name: "skills.change", input: { name: "tidy-notes", agents: [] } }]);
    expect(done).toContain("changed");
    expect(read().markup).not.toContain("<form");
  });

  it("keep the form where that is refused", async () => {
    const { press, submit, read } = open([skill()], {
      "skills.change": refused("EVERYTHING_STOPPED", { since: "now" }),
    });
    await press("Which agents read tidy-notes");
    await submit({ [`agent-${AGENT}`]: "yes" });
    expect(read().markup).toContain("<form");
    expect(read().markup).toContain("skill-problem");
  });

  it("are removed by a second press of the owner alone; a member gives them to agents, a viewer reads", async () => {
    const { press, asked } = open([skill()]);
    await press("Remove the skill tidy-notes");
    await press("Remove it");
    expect(asked).toEqual([{ name: "skills.remove", input: { name: "tidy-notes" } }]);
    const { markup } = open([skill()], {}, "member").read();
    expect([markup.includes("Which agents read"), markup.includes("Remove the skill")]).toEqual([true, false]);
    expect(open([skill()], {}, "viewer").read().markup).not.toContain("<button");
  });
});
