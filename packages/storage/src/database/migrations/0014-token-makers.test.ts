import { TokenId } from "@moltbot/contracts";
import { afterAll, expect, it } from "vitest";
import { MIGRATIONS } from "../migrate.ts";
import { onEveryEngine } from "../testing/engines.ts";
import { insertOldRows } from "../testing/old-rows.ts";
import { AT, memorySealer, must, next, openTest, person, removeFolders, scopeOf } from "../testing/world.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  it("leaves a token of version 13 as its person made it, and ends with it what is made with it from now on", async () => {
    const ada = person();
    const id = next(TokenId);
    const sealer = memorySealer();
    const options = engine.options({ sealer });
    await (await openTest(options, { migrations: MIGRATIONS.slice(0, 13) })).close();
    const owned = { tenant_id: ada.tenantId, owner_id: ada.id, audience: "[]", created_at: AT };
    const seal = (record: string): Uint8Array =>
      must(sealer.seal([`person:${ada.id}`], record, JSON.stringify({ name: "t" })));
    const intruder = await engine.intruder(options);
    await insertOldRows(intruder, engine.engine, [
      {
        table: "principals",
        values: {
          ...owned,
          id: ada.id,
          ordinal: 1,
          kind: "person",
          entry: seal(`principals/${ada.id}`),
          role: "owner",
          state: "active",
        },
      },
      {
        table: "tokens",
        values: {
          ...owned,
          id,
          role: "member",
          entry: seal(`tokens/${id}`),
          verifier: "v",
          scopes: null,
          integrity: "authority",
          expires_at: AT,
          revoked_at: null,
        },
      },
    ]);
    await intruder.close();
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
