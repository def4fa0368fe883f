import { afterAll, expect, it } from "vitest";
import { onEveryEngine } from "./testing/engines.ts";
import { aConversation, aMessage, must, openTest, person, removeFolders, scopeOf } from "./testing/world.ts";
import { seedWork } from "./testing/work-attacks.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  it("leaves no work of an erased person, whatever kind it is", async () => {
    const options = engine.options();
    const db = await openTest(options);
    const ada = person();
    const gus = person(ada.tenantId);
    for (const each of [ada, gus]) must(await db.identity.createPerson(each));
    const conversation = aConversation(ada);
    must(await db.conversations.create(scopeOf(ada), conversation));
    const message = must(await db.conversations.append(scopeOf(ada), "main", aMessage(conversation)));
    await seedWork(db, { ada, gus, conversation, message });
    must(await db.privacy.erase(scopeOf(ada), { kind: "person", id: ada.id }));
    await db.close();
    const intruder = await engine.intruder(options);
    const tables = await intruder.everything();
    await intruder.close();
    const left = Object.entries(tables).flatMap(([table, rows]) =>
      rows.some((row) => row["owner_id"] === ada.id) ? [table] : [],
    );
    // The account without a name, the certificates and the list of copies are the house's own records.
    expect(left.toSorted()).toEqual(["copies", "erasures", "principals"]);
  });
});
