import { PERSON_STATES, ROLES } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { ANNA, BERT, person, SELF } from "../testing/people.ts";
import { ME } from "../testing/samples.ts";
import { rolesToGive, waysWith } from "./ways-with-person.ts";

const owner = ME;
const admin = { ...ANNA, role: "admin" } as const;

describe("what one may do with a person", () => {
  it("is everything but themselves for the owner, and members and viewers for an admin", () => {
    expect(waysWith(owner, ANNA)).toMatchObject({ roles: ["viewer", "member", "admin"], suspend: true, handOn: true });
    expect(waysWith(owner, SELF)).toMatchObject({
      roles: [],
      remove: false,
      why: "Nobody changes their own role or state.",
    });
    expect(waysWith(admin, BERT)).toMatchObject({ roles: ["viewer", "member"], remove: true, handOn: false });
    expect(waysWith(admin, SELF).why).toContain("one owner");
    expect(waysWith(admin, person(9, "Eve", { role: "admin" })).why).toContain("Only the owner");
  });

  it("is nothing for members and viewers, without a word, and nothing with somebody who left", () => {
    for (const role of ["viewer", "member"] as const)
      for (const target of ROLES)
        expect(waysWith({ id: BERT.id, role }, person(5, "x", { role: target }))).toMatchObject({
          roles: [],
          suspend: false,
          remove: false,
          why: null,
        });
    expect(waysWith(owner, person(5, "x", { state: "left" }))).toMatchObject({ roles: [], remove: false, why: null });
  });

  it("suspends who is active, lets in who is suspended, and hands the house to the active alone", () => {
    const by = PERSON_STATES.map((state) => waysWith(owner, person(5, "x", { state })));
    expect(by.map(({ suspend, restore, remove, handOn }) => [suspend, restore, remove, handOn])).toEqual([
      [false, false, true, false],
      [true, false, true, true],
      [false, true, true, false],
      [false, false, false, false],
    ]);
  });

  it("gives nobody the owner’s role, nor one of one’s own rank", () => {
    expect(ROLES.map((role) => rolesToGive({ role }))).toEqual([
      [],
      [],
      ["viewer", "member"],
      ["viewer", "member", "admin"],
    ]);
  });
});
