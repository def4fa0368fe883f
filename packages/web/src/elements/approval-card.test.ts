import type { Approval, ApprovalAnswer } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { readTemplate } from "../testing/read-template.ts";
import type { ReadTemplate } from "../testing/read-template.ts";
import { approval, ME } from "../testing/samples.ts";
import { ApprovalCard } from "./approval-card.ts";

/** The card of a question, what it shows, and the answers it gave. */
const show = (question: Approval) => {
  const card = new ApprovalCard();
  const answers: ApprovalAnswer[] = [];
  card.approval = question;
  card.me = ME.id;
  card.answer = (_, answer) => {
    answers.push(answer);
    return Promise.resolve();
  };
  const read = (): ReadTemplate => readTemplate((card as unknown as { render(): unknown }).render()); // what Lit calls
  return { card, answers, read };
};
const asked = (wish: Partial<Approval["question"]>): Approval => ({
  ...approval(1),
  question: { ...approval(1).question, ...wish },
});
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("a question on a card", () => {
  it("says what would happen, why it asks, every argument with its origin, what leaves and what can be undone", () => {
    const { words } = show(asked({ leaves: "your text, to example.org", undo: "irreversible" })).read();
    for (const part of [
      "Sets a reminder.",
      "Why you are asked: It commits.",
      "Commits",
      "stretch",
      "in your words",
      "10",
      "chosen by the model",
      "Leaves this machine: your text, to example.org",
      "Cannot be undone.",
      "reminder.create",
    ]) {
      expect(words).toContain(part);
    }
    expect(words.match(/critical/g)).toHaveLength(2);
  });

  it("shows hidden characters in everything that came from elsewhere", () => {
    const bad = "a\u202Eb";
    const { markup } = show(
      asked({
        consequence: bad,
        why: bad,
        leaves: bad,
        arguments: [{ name: bad, value: { [bad]: bad }, critical: true, origin: "untrusted" }],
      }),
    ).read();
    expect(markup).not.toContain("\u202E");
    expect(markup).toContain("chosen with untrusted content in view");
  });

  it("offers the scopes of the question and no other", () => {
    const only = show(asked({ scopes: ["once"] })).read();
    expect(only.words).toContain("Allow once");
    expect(only.markup).not.toMatch(/Or allow|<dialog/);
    expect(show(asked({ scopes: ["once", "task", "conversation"] })).read().words).toContain(
      "for this task for this conversation",
    );
  });

  it.each([
    ["Allow once", { answer: "allow", scope: "once" }],
    ["Allow for this task", { answer: "allow", scope: "task" }],
    ["Deny", { answer: "deny", scope: "once" }],
  ] as const)("answers “%s” with exactly that", async (label, answer) => {
    const { answers, read } = show(asked({ scopes: ["once", "task"] }));
    read().fire("click", label);
    await settle();
    expect(answers).toEqual([answer]);
  });

  it("answers once, however often it is pressed while the answer is on its way", async () => {
    const { answers, read } = show(approval(1));
    read().fire("click", "Allow once");
    read().fire("click", "Allow once");
    read().fire("click", "Deny");
    await settle();
    expect(answers).toHaveLength(1);
  });

  it("asks a second time before it says always, and says what always means", async () => {
    const { card, answers, read } = show(approval(1));
    const happened: string[] = [];
    const dialog = { showModal: () => happened.push("opened"), close: () => happened.push("closed") };
    Object.assign(card, { querySelector: () => dialog });
    expect(read().words).toContain("Always allow this, without asking?");
    expect(read().words).toContain("text is exactly “stretch”");
    read().fire("click", "Always allow…");
    await settle();
    expect({ happened, answers }).toEqual({ happened: ["opened"], answers: [] });
    read().fire("click", ">Always allow");
    await settle();
    expect({ happened, answers }).toEqual({
      happened: ["opened", "closed"],
      answers: [{ answer: "allow", scope: "always" }],
    });
  });

  it("says plainly when always would fix nothing", () => {
    const { words } = show(asked({ arguments: [] })).read();
    expect(words).toContain("with any arguments");
  });

  it("shows how it ended instead of the choices", () => {
    const ended = show(approval(1, { state: "denied", answeredBy: ME.id, reason: "no" })).read();
    expect(ended.words).toBe("You denied this: “no”. Sets a reminder.");
    expect(ended.markup).not.toContain("<button");
    expect(show(approval(1, { state: "allowed", answeredBy: null, scope: "once" })).read().markup).toContain("allowed");
  });

  it("takes a reason with a denial", async () => {
    const { card, answers, read } = show(approval(1));
    card.denying = true;
    expect(read().words).toContain("Why not? The assistant reads this.");
    expect(read().words).not.toContain("Allow once");
    Object.assign(card, { querySelector: () => ({ value: "  not now " }) });
    read().fire("submit", "Why not?");
    await settle();
    expect(answers).toEqual([{ answer: "deny", scope: "once", reason: "not now" }]);
  });
});
