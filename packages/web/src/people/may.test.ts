import { covers, OPERATION_NAMES, OPERATIONS, ROLES, roleSuffices } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { ME } from "../testing/samples.ts";
import { covers as pageCovers, may, NEEDS, rolesUpTo, suffices } from "./may.ts";

describe("what a role may do on the page", () => {
  it("is what the gateway demands, for every operation that the page names", () => {
    for (const [name, role] of Object.entries(NEEDS))
      expect([name, OPERATIONS[name as keyof typeof NEEDS].role]).toEqual([name, role]); // a key of that very table
  });

  it("ranks roles as the contracts do", () => {
    for (const role of ROLES)
      for (const required of ROLES) expect(suffices(role, required)).toBe(roleSuffices(role, required));
    expect(ROLES.map((role) => rolesUpTo(role).length)).toEqual([1, 2, 3, 4]);
  });

  it("is no more than a role of the house's own leaves, as the contracts read its patterns", () => {
    for (const patterns of [["*"], ["messages.*"], ["messages.send", "agents.list"], ["message.*"]])
      for (const name of OPERATION_NAMES) expect(pageCovers(patterns, name)).toBe(covers(patterns, name));
    const me = { ...ME, covers: ["messages.*"] };
    expect([may(me, "messages.send"), may(me, "people.invite")]).toEqual([true, false]);
  });

  it("is nothing for nobody", () => {
    expect(may(null, "privacy.certificates")).toBe(false);
    expect(may({ ...ME, role: "viewer" }, "messages.send")).toBe(false);
    expect(may({ ...ME, role: "member" }, "messages.send")).toBe(true);
  });
});
