import { PrincipalId, SecretId, TenantId, err, moltbotError, ok } from "@moltbot/contracts";
import type { Person } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { secretNames } from "./use-of-secret.ts";

const TENANT = TenantId.parse("01930000-0000-7000-8000-000000000001");
const ADA = PrincipalId.parse("01930000-0000-7000-8000-000000000002");
const SECRET = SecretId.parse("01930000-0000-7000-8000-000000000003");

const namesFor = (person: Pick<Person, "role" | "state"> | null, tenant: TenantId | null = TENANT) =>
  secretNames({
    store: {
      people: {
        find: async () => (person === null ? err(moltbotError("NOT_FOUND", { kind: "person" })) : ok(person as Person)), // all that is read of them
      } as unknown as Parameters<typeof secretNames>[0]["store"]["people"], // nothing else of the table is read
    },
    secrets: { named: (owner, name) => (owner === ADA && name === "mine" ? { id: SECRET } : null) },
    tenant: () => tenant,
  });

describe("the secrets that a tool may name", () => {
  it("are a person's own, by the name that they gave them", () => {
    const names = namesFor({ role: "member", state: "active" });
    expect(names.ownNamed(ADA, "mine")).toBe(SECRET);
    expect(names.ownNamed(ADA, "theirs")).toBeNull();
    expect(names.ownNamed(PrincipalId.parse("01930000-0000-7000-8000-000000000009"), "mine")).toBeNull();
  });

  it("are the house's for those alone who keep it, as long as they do", async () => {
    const may = (...given: Parameters<typeof namesFor>) => namesFor(...given).mayUseHouse(ADA);
    expect(await may({ role: "owner", state: "active" })).toBe(true);
    expect(await may({ role: "admin", state: "active" })).toBe(true);
    expect(await may({ role: "member", state: "active" })).toBe(false);
    expect(await may({ role: "viewer", state: "active" })).toBe(false);
    expect(await may({ role: "owner", state: "suspended" })).toBe(false);
    expect(await may(null)).toBe(false);
    expect(await may({ role: "owner", state: "active" }, null)).toBe(false);
  });
});
