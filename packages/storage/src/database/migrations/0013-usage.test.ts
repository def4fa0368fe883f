import { TokenId } from "@moltbot/contracts";
import { afterAll, expect, it } from "vitest";
import { MIGRATIONS } from "../migrate.ts";
import { onEveryEngine } from "../testing/engines.ts";
import { insertOldRows } from "../testing/old-rows.ts";
import { AT, memorySealer, must, next, openTest, person, removeFolders, scopeOf } from "../testing/world.ts";

afterAll(removeFolders);

onEveryEngine((engine) => {
  it("leaves a token of version 12 without a limit of its own, and nothing used", async () => {
    const ada = person();
    const id = next(TokenId);
    const sealer = memorySealer();
    const options = engine.options({ sealer });
    await (await openTest(options, { migrations: MIGRATIONS.slice(0, 12) })).close();
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
    expect(token).toMatchObject({ id, name: "t" });
    expect(token).not.toHaveProperty("tokensPerDay");
    expect(must(await db.usage.tokenLimits(id))).toEqual([{ id }]);
    expect(must(await db.usage.list(scopeOf(ada, "tenant"), "2000-01-01"))).toEqual([]);
    await db.close();
  });
});
