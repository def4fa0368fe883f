import { PERSON_STATES, PrincipalId, ROLES } from "@moltbot/contracts";
import type { Person, Role } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mayChange, mayGive, mayRemove, mayTransfer } from "./may-change-person.ts";
import type { Changer } from "./may-change-person.ts";
import type { Standing } from "./standing.ts";
import { OWNER, at, idOf } from "./testing/fake-house.ts";

const by = (role: Role): Changer => ({ id: OWNER.id, role, covers: null });
const all = (role: Role): Standing => ({ role, covers: null });
const person = (role: Role, state: Person["state"] = "active", n = 9): Person => ({
  id: idOf(PrincipalId, n),
  name: "Ada",
  role,
  ownRole: null,
  state,
  createdAt: at(0),
});
const me = (role: Role): Person => ({ ...person(role), id: OWNER.id });
const codeOf = (result: { readonly ok: boolean; readonly error?: { readonly code: string } }): string =>
  result.ok ? "ok" : (result.error?.code ?? "?");

describe("who manages whom", () => {
  it("an owner everybody else, an admin members and viewers, nobody else anybody", () => {
    const managed = ROLES.map((role) => [
      role,
      ROLES.filter((other) => mayChange(by(role), person(other), { state: "suspended" }).ok),
    ]);
    expect(Object.fromEntries(managed)).toEqual({
      viewer: [],
      member: [],
      admin: ["viewer", "member"],
      owner: ["viewer", "member", "admin"],
    });
  });

  it("nobody gives a role that they do not manage, and nobody the owner's", () => {
    const given = ROLES.map((role) => [role, ROLES.filter((other) => mayGive(by(role), all(other)).ok)]);
    expect(Object.fromEntries(given)).toEqual({
      viewer: [],
      member: [],
      admin: ["viewer", "member"],
      owner: ["viewer", "member", "admin"],
    });
  });

  it("nobody changes themselves, those who left, or the state of somebody who has not come yet", () => {
    for (const role of ROLES)
      expect(codeOf(mayChange(by(role), me(role), { role: all("viewer") }))).toBe("PERSON_NOT_CHANGEABLE");
    expect(codeOf(mayChange(by("owner"), person("member", "left"), { role: all("viewer") }))).toBe(
      "PERSON_NOT_CHANGEABLE",
    );
    expect(codeOf(mayChange(by("owner"), person("member", "invited"), { state: "active" }))).toBe(
      "PERSON_NOT_CHANGEABLE",
    );
    expect(mayChange(by("owner"), person("member", "invited"), { role: all("viewer") }).ok).toBe(true);
  });

  it("leaving takes one's whole role, and the owner stays until somebody else is", () => {
    for (const role of ["viewer", "member", "admin"] as const) expect(mayRemove(by(role), me(role)).ok).toBe(true);
    expect(codeOf(mayRemove(by("viewer"), me("member")))).toBe("ROLE_INSUFFICIENT");
    expect(codeOf(mayRemove(by("owner"), me("owner")))).toBe("PERSON_NOT_CHANGEABLE");
  });

  it("the house is handed on to somebody active alone, and not to oneself", () => {
    const states = PERSON_STATES.filter((state) => mayTransfer(by("owner"), person("member", state)).ok);
    expect(states).toEqual(["active"]);
    expect(mayTransfer(by("owner"), me("owner")).ok).toBe(false);
  });

  it("whatever is asked, no change makes an owner, changes one, or gives more than the one who asks has", () => {
    const role = fc.constantFrom(...ROLES);
    const wish = fc.record(
      { role, state: fc.constantFrom("active" as const, "suspended" as const) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(role, role, fc.constantFrom(...PERSON_STATES), wish, (mine, theirs, state, change) => {
        const may = mayChange(by(mine), person(theirs, state), { ...change, role: change.role && all(change.role) });
        if (!may.ok) return;
        expect(theirs).not.toBe("owner");
        expect(ROLES.indexOf(theirs)).toBeLessThan(ROLES.indexOf(mine));
        if (change.role !== undefined) expect(ROLES.indexOf(change.role)).toBeLessThan(ROLES.indexOf(mine));
      }),
    );
  });
});
