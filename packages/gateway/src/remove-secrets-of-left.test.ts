import { err, moltbotError, ok } from "@moltbot/contracts";
import { afterEach, describe, expect, it } from "vitest";
import { arrive, must, peopleHouses } from "./operations/testing/people-house.ts";
import type { PeopleHouse } from "./operations/testing/people-house.ts";
import { removeSecretsOfLeft } from "./remove-secrets-of-left.ts";

const houses = peopleHouses();
afterEach(houses.close);

/** The owner, Bob and Ada keep one secret each, and Ada's process died between her leave and the end of what was hers. */
const cutShort = async (): Promise<PeopleHouse> => {
  const house = await houses.start();
  const [ada, bob] = [await arrive(house, "Ada"), await arrive(house, "Bob")];
  for (const [context, of] of [
    [ada, "me"],
    [bob, "me"],
    [house.context(), "house"],
  ] as const)
    must(
      await house.operations["secrets.set"](context, {
        name: context.principal.name.toLowerCase(),
        value: "canary-77",
        hosts: ["a.example"],
        of,
      }),
    );
  const standing = { role: "member", ownRole: null, state: "active" } as const;
  const scope = { ...house.scope, reach: "tenant" } as const;
  must(await house.house.store.people.change(scope, ada.principal.id, standing, { ...standing, state: "left" }));
  return house;
};
const kept = ({ vault }: PeopleHouse): readonly string[] => vault.secrets.list().map(({ name }) => name);
const sweep = async ({ house, vault, owner }: PeopleHouse) => removeSecretsOfLeft(house.store, vault.secrets, owner);

describe("secrets of somebody who left, after a crash in between", () => {
  it("are removed at the next start, theirs alone, and once", async () => {
    const house = await cutShort();
    expect(kept(house)).toEqual(["ada", "bob", "owner"]);
    expect(await sweep(house)).toEqual(ok(1));
    expect(kept(house)).toEqual(["bob", "owner"]);
    expect(await sweep(house)).toEqual(ok(0));
  });

  it("are still there, and it is said, where nobody can tell who left or the vault does not let go of them", async () => {
    const { house, vault, owner } = await cutShort();
    const busy = err(moltbotError("DATABASE_UNAVAILABLE", { problem: "busy" }));
    const people = { ...house.store.people, list: async () => busy };
    expect(await removeSecretsOfLeft({ people }, vault.secrets, owner)).toEqual(busy);
    const locked = err(moltbotError("VAULT_LOCKED", { problem: "the disk is full" }));
    const secrets = { list: () => vault.secrets.list(), removeAllOf: async () => locked };
    expect(await removeSecretsOfLeft(house.store, secrets, owner)).toEqual(locked);
    expect(vault.secrets.list()).toHaveLength(3);
  });
});
