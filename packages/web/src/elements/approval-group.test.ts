import type { Approval } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import type { GivenAnswer } from "../state/questions.ts";
import { readTemplate } from "../testing/read-template.ts";
import { approval } from "../testing/samples.ts";
import { ApprovalGroup } from "./approval-group.ts";

const group = (approvals: readonly Approval[]) => {
  const element = new ApprovalGroup();
  const given: GivenAnswer[][] = [];
  element.approvals = approvals;
  element.answerAll = (answers) => {
    given.push([...answers]);
    return Promise.resolve({ [approval(2).id]: "Too late." });
  };
  const read = () => readTemplate((element as unknown as { render(): unknown }).render()); // what Lit calls
  return { element, given, read };
};
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
const proven = (n: number): Approval => ({ ...approval(n), question: { ...approval(n).question, stepUp: true } });

describe("the questions of one turn", () => {
  it("stand alone as a plain card when there is one", () => {
    const { words, markup } = group([approval(1)]).read();
    expect(words).toBe("");
    expect(markup.match(/<approval-card/g)).toHaveLength(1);
    expect(markup).toContain(".compact=false");
  });

  it("stand together under one heading, and are answered together, each on its own", async () => {
    const { given, read } = group([approval(1), approval(2), approval(3)]);
    expect(read().words).toContain("3 questions for this task");
    read().fire("click", "Allow all once");
    await settle();
    expect(given).toEqual([[1, 2, 3].map((n) => ({ approvalId: approval(n).id, answer: "allow", scope: "once" }))]);
    expect(read().markup).toContain(".note=Too late.");
    read().fire("click", "Deny all");
    await settle();
    expect(given[1]?.map(({ answer }) => answer)).toEqual(["deny", "deny", "deny"]);
  });

  it("answers those that still wait, and says how many", async () => {
    const { given, read } = group([approval(1), approval(2, { state: "denied" }), approval(3)]);
    expect(read().words).toContain("2 of 3 questions wait");
    read().fire("click", "Allow all once");
    read().fire("click", "Allow all once");
    await settle();
    expect(given.map((answers) => answers.map(({ approvalId }) => approvalId))).toEqual([
      [approval(1).id, approval(3).id],
    ]);
    const over = group([approval(1, { state: "allowed" }), approval(2, { state: "denied" })]).read();
    expect(over.words).toContain("none open");
    expect(over.markup).not.toContain("<button");
  });

  it("never allows together what needs a proof of its own", async () => {
    const { given, read } = group([approval(1), approval(2), proven(3)]);
    expect(read().words).toContain("One needs a one-time code");
    expect(read().words).not.toContain("Allow all once");
    read().fire("click", "Allow 2 once");
    await settle();
    expect(given[0]?.map(({ approvalId }) => approvalId)).toEqual([approval(1).id, approval(2).id]);
    expect(group([approval(1), proven(2)]).read().markup).not.toContain("Allow 1 once");
  });
});
