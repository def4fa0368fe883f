import { moltbotError } from "@moltbot/contracts";
import type { Approval, ApprovalAnswer, Constraint, GrantPreview, Result } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { entered, stubFields } from "../testing/fields.ts";
import { readTemplate } from "../testing/read-template.ts";
import { approval, CALL } from "../testing/samples.ts";
import { GrantEditor } from "./grant-editor.ts";

const PREVIEW: GrantPreview = {
  fits: true,
  problem: null,
  considered: 40,
  allowed: 12,
  examples: [{ callId: CALL, at: approval(1).createdAt, arguments: { text: "a\u202Eb" }, was: "ask" }],
};

const edit = (question: Partial<Approval["question"]> = {}, past: Partial<GrantPreview> = {}) => {
  const editor = new GrantEditor();
  const saved: ApprovalAnswer[] = [];
  const looked: (readonly Constraint[])[] = [];
  const answers: { next: Result<GrantPreview> } = { next: { ok: true, value: { ...PREVIEW, ...past } } };
  Object.defineProperty(editor, "updateComplete", { value: Promise.resolve(true) });
  Object.assign(editor, { querySelector: () => null });
  editor.rest = 0;
  editor.save = (answer) => saved.push(answer);
  editor.preview = (_, constraints) => {
    looked.push(constraints);
    return Promise.resolve(answers.next);
  };
  editor.begin({ ...approval(1), question: { ...approval(1).question, ...question } });
  const read = () => readTemplate((editor as unknown as { render(): unknown }).render()); // what Lit calls
  return { editor, saved, looked, answers, read };
};
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
const TEXT: Constraint = { kind: "equals", argument: "text", value: "stretch" };

beforeEach(stubFields);
afterEach(() => vi.unstubAllGlobals());

describe("the editor of a lasting answer", () => {
  it("says each limit in words, what it would have allowed, and how long it lasts", async () => {
    const { read, looked } = edit();
    await settle();
    expect(looked).toEqual([approval(1).question.grant]);
    for (const part of [
      "Always allow this, without asking?",
      "text is exactly “stretch”",
      "minutes is exactly 10",
      "Would have allowed 12 of 40 recorded calls.",
      "text: “a⟨U+202E⟩b”",
      "was asked",
    ])
      expect(read().words).toContain(part);
  });

  it("saves the limits as they came when nobody changes them", async () => {
    const { read, saved } = edit();
    await settle();
    read().fire("submit", "Always allow this");
    expect(saved).toEqual([
      { answer: "allow", scope: "always", expires: 90, constraints: [...approval(1).question.grant] },
    ]);
  });

  it("edits one limit at a time and looks at the past again", async () => {
    const { read, saved, looked } = edit();
    read().fire("click", "Change: minutes is exactly 10");
    expect(read().markup.match(/limit-edit/g)).toHaveLength(1);
    read().fire("change", "How minutes is limited", entered("at-most"));
    read().fire("input", "minutes is at most", entered("30"));
    await settle();
    const limits = [TEXT, { kind: "at-most", argument: "minutes", limit: 30 }];
    expect(looked.at(-1)).toEqual(limits);
    read().fire("click", "Done with: minutes is at most 30");
    read().fire("submit", "Always allow this");
    expect(saved[0]?.constraints).toEqual(limits);
  });

  it("adds how often, how many times and a limit on another argument, and takes them away", async () => {
    const { read, saved } = edit();
    read().fire("change", "Add a limit", entered("rate"));
    read().fire("input", "How many times", entered("2"));
    read().fire("change", "Add a limit", entered("count"));
    read().fire("change", "Add a limit", entered("argument:note"));
    read().fire("change", "Add a limit", entered("nonsense"));
    expect(read().words).toContain("note is exactly “x”");
    read().fire("click", "Remove: at most 10 times in all");
    await settle();
    read().fire("submit", "Always allow this");
    expect(saved[0]?.constraints).toEqual([
      ...approval(1).question.grant,
      { kind: "rate", limit: 2, seconds: 86_400 },
      { kind: "equals", argument: "note", value: "x" },
    ]);
  });

  it("says plainly when it fixes nothing", async () => {
    const { read } = edit({ grant: [], arguments: [] });
    await settle();
    expect(read().words).toContain("it is called, with any arguments.");
  });

  it("spells out never, and sends it with the reason", async () => {
    const { read, saved } = edit();
    expect(read().words).not.toContain("It never ends");
    read().fire("change", "in 90 days", entered("never"));
    expect(read().words).toContain("It never ends by itself");
    read().fire("input", "maxlength", entered("  because  "));
    await settle();
    read().fire("submit", "Always allow this");
    expect(saved[0]).toMatchObject({ expires: "never", reason: "because" });
  });

  it("grants for a task without an expiry of its own", async () => {
    const { editor, read, saved } = edit({ scopes: ["once", "task", "always"] });
    editor.scope = "task";
    await settle();
    expect(read().words).toContain("Allow this for this task?");
    expect(read().words).not.toContain("It ends");
    read().fire("submit", "Allow this for this task");
    expect(saved[0]).not.toHaveProperty("expires");
  });

  it("cannot be saved while it does not fit the call", async () => {
    const { read, saved } = edit(
      {},
      { fits: false, problem: "minutes is 10\u202E there", considered: 0, allowed: 0, examples: [] },
    );
    await settle();
    expect(read().words).toContain("This does not fit the call above: minutes is 10 U+202E there");
    expect(read().words).toContain("No call of this kind was recorded before.");
    expect(read().markup).toContain("?disabled=true");
    read().fire("submit", "Always allow this");
    expect(saved).toEqual([]);
  });

  it("cannot be saved while a limit cannot be read, and does not look at the past for it", async () => {
    const { read, saved, looked } = edit();
    read().fire("click", "Change: minutes is exactly 10");
    read().fire("input", "minutes is exactly this", entered("ten"));
    await settle();
    expect(read().words).toContain("This is no JSON value.");
    read().fire("submit", "Always allow this");
    expect({ saved, looked }).toEqual({ saved: [], looked: [] });
  });

  it("shows an older look at the past to nobody", async () => {
    const { editor, read, answers } = edit();
    let late: (value: Result<GrantPreview>) => void = () => undefined;
    editor.preview = () => new Promise((resolve) => (late = resolve));
    await settle();
    const { preview } = editor;
    editor.preview = () => Promise.resolve(answers.next);
    read().fire("change", "Add a limit", entered("count"));
    await settle();
    late({ ok: true, value: { ...PREVIEW, allowed: 39 } });
    await settle();
    expect(preview).toBeTypeOf("function");
    expect(read().words).toContain("12 of 40");
  });

  it("says why the past cannot be shown, and what the gateway objects to", async () => {
    const { editor, read, answers } = edit();
    answers.next = { ok: false, error: moltbotError("RATE_LIMITED", {}) };
    editor.problem = { code: "CAPABILITY_INVALID", message: "It is not valid.", next: "Correct it.", path: null };
    await settle();
    expect(read().words).toContain(moltbotError("RATE_LIMITED", {}).message);
    expect(read().words).toContain("It is not valid. Correct it.");
  });
});
