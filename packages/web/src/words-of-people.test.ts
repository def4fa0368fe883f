import { describe, expect, it } from "vitest";
import { ANNA, BERT, ownRole, prompt, SELF, share, team } from "./testing/people.ts";
import { ME } from "./testing/samples.ts";
import {
  granteeText,
  initialsOf,
  leadsHereAlone,
  nameText,
  promptWords,
  rightsText,
  roleText,
  scopesText,
  sharingText,
  startText,
  whenText,
} from "./words-of-people.ts";

const kitchen = team(1, "Kitchen\u202E", [ANNA]);
const known = { people: [SELF, ANNA, BERT], teams: [kitchen] };
const toAnna = { kind: "person", id: ANNA.id } as const;
const toKitchen = { kind: "team", id: kitchen.id } as const;

describe("words about people", () => {
  it("name people and teams, show hidden characters, and say who is gone", () => {
    expect(nameText(ME.id, known.people, ME.id)).toBe("you");
    expect(nameText(ANNA.id, known.people, ME.id)).toBe("Anna Berg");
    expect(nameText(ANNA.id, [], ME.id)).toContain("not here any more");
    expect(granteeText(toKitchen, known)).toBe("the team Kitchen⟨U+202E⟩");
    expect(granteeText(toKitchen, { ...known, teams: [] })).toContain("that is gone");
    expect(startText(granteeText({ kind: "everyone" }, known))).toBe("Everyone in the house");
    expect(rightsText(["use", "edit", "delete"])).toBe("talk to it, change it and remove it");
  });

  it("say whom an agent is for: nobody else, some, everyone, and that it is kept from some", () => {
    expect(sharingText([], known)).toBe("Private: for you alone");
    expect(sharingText([share(1, toAnna, { effect: "deny" })], known)).toBe("Private: for you alone");
    expect(sharingText([share(1, toAnna), share(2, toKitchen)], known)).toBe(
      "Shared with Anna Berg and the team Kitchen⟨U+202E⟩",
    );
    expect(sharingText([share(1, { kind: "everyone" }), share(2, toAnna, { effect: "deny" })], known)).toBe(
      "Shared with everyone in the house, kept from some",
    );
  });

  it("say what a token is for, and when something ends", () => {
    expect(scopesText(null)).toBe("whatever its role may");
    expect(scopesText(["messages.*", "agents.list"])).toBe("only messages.*, agents.list");
    const now = Date.parse("2026-11-22T12:00:00.000Z");
    expect(whenText("2026-11-22T12:30:00.000Z", now)).toContain(":30");
    expect(whenText("2026-12-01T12:00:00.000Z", now)).not.toMatch(/2026|:/);
    expect(whenText("2027-02-01T12:00:00.000Z", now)).toContain("2027");
  });

  it("say whose words a prompt is made of, and which count as one’s own", () => {
    const people = [SELF, ANNA, BERT];
    const of = (wish: Parameters<typeof prompt>[2]) => promptWords(prompt(1, "x", wish), people, ME.id);
    expect(of({})).toEqual({ own: true, says: "your words" });
    expect(of({ writtenBy: ANNA.id })).toEqual({ own: false, says: "words of Anna Berg" });
    expect(of({ ownerId: ANNA.id, writtenBy: ME.id })).toEqual({ own: false, says: "words of you" });
    expect(of({ writtenBy: null }).says).toContain("a program");
  });

  it("name a role: one of the four, or one of the house's own while it is known", () => {
    const guest = ownRole(1, "Guest");
    expect(roleText({ role: "member", ownRole: null }, [guest])).toBe("Member");
    expect(roleText({ role: "member", ownRole: guest.id }, [guest])).toBe("Guest");
    expect(roleText({ role: "member", ownRole: guest.id }, [])).toBe("Member");
    expect(rightsText(["use", "edit"], "secret")).toBe("use it unseen and replace its value");
  });

  it("know letters for a name, addresses that lead here alone, and whose an agent is where that is said", () => {
    expect([initialsOf("Anna Maria Berg"), initialsOf("bert"), initialsOf(" "), initialsOf("😀 x")]).toEqual([
      "AB",
      "B",
      "",
      "😀X",
    ]);
    for (const url of ["http://127.0.0.1:1/signin", "http://localhost/", "http://[::1]:9/"])
      expect(leadsHereAlone(url)).toBe(true);
    for (const url of ["https://moltbot.example.org/", "nonsense"]) expect(leadsHereAlone(url)).toBe(false);
  });
});
