import type { OperationName, Person, Principal } from "@moltbot/contracts";
import { instantOf } from "@moltbot/contracts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeForm, gatewayOf, propertiesOf, refused, settle, standIn, stubForms } from "../testing/keeping.ts";
import { ANNA, BERT, ownRole, person, SELF, team } from "../testing/people.ts";
import { readTemplate } from "../testing/read-template.ts";
import { ME } from "../testing/samples.ts";
import { InvitePerson } from "./invite-person.ts";
import { PeopleDialog } from "./people-dialog.ts";
import { PersonList } from "./person-list.ts";
import { RoleList } from "./role-list.ts";
import { TeamList } from "./team-list.ts";

const DAY = 86_400_000;
beforeEach(stubForms);
afterEach(() => vi.unstubAllGlobals());

type Table = { readonly [N in OperationName]?: unknown };
const played = <E extends object>(element: E, wish: object, table: Table) => {
  const gateway = gatewayOf(table);
  const done = standIn(element);
  Object.assign(element, { call: gateway.call, me: ME, now: 12 * DAY, changed: () => done.push("changed") }, wish);
  const read = () => readTemplate((element as unknown as { render(): unknown }).render()); // what Lit calls
  const submit = async (fields: Readonly<Record<string, string>>): Promise<void> => {
    read().fire("submit", "", { target: new FakeForm(fields), preventDefault: () => undefined });
    await settle();
  };
  return { element, done, read, submit, asked: gateway.asked, answers: gateway.answers };
};

const DANA = person(3, "Dana", { state: "invited" });
const CHIDI = person(4, "Chidi\u200B", { state: "suspended", role: "viewer" });
const EMIL = person(5, "Emil", { state: "left" });
const PEOPLE = [SELF, ANNA, BERT, DANA, CHIDI, EMIL];

describe("the people", () => {
  const open = (me: Principal = ME, table: Table = {}, people: readonly Person[] | null = PEOPLE) =>
    played(new PersonList(), { me, people }, { "people.change": BERT, "people.remove": BERT, ...table });

  it("are listed with role and state, those who left apart", () => {
    const { words } = open().read();
    for (const part of [
      "you Owner",
      "Anna Berg",
      "Admin",
      "Chidi U+200B",
      "suspended",
      "Invited 12 days ago",
      "1 who left",
    ])
      expect(words).toContain(part);
    expect(open(ME, {}, null).read().words).toBe("Loading…");
  });

  it("are changed by nobody who may not: no button is there", () => {
    const { markup } = open({ ...ME, id: BERT.id, role: "member" }).read();
    expect(markup).not.toContain("<button");
    const admin = open({ ...ME, id: ANNA.id, role: "admin" }).read();
    expect(admin.markup.match(/data-person=/g)).toHaveLength(3);
    expect(admin.words).toContain("There is one owner");
  });

  it("get another role, and only one of those that may be given", async () => {
    const { read, submit, asked, done } = open();
    read().fire("click", "Change Bert");
    await settle();
    expect(done).toEqual(["focus .changing"]);
    await submit({ role: "owner" });
    expect(asked).toEqual([]);
    await submit({ role: "admin" });
    expect(asked).toEqual([{ name: "people.change", input: { personId: BERT.id, role: "admin" } }]);
    expect(read().words).toContain("Bert is now: Admin.");
    expect(done.slice(1)).toEqual(["changed", `focus [data-person="${BERT.id}"]`]);
  });

  it("are suspended, removed and made the owner by a second press alone, and let in by one", async () => {
    const { read, asked } = open(ME, { "people.transfer": [] });
    for (const [first, stay, second] of [
      ["Suspend…", "Leave it", "Suspend"],
      ["Remove…", "Leave it", "Remove"],
      ["Make them the owner…", "Stay the owner", "Make them the owner"],
    ] as const) {
      read().fire("click", "Change Bert");
      read().fire("click", first);
      const before = asked.length;
      read().fire("click", stay);
      expect(asked).toHaveLength(before);
      read().fire("click", first);
      read().fire("click", second);
      await settle();
    }
    read().fire("click", "Change Chidi");
    read().fire("click", "Let in again");
    await settle();
    expect(asked).toEqual([
      { name: "people.change", input: { personId: BERT.id, state: "suspended" } },
      { name: "people.remove", input: { personId: BERT.id } },
      { name: "people.transfer", input: { personId: BERT.id } },
      { name: "people.change", input: { personId: CHIDI.id, state: "active" } },
    ]);
  });

  it("stay open with the reason when the gateway refuses, and close by Escape", async () => {
    const { read, done } = open(ME, { "people.remove": refused("PERSON_NOT_CHANGEABLE", { problem: "they left" }) });
    read().fire("click", "Change Dana");
    expect(read().words).toContain("A lost link is not made again");
    read().fire("click", "Remove the invitation…");
    read().fire("click", "Remove");
    await settle();
    expect(read().words).toContain("You may not change this person: they left.");
    expect(done).toContain("focus #person-problem");
    read().fire("keydown", "", Object.assign(new Event("keydown", { cancelable: true }), { key: "Escape" }));
    expect(read().words).not.toContain("they left");
  });
});

describe("an invitation", () => {
  const MADE = { person: DANA, url: "http://127.0.0.1:1/signin#code=canary", expiresAt: instantOf(14 * DAY) };

  it("is a link that is shown once, and gone from the page afterwards", async () => {
    const { element, read, submit, asked, done } = played(new InvitePerson(), {}, { "people.invite": MADE });
    read().fire("click", "Invite somebody");
    expect(read().words).not.toContain("Decides about keys");
    await submit({ name: " Dana ", role: "viewer", hours: "24" });
    expect(asked).toEqual([{ name: "people.invite", input: { name: "Dana", role: "viewer", hours: 24 } }]);
    expect(read().words).toContain("The link for Dana http://127.0.0.1:1/signin#code=canary");
    expect(read().words).toContain("leads to this very machine");
    expect(done).toContain("focus .once");
    read().fire("click", "Done");
    expect(propertiesOf(element) + read().markup).not.toContain("canary");
  });

  it("says why there is none, and is not offered to whoever may not", async () => {
    const { read, submit } = played(new InvitePerson(), {}, { "people.invite": refused("RATE_LIMITED", { limit: 1 }) });
    read().fire("click", "Invite somebody");
    await submit({ name: "Dana", role: "owner", hours: "x" });
    expect(read().markup).toContain("id=invite-problem");
    const member = played(new InvitePerson(), { me: { ...ME, role: "member" } }, {});
    expect(member.read().markup).toBe("");
  });
});

describe("the teams", () => {
  const KITCHEN = team(1, "Kitchen", [SELF, ANNA]);
  const open = (wish: object = {}, table: Table = {}) =>
    played(
      new TeamList(),
      { people: PEOPLE, teams: [KITCHEN, team(2, "Empty")], ...wish },
      { "teams.create": KITCHEN, "teams.change": KITCHEN, "teams.remove": {}, ...table },
    );

  it("are listed with their members, and changed by admins alone", () => {
    expect(open().read().words).toContain("Kitchen You and Anna Berg");
    expect(open().read().words).toContain("Nobody is in it.");
    expect(open({ me: { ...ME, role: "member" } }).read().markup).not.toContain("<button");
    expect(open({ teams: [] }).read().words).toContain("None.");
    expect(open({ teams: null }).read().words).toBe("Loading…");
  });

  it("are made and changed with those who are chosen", async () => {
    const { read, submit, asked, done } = open();
    read().fire("click", "Make a team");
    expect(read().words).not.toContain("Emil");
    await submit({ name: " Garden ", [`member ${BERT.id}`]: "yes" });
    read().fire("click", "Change the team Kitchen");
    await submit({ name: "Kitchen", [`member ${ANNA.id}`]: "yes" });
    expect(asked).toEqual([
      { name: "teams.create", input: { name: "Garden", members: [BERT.id] } },
      { name: "teams.change", input: { teamId: KITCHEN.id, name: "Kitchen", members: [ANNA.id] } },
    ]);
    expect(done.filter((what) => what === "changed")).toHaveLength(2);
  });

  it("go only on a second press, and say why one stayed", async () => {
    const { read, submit, asked, answers } = open({}, { "teams.remove": refused("NOT_FOUND", { kind: "team" }) });
    read().fire("click", "Remove the team Kitchen");
    read().fire("click", "Keep it");
    expect(asked).toEqual([]);
    read().fire("click", "Remove the team Kitchen");
    read().fire("click", "Remove it");
    await settle();
    expect(asked).toEqual([{ name: "teams.remove", input: { teamId: KITCHEN.id } }]);
    expect(read().markup).toContain("team-problem");
    answers["teams.create"] = refused("CONFLICT", { kind: "team" });
    read().fire("click", "Make a team");
    await submit({ name: "Kitchen" });
    expect(read().words).toContain("The team changed in the meantime.");
  });
});

describe("roles of the house's own", () => {
  const GUEST = ownRole(1, "Guest\u202E", { operations: ["messages.send", "approvals.*", "contacts.list"] });
  const open = (roles: unknown, table: Table = {}, me: Principal = ME, people: readonly Person[] = PEOPLE) =>
    played(
      new RoleList(),
      { me, people, roles },
      { "roles.create": GUEST, "roles.change": GUEST, "roles.remove": {}, ...table },
    );

  it("are listed with what they leave of which role, and how many have them", () => {
    const { words } = open([GUEST], {}, ME, [...PEOPLE, person(7, "Gerd", { ownRole: GUEST.id })]).read();
    expect(words).toContain("Guest U+202E Member, narrowed");
    expect(words).toContain("Answer questions; messages.send; contacts.list. 1 person with it.");
    expect(words).not.toContain("Remove");
    expect(open([GUEST]).read().words).toContain("Nobody has it.");
    expect(open(null).read().words).toBe("Loading…");
    expect(open([GUEST], {}, { ...ME, role: "admin" }).read().markup).not.toContain("<button");
  });

  it("are made of ticked and written operations, changed, and removed by a second press", async () => {
    const { read, submit, asked } = open([GUEST]);
    read().fire("click", "Make a role");
    await submit({ name: " Guest ", role: "viewer", read: "yes", scopes: "contacts.list, search.messages" });
    expect(read().words).toContain("The role Guest is made.");
    read().fire("click", "Change the role Guest");
    expect(read().markup).toContain('name=answer value="yes" ?checked=true');
    expect(read().markup).toContain(".value=messages.send, contacts.list");
    expect(read().words).not.toContain("No more than");
    await submit({ name: "Visitor", answer: "yes", scopes: "messages.send" });
    read().fire("click", "Remove the role Guest");
    read().fire("click", "Remove it");
    await settle();
    expect(asked).toEqual([
      {
        name: "roles.create",
        input: {
          name: "Guest",
          base: "viewer",
          operations: ["conversations.*", "search.messages", "contacts.list"],
        },
      },
      {
        name: "roles.change",
        input: { roleId: GUEST.id, name: "Visitor", operations: ["approvals.*", "messages.send"] },
      },
      { name: "roles.remove", input: { roleId: GUEST.id } },
    ]);
  });

  it("stay open with the reason when one is refused", async () => {
    const { read, submit, done } = open([], { "roles.create": refused("CONFLICT", { kind: "role" }) });
    read().fire("click", "Make a role");
    await submit({ name: "Guest", talk: "yes" });
    expect(read().words).toContain("The role changed in the meantime.");
    expect(done.at(-1)).toBe("changed");
    expect(done).toContain("focus #role-problem");
  });

  it("are given to people and with invitations, where their base may be given", async () => {
    const keeper = ownRole(2, "Keeper", { base: "admin" });
    const list = played(new PersonList(), { people: PEOPLE, roles: [GUEST, keeper] }, { "people.change": BERT });
    list.read().fire("click", "Change Bert");
    for (const part of ["Guest", "Keeper"]) expect(list.read().words).toContain(part);
    await list.submit({ role: GUEST.id });
    expect(list.asked).toEqual([{ name: "people.change", input: { personId: BERT.id, role: GUEST.id } }]);
    expect(list.read().words).toContain("Bert is now: Guest⟨U+202E⟩.");
    const admin = { ...ME, id: ANNA.id, role: "admin" } as const;
    const invite = played(
      new InvitePerson(),
      { me: admin, roles: [GUEST, keeper] },
      { "people.invite": refused("RATE_LIMITED") },
    );
    invite.read().fire("click", "Invite somebody");
    expect(invite.read().words).not.toContain("Keeper");
    await invite.submit({ name: "Gerd", role: keeper.id });
    await invite.submit({ name: "Gerd", role: GUEST.id, hours: "4" });
    expect(invite.asked.map(({ input }) => input)).toEqual([
      { name: "Gerd" },
      { name: "Gerd", role: GUEST.id, hours: 4 },
    ]);
  });

  it("name a person’s role, and tell whoever is narrowed so", async () => {
    const bert = { ...BERT, ownRole: GUEST.id };
    const table = { "people.list": [SELF, bert], "teams.list": [], "roles.list": [GUEST] };
    const me = { ...ME, id: BERT.id, role: "member" as const, covers: GUEST.operations };
    const page = played(new PeopleDialog(), { me }, table);
    await page.element.show();
    expect(page.read().words).toContain("You are here as: Guest⟨U+202E⟩.");
    expect(page.read().words).toContain("It is narrowed to: Answer questions; messages.send; contacts.list.");
    expect(page.read().markup).toContain("<role-list");
  });
});

describe("the page about people", () => {
  const open = async (me: Principal = ME, table: Table = {}) => {
    const page = played(
      new PeopleDialog(),
      { me },
      { "people.list": PEOPLE, "teams.list": [], "roles.list": [], ...table },
    );
    await page.element.show();
    return page;
  };
  const heard = (element: PeopleDialog): void =>
    (element as unknown as { updated(changed: ReadonlyMap<string, unknown>): void }).updated(new Map([["heard", 0]])); // what Lit calls

  it("loads everybody, and again when it hears of a change while it is open", async () => {
    const { element, asked, done, read } = await open();
    expect(done).toEqual(["open dialog"]);
    expect(element.people).toHaveLength(6);
    heard(element);
    await settle();
    expect(asked.filter(({ name }) => name === "people.list")).toHaveLength(2);
    const closed: string[] = [];
    Object.assign(element, {
      querySelector: (name: string) => ({
        forget: () => closed.push(`forget ${name}`),
        reset: () => closed.push(`reset ${name}`),
      }),
    });
    read().fire("close", "People");
    heard(element);
    expect(asked.filter(({ name }) => name === "people.list")).toHaveLength(2);
    expect(closed).toEqual(["forget invite-person", "reset person-list", "reset team-list", "reset role-list"]);
  });

  it("says what could not be loaded", async () => {
    const busy = refused("DATABASE_UNAVAILABLE", { problem: "it is busy" });
    const { read } = await open(ME, { "people.list": busy, "teams.list": busy });
    expect(read().words).toContain("it is busy");
  });

  it("keeps the owner, and lets others leave by a second press", async () => {
    expect((await open()).read().words).toContain("only after handing the house on");
    const member = { ...ME, role: "member" } as const;
    const { read, asked } = await open(member, { "people.remove": SELF, "sessions.current": refused("NOT_SIGNED_IN") });
    expect(read().words).toContain("You are here as: Member.");
    read().fire("click", "Leave…");
    read().fire("click", "Stay");
    read().fire("click", "Leave…");
    read().fire("click", "Leave");
    await settle();
    expect(asked.slice(-2).map(({ name }) => name)).toEqual(["people.remove", "sessions.current"]);
    const kept = await open(member, { "people.remove": refused("PERSON_NOT_CHANGEABLE", { problem: "no" }) });
    kept.read().fire("click", "Leave…");
    kept.read().fire("click", "Leave");
    await settle();
    expect(kept.read().words).toContain("You may not change this person: no.");
  });
});
