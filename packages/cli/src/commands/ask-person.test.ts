import { ToolName } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { approval } from "../testing/samples.ts";
import { choicesOf } from "./ask-person.ts";

describe("the answers to pick from", () => {
  const { question } = approval({}, { scopes: ["once", "conversation"] });
  const denials = [
    { label: "Deny", choice: { answer: "deny" } },
    { label: "Deny, and stop the turn", choice: { answer: "deny", stop: true } },
  ];
  const scopes = [
    { label: "Allow once", choice: { answer: "allow", scope: "once" } },
    { label: "Allow in this conversation", choice: { answer: "allow", scope: "conversation" } },
  ];

  it("are the scopes of the question and the denials", () => {
    expect(choicesOf(question)).toEqual([...scopes, ...denials]);
  });

  it("have what is proposed among them, with its own limits and scope, behind all that is narrower", () => {
    const constraints = [{ kind: "host-in", argument: "network", hosts: [] }] as const;
    const programs = {
      ...question,
      tool: ToolName.parse("exec.run"),
      effect: "execute",
      proposal: { seen: 0, scope: "conversation", constraints },
    } as const;
    expect(choicesOf(programs)).toEqual([
      ...scopes,
      {
        label: "Run programs without asking in this conversation",
        choice: { answer: "allow", scope: "conversation", constraints },
      },
      ...denials,
    ]);
    const habit = { ...question, scopes: ["once", "always"], proposal: { seen: 3, constraints } } as const;
    expect(choicesOf(habit)[2]).toEqual({
      label: "Always allow what the card proposes",
      choice: { answer: "allow", scope: "always", constraints },
    });
  });

  it("have nothing proposed that the question does not take", () => {
    const proposal = { seen: 3, constraints: [] };
    expect(choicesOf({ ...question, proposal })).toEqual([...scopes, ...denials]);
  });
});
