import { ContactId, instantOf } from "@moltbot/contracts";
import type { Contact } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { NewContact } from "../state/kept-things.ts";
import type { Problem } from "../state/state.ts";
import { FakeForm, settle, stubForms } from "../testing/keeping.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { ContactList } from "./contact-list.ts";

const CONTACT: Contact = {
  id: ContactId.parse("00000000-0000-7000-8000-000000000600"),
  ownerId: ME.id,
  kind: "channel",
  name: "An\u200Bna",
  address: "anna@example.org",
  confirmedAt: instantOf(0),
};
beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

const open = (contacts: readonly Contact[] | null, problem: Problem | null = null) => {
  const list = new ContactList();
  const done: unknown[] = [];
  Object.defineProperty(list, "updateComplete", { value: Promise.resolve(true) });
  Object.assign(list, { querySelector: () => null });
  list.contacts = contacts;
  list.mayChange = true;
  list.add = (contact: NewContact) => {
    done.push(contact);
    return Promise.resolve(problem);
  };
  list.takeAway = (id) => done.push(id);
  const read = () => readTemplate((list as unknown as { render(): unknown }).render()); // what Lit calls
  const submit = (fields: Readonly<Record<string, string>>): void =>
    read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
  return { list, done, read, submit };
};

describe("the confirmed contacts", () => {
  it("are listed with every hidden character, and taken away", () => {
    const { list, done, read } = open([CONTACT]);
    expect(read().words).toContain("An U+200B na Channel anna@example.org");
    read().fire("click", "Remove the contact An⟨U+200B⟩na");
    expect(done).toEqual([CONTACT.id]);
    list.mayChange = false;
    expect(read().markup).not.toContain("<button");
    expect(open([]).read().words).toContain("Nobody yet");
    expect(open(null).read().words).toContain("Loading…");
  });

  it("grow by what the person wrote, as it stands", async () => {
    const { done, read, submit } = open([]);
    read().fire("click", "Confirm a contact");
    expect(read().words).toContain("without another question");
    submit({ name: " Bert ", address: "bert@example.org", kind: "calendar" });
    await settle();
    expect(done).toEqual([{ name: "Bert", address: "bert@example.org", kind: "calendar" }]);
    expect(read().markup).not.toContain("<form");
  });

  it("stay open with the reason when one was not taken, and close by Escape without closing the panel", async () => {
    const { read, submit } = open([], { code: "X", message: "That is no address.", next: "Correct it." });
    read().fire("click", "Confirm a contact");
    submit({ name: "Bert", address: "?", kind: "nonsense" });
    await settle();
    expect(read().words).toContain("That is no address. Correct it.");
    const escape = new Event("keydown", { cancelable: true });
    Object.assign(escape, { key: "Escape" });
    read().fire("keydown", "", escape);
    expect(escape.defaultPrevented).toBe(true);
    expect(read().markup).not.toContain("<form");
  });
});
