import { afterAll, expect, it } from "vitest";
import { onEveryEngine } from "../testing/engines.ts";
import { databaseWithOldToken } from "../testing/old-token.ts";
import { must, openTest, removeFolders, scopeOf } from "../testing/world.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  it("leaves a token of version 12 without a limit of its own, and nothing used", async () => {
    const { ada, id, options } = await databaseWithOldToken(engine, 12);
    const db = await openTest(options);
    const [token] = must(await db.identity.listTokens(scopeOf(ada)));
    expect(token).toMatchObject({ id, name: "t" });
    expect(token).not.toHaveProperty("tokensPerDay");
    expect(must(await db.usage.tokenLimits(id))).toEqual([{ id }]);
    expect(must(await db.usage.list(scopeOf(ada, "tenant"), "2000-01-01"))).toEqual([]);
    await db.close();
  });
});
