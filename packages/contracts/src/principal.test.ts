import { describe, expect, it } from "vitest";
import { PrincipalId, ROLES, TenantId, ownScope, roleSuffices } from "./index.ts";

describe("a role", () => {
  it("suffices for itself and for weaker ones alone", () => {
    const table = ROLES.map((role) => ROLES.map((required) => roleSuffices(role, required)));
    expect(table).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });
});

describe("a person's own scope", () => {
  it("reaches no further than their own rows and cannot be changed", () => {
    const person = {
      id: PrincipalId.parse("01930000-0000-7000-8000-000000000001"),
      tenantId: TenantId.parse("01930000-0000-7000-8000-000000000002"),
    };
    const scope = ownScope(person);
    expect(scope).toEqual({ principalId: person.id, tenantId: person.tenantId, reach: "own" });
    expect(Object.isFrozen(scope)).toBe(true);
  });
});
