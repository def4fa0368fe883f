import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { moltbotError, ok, ownScope } from "@moltbot/contracts";
import type { AccessScope, AuditPort, Result } from "@moltbot/contracts";
import { createClosers } from "../../packages/gateway/src/closers.ts";
import { furnish } from "../../packages/gateway/src/furnish.ts";
import type { Furnished } from "../../packages/gateway/src/furnish.ts";
import { placesOf, prepareHome } from "../../packages/gateway/src/home.ts";
import { openLog } from "../../packages/gateway/src/log.ts";
import { openMemory } from "../../packages/gateway/src/open-memory.ts";
import { openSettings } from "../../packages/gateway/src/settings/index.ts";
import { receive } from "../../packages/gateway/src/spine.ts";
import { newPlace } from "../support/gateway-process.ts";

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
};

describe("a message that cannot be recorded", { timeout: 60_000 }, () => {
  const place = newPlace();
  const closers = createClosers();
  let house: Furnished;
  let scope: AccessScope;
  let writable = true;

  beforeAll(async () => {
    const home = placesOf(place.home, join(place.root, "keys"), null);
    must(prepareHome(home));
    const log = openLog(home.logs, "error");
    const memory = must(await openMemory({ home, passphrase: null, acceptLoss: false, log }));
    const audit: AuditPort = {
      ...memory.audit,
      record: (event) =>
        writable
          ? memory.audit.record(event)
          : Promise.resolve({ ok: false as const, error: moltbotError("AUDIT_UNWRITABLE") }),
    };
    const settings = must(openSettings({ file: join(place.home, "moltbot.json5"), environment: {}, flags: {} }));
    closers.add(() => memory.close());
    house = must(
      await furnish({ memory: { ...memory, audit: { ...memory.audit, ...audit } }, settings, home, log, closers }),
    );
    scope = ownScope(house.owner);
  });
  afterAll(async () => {
    await closers.closeAll();
    place.remove();
  });

  const send = async (key: string) => {
    const [agent] = must(await house.house.store.agents.list(scope));
    if (agent === undefined) throw new Error("no agent");
    return receive(
      house.house,
      house.owner,
      { agentId: agent.id, conversationId: "new", text: "hello", blocks: [], integrity: "authority" },
      key,
    );
  };

  it("is refused, and nothing of it is kept", async () => {
    writable = false;
    const refused = await send("unrecordable-1");
    expect(refused).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    expect(must(await house.house.store.turns.counts(scope))).toMatchObject({
      queued: 0,
      running: 0,
      waiting: 0,
      done: 0,
      failed: 0,
      stopped: 0,
      unknown: 0,
    });
    expect(must(await house.house.store.conversations.list(scope, 9))).toEqual([]);
    expect(must(await house.house.store.turns.claim(house.house.clock.now(), house.house.clock.now()))).toBeNull();
  });

  it("is accepted when the log can be written again", async () => {
    writable = true;
    const accepted = must(await send("unrecordable-2"));
    expect(accepted.fresh).toBe(true);
    expect(must(await house.house.store.turns.counts(scope))).toMatchObject({ queued: 1 });
    expect(await house.house.store.conversations.message(scope, accepted.message.id)).toEqual(ok(accepted.message));
  });
});
