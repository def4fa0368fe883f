import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Result } from "@moltbot/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startProxy } from "../../packages/storage/src/database/testing/proxy.ts";
import { startPostgres, whyNoPostgres } from "../../packages/storage/src/testing/postgres.ts";
import type { TestServer } from "../../packages/storage/src/testing/postgres.ts";
import { scriptedModels, startFittedGateway } from "../support/fitted-gateway.ts";
import { newPlace } from "../support/gateway-process.ts";
import { must } from "../support/guard-house.ts";
import { openStorage, settleIn, somebody, spoken } from "../support/storage-house.ts";
import { because } from "./bad-disk.ts";
import { newFolder, removeFolders, sayAndRecord } from "./filled-home.ts";

const reason = whyNoPostgres();
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await holds()) return;
    await wait(50);
  }
  throw new Error("it did not come to that");
};

describe.skipIf(reason !== null)(`PostgreSQL that goes away${because(reason)}`, { timeout: 60_000 }, () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server.stop();
    removeFolders();
  });

  const pidOf = (): number =>
    Number(readFileSync(join(server.folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
  const family = (): readonly number[] => [
    pidOf(),
    ...execFileSync("ps", ["-o", "pid=", "--ppid", String(pidOf())], { encoding: "utf8" })
      .split("\n")
      .filter(Boolean)
      .map(Number),
  ];
  /** After a kill the server's own processes need a moment to notice. */
  const startAgain = (): Promise<void> =>
    until(async () => {
      try {
        await server.start();
        return true;
      } catch {
        return false;
      }
    });

  /** What befalls the server in the middle of a transaction, and what brings it back. */
  const STRIKES: readonly (readonly [string, () => Promise<void>, () => Promise<void>])[] = [
    ["killed with signal 9", async () => void process.kill(pidOf(), "SIGKILL"), startAgain],
    ["stopped at once", () => server.halt("kill"), startAgain],
    ["restarted in order", () => server.halt("orderly"), startAgain],
    [
      "told to end our connections",
      async () =>
        void (await server.ask(
          "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'moltbot'",
        )),
      async () => undefined,
    ],
  ];
  it.each(STRIKES)(
    "%s in mid-transaction: DATABASE_UNAVAILABLE, nothing half done, and the house goes on by itself",
    async (_what, strike, back) => {
      const folder = newFolder();
      const place = await server.newDatabase();
      const house = must(await openStorage(folder, place));
      const { scope, conversation } = await settleIn(house, somebody());
      must(await sayAndRecord(house, { scope, conversation }, "before"));
      const cut: Result<unknown> = await house.database.atomically(async (inside) => {
        must(await inside.conversations.append(scope, "main", spoken(conversation, "half")));
        await strike();
        await wait(100);
        return inside.conversations.append(scope, "main", spoken(conversation, "other half"));
      });
      expect(cut.ok ? "ok" : cut.error.code).toBe("DATABASE_UNAVAILABLE");
      const meanwhile = await house.audit.record({ event: "test:happened", actor: "system", fields: {} });
      if (!meanwhile.ok) expect(meanwhile.error.code).toBe("AUDIT_UNWRITABLE");
      await back();
      await until(async () => (await sayAndRecord(house, { scope, conversation }, "after")).ok);
      const path = must(await house.database.conversations.path(scope, conversation.id, "main", 1_000));
      const texts = path.map(({ parts }) => JSON.stringify(parts));
      expect(texts.filter((text) => text.includes("half"))).toEqual([]);
      expect(texts.filter((text) => text.includes("before"))).toHaveLength(1);
      expect(must(await house.audit.verify())).toMatchObject({ ok: true, faults: [] });
      await house.close();
      const again = must(await openStorage(folder, place));
      expect(must(await again.database.check())).toEqual([]);
      await again.close();
    },
  );

  it("held still for a while: what is under way waits and is done once", async () => {
    const house = must(await openStorage(newFolder(), await server.newDatabase()));
    const { scope, conversation } = await settleIn(house, somebody());
    const frozen = family();
    for (const pid of frozen) process.kill(pid, "SIGSTOP");
    const saying = Promise.all(
      ["one", "two", "three"].map((text) => sayAndRecord(house, { scope, conversation }, text)),
    );
    await wait(1_200);
    for (const pid of frozen) process.kill(pid, "SIGCONT");
    for (const said of await saying) must(said);
    const path = must(await house.database.conversations.path(scope, conversation.id, "main", 1_000));
    expect(path).toHaveLength(3);
    expect(must(await house.audit.verify()).ok).toBe(true);
    await house.close();
  });

  it("whose answer to a commit was lost: an error that says so, and the same again changes nothing", async () => {
    const proxy = await startProxy(server.overLoopback.port ?? 0);
    const house = must(
      await openStorage(newFolder(), { ...(await server.newDatabase()), host: "127.0.0.1", port: proxy.port }),
    );
    const { scope, conversation } = await settleIn(house, somebody());
    const message = spoken(conversation, "lost");
    proxy.loseTheAnswerTo("COMMIT");
    const lost = await house.database.conversations.append(scope, "main", message);
    expect(lost.ok ? null : lost.error).toMatchObject({ code: "DATABASE_UNAVAILABLE" });
    expect(lost.ok ? "" : lost.error.message).toContain("may have happened");
    await until(async () => (await house.database.conversations.append(scope, "main", message)).ok);
    expect(must(await house.database.conversations.path(scope, conversation.id, "main", 9))).toHaveLength(1);
    await until(async () => (await house.audit.record({ event: "test:happened", actor: "system", fields: {} })).ok);
    expect(must(await house.audit.verify()).ok).toBe(true);
    await house.close();
    await proxy.close();
  });

  it("under a whole gateway: a message is refused by name while it is gone, and taken when it is back", async () => {
    const { port, user, password, database: name } = await server.newDatabase();
    const folder = newFolder();
    const pass = join(folder, "pgpass");
    writeFileSync(pass, `*:*:*:*:${(password ?? "").replaceAll(":", "\\:")}\n`, { mode: 0o600 });
    process.env["PGPASSFILE"] = pass;
    const database = { engine: "postgres", host: "127.0.0.1", port, name, user };
    const house = await startFittedGateway(
      { models: scriptedModels(() => ({ text: "So it is." })) },
      newPlace({ gateway: { drainSeconds: 0 }, database }),
    );
    expect((await house.send("hello")).state).toBe("done");
    await server.halt("kill");
    const refused = await house.client.call("messages.send", { agentId: house.agent.id, content: "are you there?" });
    expect(refused.ok ? "ok" : refused.error.code).toMatch(/^(DATABASE_UNAVAILABLE|AUDIT_UNWRITABLE)$/);
    await startAgain();
    await until(async () => (await house.client.call("agents.list", {})).ok);
    let state = "";
    await until(async () => {
      const sent = await house.client.call("messages.send", { agentId: house.agent.id, content: "and now?" });
      if (sent.ok) state = sent.value.state;
      return sent.ok;
    });
    expect(state).toBe("done");
    expect(must(await house.client.call("audit.verify", {})).ok).toBe(true);
    await house.close();
    house.place.remove();
    delete process.env["PGPASSFILE"];
  });
});
