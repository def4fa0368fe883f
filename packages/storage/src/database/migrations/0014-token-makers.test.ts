import { TokenId } from "@moltbot/contracts";
import { afterAll, expect, it } from "vitest";
import { onEveryEngine } from "../testing/engines.ts";
import { databaseWithOldToken } from "../testing/old-token.ts";
import { AT, must, next, openTest, removeFolders, scopeOf } from "../testing/world.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  it("leaves a token of version 13 as its person made it, and ends with it what is made with it from now on", async () => {
    const { ada, id, options } = await databaseWithOldToken(engine, 13);
    const db = await openTest(options);
    const [token] = must(await db.identity.listTokens(scopeOf(ada)));
    if (token === undefined) throw new Error("it is gone");
    expect(token).toMatchObject({ id, name: "t", madeWith: null });
    const made = { ...token, id: next(TokenId), verifier: "w", madeWith: id };
    must(await db.identity.createToken(scopeOf(ada), made));
    expect(must(await db.identity.revokeToken(scopeOf(ada), id, AT)).toSorted()).toEqual([id, made.id].toSorted());
    expect(must(await db.calls.countUnknown(scopeOf(ada, "tenant"), AT))).toBe(0);
    await db.close();
  });
});
