import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { ToolName } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { INTERRUPTED } from "../context.ts";
import { approval } from "../testing/samples.ts";
import { askYes, choicesOf } from "./ask-person.ts";

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

describe("a question with yes and no", () => {
  /** A terminal of that width at which somebody presses these keys; what it came to show. */
  const pressing = (keys: string, columns: number) => {
    const [input, output] = [new PassThrough(), Object.assign(new PassThrough(), { columns })];
    let shown = "";
    output.on("data", (bytes: Buffer) => {
      shown += bytes.toString();
    });
    const answer = askYes("Remove it, with all that it kept?", { input, output });
    void pause(50).then(() => input.write(keys));
    return { answer, shown: () => shown };
  };

  it("is answered by a key, and ends the command with 130 where somebody interrupts it", async () => {
    expect(await pressing("y", 80).answer).toBe(true);
    expect(await pressing("n", 80).answer).toBe(false);
    await expect(pressing("\u0003", 80).answer).rejects.toMatchObject({ code: INTERRUPTED });
  });

  it("stands on one line also where the terminal says it has no width", async () => {
    const asked = pressing("n", 0);
    await asked.answer;
    expect(asked.shown()).toContain("Remove it, with all that it kept?");
  });
});
