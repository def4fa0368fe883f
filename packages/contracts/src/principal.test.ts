import { describe, expect, it } from "vitest";
import { OperationPattern, PrincipalId, ROLES, TenantId, covers, ownScope, roleSuffices } from "./index.ts";

describe("a role", () => {
  it("suffices for itself and for weaker ones alone", () => {
    const table = ROLES.map((role) => ROLES.map((required) => roleSuffices(role, required)));
    expect(table).toEqual([
      [true, false, false, false],
      [true, true, false, false],
      [true, true, true, false],
      [true, true, true, true],
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

describe("scopes", () => {
  it("name one operation, all of a noun, or all", () => {
    expect(covers(["messages.send"], "messages.send")).toBe(true);
    expect(covers(["messages.*"], "messages.send")).toBe(true);
    expect(covers(["*"], "messages.send")).toBe(true);
    for (const patterns of [[], ["messages"], ["message.*"], ["messages.sen"], ["agents.*", "turns.get"]])
      expect(covers(patterns, "messages.send"), patterns.join()).toBe(false);
    expect(covers(["message.*"], "messages.send")).toBe(false);
  });

  it("are written in one way", () => {
    for (const text of ["*", "agents.list", "agents.*"]) expect(OperationPattern.safeParse(text).success).toBe(true);
    for (const text of ["", "**", "agents", "agents.", ".list", "*.list", "Agents.list", "agents.list ", "agents.l*"])
      expect(OperationPattern.safeParse(text).success, text).toBe(false);
  });
});
