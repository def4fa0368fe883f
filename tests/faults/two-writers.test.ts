import { JobId, MessageId, instantOf } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { afterAll, describe, expect, it } from "vitest";
import { startPostgres, whyNoPostgres } from "../../packages/storage/src/testing/postgres.ts";
import { newPlace, runCli, startGatewayProcess } from "../support/gateway-process.ts";
import { must } from "../support/guard-house.ts";
import { nextId, openStorage, settleIn, somebody } from "../support/storage-house.ts";
import { because, writeUntilRefused } from "./bad-disk.ts";
import { fillHome, lookAt, newFolder, removeFolders, sayAndRecord } from "./filled-home.ts";

const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);
afterAll(removeFolders);

describe("two writers", { timeout: 60_000 }, () => {
  it("two gateways on one home: the second is told HOME_IN_USE, and the first goes on", async () => {
    const place = newPlace();
    const first = await startGatewayProcess(place);
    await expect(startGatewayProcess(place)).rejects.toThrow(/HOME_IN_USE/);
    expect((await runCli(place, ["chat", "--message", "what is 2 + 2", "--json"])).code).toBe(0);
    expect(must(await first.client.call("audit.verify", {})).ok).toBe(true);
    await first.kill("SIGTERM");
    place.remove();
  });

  it.each([
    ["that only writes", false],
    ["that makes keys too", true],
  ])(
    "a second process %s, where no lock held it back: the older one is refused by name, and the home is whole",
    async (_what, newKeys) => {
      const { house, ...filled } = await fillHome(newFolder());
      const second = await writeUntilRefused(filled.folder, [], { ...filled, most: 20, newKeys });
      expect(second).toMatchObject({ refused: [], code: 0 });
      expect(second.accepted).toHaveLength(20);
      // The records of the second are there: the first cannot add to a log that went on without it.
      const said = await sayAndRecord(house, filled, "late");
      expect(codeOf(said)).toBe("AUDIT_UNWRITABLE");
      if (newKeys) {
        expect(codeOf(house.vault.content.seal(["memory:of-the-first"], "r", "x"))).toBe("VAULT_LOCKED");
        expect(codeOf(house.vault.content.seal(["memory:again"], "r", "x"))).toBe("VAULT_LOCKED");
        expect(codeOf(await house.vault.erase([`memory:of-the-first`]))).toBe("VAULT_LOCKED");
      }
      await house.close();
      expect(await lookAt(filled)).toMatchObject({ opened: true, codes: [], silentlyLost: [] });
      const again = must(await openStorage(filled.folder, null));
      for (const id of second.accepted)
        must(await again.database.conversations.message(filled.scope, MessageId.parse(id)));
      await again.close();
    },
  );

  const leases = async (folder: string, place: Parameters<typeof openStorage>[1]): Promise<void> => {
    const first = must(await openStorage(folder, place));
    const { scope, conversation } = await settleIn(first, somebody());
    const now = first.clock.now();
    const id = nextId(JobId);
    must(
      await first.database.jobs.enqueue(scope, {
        id,
        kind: "test:work",
        payload: {},
        runAt: now,
        mostAttempts: 5,
        key: null,
      }),
    );
    const later = instantOf(Date.now() + 60_000);
    const [lease] = must(await first.database.jobs.claim(["test:work"], first.clock.now(), later, 1));
    if (lease === undefined) throw new Error("nothing was due");
    if (place !== null) await first.database.close();
    const second = must(await openStorage(folder, place));
    const [taken] = must(await second.database.jobs.claim(["test:work"], second.clock.now(), later, 1));
    expect(taken?.fence).toBe(lease.fence + 1);
    expect(codeOf(await first.database.jobs.complete(lease))).toBe(
      place === null ? "QUEUE_LEASE_LOST" : "DATABASE_UNAVAILABLE",
    );
    if (taken === undefined) throw new Error("the lease was not taken over");
    must(await second.database.jobs.complete(taken));
    expect(must(await second.database.jobs.claim(["test:work"], second.clock.now(), later, 1))).toEqual([]);
    expect(conversation.ownerId).toBe(scope.principalId);
    await second.close();
    await first.close();
  };
  it("on one SQLite database: the older one's lease is lost, and its work ends once", async () => {
    await leases(newFolder(), null);
  });

  const reason = whyNoPostgres();
  it.skipIf(reason !== null)(
    `on one PostgreSQL database: who is gone loses its lease, and a home of another vault is refused by name${because(reason)}`,
    async () => {
      const server = await startPostgres();
      try {
        const folder = newFolder();
        await leases(folder, server.place);
        const owner = must(await openStorage(folder, server.place));
        must(await owner.audit.record({ event: "test:happened", actor: "system", fields: {} }));
        expect(codeOf(await openStorage(newFolder(), server.place))).toMatch(/^(AUDIT_DAMAGED|DATABASE_DAMAGED)$/);
        must(await owner.audit.record({ event: "test:happened", actor: "system", fields: {} }));
        expect(must(await owner.audit.verify()).ok).toBe(true);
        await owner.close();
      } finally {
        await server.stop();
      }
    },
  );
});
