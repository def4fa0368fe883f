import { TokenId } from "@moltbot/contracts";
import { MIGRATIONS } from "../migrate.ts";
import type { TestEngine } from "./engines.ts";
import { insertOldRows } from "./old-rows.ts";
import { AT, memorySealer, must, next, openTest, person } from "./world.ts";

/** A database as a version from 11 to 13 left it, with its owner and one token of theirs, named "t". */
export const databaseWithOldToken = async (engine: TestEngine, version: number) => {
  const ada = person();
  const id = next(TokenId);
  const sealer = memorySealer();
  const options = engine.options({ sealer });
  await (await openTest(options, { migrations: MIGRATIONS.slice(0, version) })).close();
  const owned = { tenant_id: ada.tenantId, owner_id: ada.id, audience: "[]", created_at: AT };
  const seal = (record: string): Uint8Array =>
    must(sealer.seal([`person:${ada.id}`], record, JSON.stringify({ name: "t" })));
  const owner = { id: ada.id, ordinal: 1, kind: "person", role: "owner", state: "active" };
  const token = { id, role: "member", verifier: "v", scopes: null, integrity: "authority" };
  const times = { expires_at: AT, revoked_at: null };
  const intruder = await engine.intruder(options);
  await insertOldRows(intruder, engine.engine, [
    { table: "principals", values: { ...owned, ...owner, entry: seal(`principals/${ada.id}`) } },
    { table: "tokens", values: { ...owned, ...token, ...times, entry: seal(`tokens/${id}`) } },
  ]);
  await intruder.close();
  return { ada, id, options };
};
