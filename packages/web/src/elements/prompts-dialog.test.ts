import type { OperationName, Principal } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, refused, settle, standIn, stubForms } from "../testing/keeping.ts";
import { ANNA, BERT, prompt, SELF, share } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { PromptList } from "./prompt-list.ts";
import { PromptsDialog } from "./prompts-dialog.ts";

beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

type Table = { readonly [N in OperationName]?: unknown };
const WEEK = prompt(1, "Week");
const EDITED = prompt(2, "Edited", { writtenBy: ANNA.id });
const THEIRS = prompt(3, "Meals", { ownerId: ANNA.id, writtenBy: ANNA.id });
const play = <E extends object>(element: E, table: Table, wish: object) => {
  const gateway = gatewayOf(table);
  const done = standIn(element);
  const did: unknown[] = [];
  const ways = {
    use: (one: { readonly name: string }) => did.push(`use ${one.name}`),
    share: (one: { readonly name: string }) => did.push(`share ${one.name}`),
    changed: () => done.push("changed"),
  };
  Object.assign(element, { call: gateway.call, me: ME, people: [SELF, ANNA, BERT], ...ways, ...wish });
  const read = () => readTemplate((element as unknown as { render(): unknown }).render()); // what Lit calls
  const submit = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
    await settle();
  };
  return { element, read, submit, done, did, asked: gateway.asked, answers: gateway.answers };
};
const list = (wish: object, table: Table = {}) =>
  play(
    new PromptList(),
    { "prompts.create": WEEK, "prompts.change": WEEK, "prompts.remove": {}, ...table },
    { prompts: [WEEK, EDITED], mayUse: true, ...wish },
  );

describe("the prompts", () => {
  it("say whose words they are, whom they are shared with, and what counts as one’s own no more", () => {
    const shares = [share(1, { kind: "person", id: BERT.id }, { object: { type: "prompt", id: WEEK.id } })];
    const { words } = list({ shares }).read();
    expect(words).toContain("Shared with Bert.");
    expect(words).toContain("The text of Week.");
    expect(words).toContain("Edited not your words any more");
    expect(words).toContain("Words of Anna Berg: it goes along as a quote until you change it.");
    const others = list({ prompts: [THEIRS], mine: false }).read().words;
    expect(others).toContain("Shared with you by Anna Berg; words of Anna Berg. It goes along as a quote.");
    expect(others).not.toContain("Sharing");
    expect(list({ prompts: null }).read().words).toBe("Loading…");
    expect(list({ prompts: [] }).read().words).toContain("None yet.");
  });

  it("are kept, changed, used and shared; one goes by a second press", async () => {
    const { read, submit, asked, did } = list({});
    read().fire("click", "Keep a prompt");
    await submit({ name: " Trip ", text: "a\r\nb" });
    read().fire("click", "Change the prompt Week");
    await submit({ name: "Week", text: "new" });
    read().fire("click", "Remove the prompt Edited");
    read().fire("click", "Keep it");
    read().fire("click", "Remove the prompt Edited");
    read().fire("click", "Remove it");
    await settle();
    read().fire("click", "Use the prompt Week");
    read().fire("click", "Sharing of Week");
    expect(asked).toEqual([
      { name: "prompts.create", input: { name: "Trip", text: "a\nb" } },
      { name: "prompts.change", input: { promptId: WEEK.id, name: "Week", text: "new" } },
      { name: "prompts.remove", input: { promptId: EDITED.id } },
    ]);
    expect(did).toEqual(["use Week", "share Week"]);
  });

  it("keep whose word their text is when only their name is changed", async () => {
    const { read, submit, asked } = list({});
    read().fire("click", "Change the prompt Week");
    await submit({ name: "Month", text: WEEK.text });
    expect(asked).toEqual([{ name: "prompts.change", input: { promptId: WEEK.id, name: "Month" } }]);
  });

  it("of somebody else warn that a change makes it a quote for them, and say when it may not be changed", async () => {
    const table = { "prompts.change": refused("RIGHT_MISSING", { kind: "prompt", right: "edit" }) };
    const { read, submit, done } = list({ prompts: [THEIRS], mine: false }, table);
    read().fire("click", "Change the prompt Meals");
    expect(read().words).toContain("Once you change it, its owner’s messages carry it as a quote");
    await submit({ name: "x", text: "y" });
    expect(read().words).toContain("You may use this prompt, but not edit it.");
    expect(done).toContain("focus #prompt-problem");
  });

  it("are read alone by a viewer", () => {
    const viewer: Principal = { ...ME, role: "viewer" };
    expect(list({ me: viewer, mayUse: false }).read().markup).not.toContain("<button");
  });
});

describe("the page about prompts", () => {
  const TABLE = {
    "prompts.list": [WEEK, THEIRS],
    "people.list": [SELF, ANNA],
    "teams.list": [],
    "shares.list": [],
  };
  it("parts one’s own from those of others, closes when one is used, and resets its lists", async () => {
    const page = play(new PromptsDialog(), TABLE, { mayUse: true });
    await page.element.show();
    expect(page.read().words).toContain("Shared with you");
    page.read().handed("use")(WEEK);
    expect(page.done).toEqual(["open dialog", "close dialog"]);
    expect(page.did).toEqual(["use Week"]);
    const own = new PromptList();
    own.form = "new";
    Object.assign(page.element, { querySelectorAll: () => [own] });
    page.read().fire("close", "Prompts");
    expect(own.form).toBeNull();
  });

  it("says what could not be loaded, and shows no empty part of others", async () => {
    const busy = refused("DATABASE_UNAVAILABLE", { problem: "it is busy" });
    const failed = play(new PromptsDialog(), { ...TABLE, "prompts.list": busy }, {});
    await failed.element.show();
    expect(failed.read().words).toContain("it is busy");
    expect(failed.read().words).not.toContain("Shared with you");
  });
});
