import { describe, expect, it } from "vitest";
import { ANNA, BERT, SELF, share, team } from "./testing/people.ts";
import { ME } from "./testing/samples.ts";
import {
  granteeText,
  initialsOf,
  leadsHereAlone,
  nameText,
  rightsText,
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
