import type { Person, Principal } from "@moltbot/contracts";
import type { Database } from "../index.ts";
import { aPersonOf } from "./people-attacks.ts";
import { must, person, scopeOf } from "./world.ts";

/** Ada's house, in which Bob and Gus are members, and Eve's, which is another. */
export const twoHouses = () => {
  const ada = person();
  const [bob, gus] = [person(ada.tenantId), person(ada.tenantId)];
  const eve = person();
  const house = scopeOf(ada, "tenant");
  return {
    ada,
    bob,
    gus,
    eve,
    /** Ada's reach for what concerns all of her house. */
    house,
    /** Ada's own. */
    me: scopeOf(ada),
    /** Makes the four. */
    settle: async (db: Database): Promise<void> => {
      must(await db.identity.createPerson(ada));
      for (const each of [bob, gus]) must(await db.people.create(house, aPersonOf(each)));
      must(await db.identity.createPerson(eve));
    },
    /** Puts somebody of Ada's house into another state; all else of their standing stays. */
    standAs: async (db: Database, who: Principal, state: Person["state"]): Promise<void> => {
      const now = must(await db.people.find(house, who.id));
      must(await db.people.change(house, who.id, now, { ...now, state }));
    },
  };
};
