import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startPostgres, whyNoPostgres } from "../../packages/storage/src/testing/index.ts";
import type { TestServer } from "../../packages/storage/src/testing/index.ts";
import { newPlace, startGatewayProcess } from "../support/gateway-process.ts";
import type { Place } from "../support/gateway-process.ts";
import { must } from "../support/guard-house.ts";

const reason = whyNoPostgres();
const skipped = reason !== null && process.env["CI"] !== "true";

describe.skipIf(skipped)(
  `a gateway on PostgreSQL${reason === null ? "" : ` (skipped: ${reason})`}`,
  { timeout: 120_000 },
  () => {
    let server: TestServer;
    let place: Place;
    const closers: (() => unknown)[] = [];

    beforeAll(async () => {
      server = await startPostgres();
      closers.push(() => server.stop());
      const { host, port = 0, database, user, password = "" } = server.place;
      const settings = { database: { engine: "postgres", host, port, name: database, user }, gateway: { port: 0 } };
      const made = newPlace(settings);
      const passwords = join(made.root, "pgpass");
      writeFileSync(passwords, `*:*:${database}:${user}:${String(password)}\n`, { mode: 0o600 });
      place = { ...made, environment: { ...made.environment, PGPASSFILE: passwords } };
      closers.push(() => place.remove());
    }, 60_000);
    afterAll(async () => {
      for (const close of closers.toReversed()) await close();
    });

    it("answers, is killed, comes back with everything, and locks", async () => {
      const first = await startGatewayProcess(place);
      const [agent] = must(await first.client.call("agents.list", {}));
      if (agent === undefined) throw new Error("no agent");
      const told = must(
        await first.client.call("messages.send", {
          agentId: agent.id,
          content: "what is 12 * 12",
          conversationId: "new",
        }),
      );
      expect(JSON.stringify(told.reply?.parts)).toContain("144");
      await first.kill("SIGKILL");

      const second = await startGatewayProcess(place);
      try {
        const { conversationId } = told;
        const messages = must(await second.client.call("conversations.messages", { conversationId }));
        expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
        const { hits, abilities } = must(await second.client.call("search.messages", { query: "what 12" }));
        expect(hits.map((hit) => hit.conversationId)).toEqual([conversationId]);
        expect(abilities).toEqual({ phrase: true, prefix: false });
        expect(must(await second.client.call("audit.verify", {})).ok).toBe(true);
        must(await second.client.call("vault.lock", {}));
        await vi.waitFor(
          async () => {
            const locked = await second.client.call("agents.list", {});
            expect(locked.ok ? "ok" : locked.error.code).toBe("VAULT_LOCKED");
          },
          { timeout: 15_000, interval: 100 },
        );
      } finally {
        await second.kill("SIGTERM");
      }
    });

    it("says what is wrong when the server is gone", async () => {
      await server.halt("orderly");
      await expect(startGatewayProcess(place)).rejects.toThrow(/DATABASE_UNAVAILABLE/);
      await server.start();
    });
  },
);
