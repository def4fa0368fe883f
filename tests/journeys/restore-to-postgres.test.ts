import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openAuditLog } from "@moltbot/storage/audit";
import { openPostgres } from "@moltbot/storage/database";
import { openVault } from "@moltbot/storage/vault";
import { restoreHome } from "../../packages/gateway/src/backup/restore-home.ts";
import type { RestoreReport } from "../../packages/gateway/src/backup/restore-home.ts";
import {
  deskOf,
  homeIn,
  must,
  newConversation,
  newPerson,
  openHome,
  record,
  remember,
  removeFolders,
  say,
  silent,
  temporaryFolder,
} from "../../packages/gateway/src/backup/testing/rich-home.ts";
import type { Home } from "../../packages/gateway/src/home.ts";
import { systemClock } from "../../packages/gateway/src/open-memory.ts";
import type { Memory } from "../../packages/gateway/src/open-memory.ts";
import { DEFAULT_SETTINGS } from "../../packages/gateway/src/settings/index.ts";
import type { Settings } from "../../packages/gateway/src/settings/index.ts";
import { startPostgres, whyNoPostgres } from "../../packages/storage/src/database/testing/postgres.ts";
import type { TestServer } from "../../packages/storage/src/database/testing/postgres.ts";

afterEach(removeFolders);

const reason = whyNoPostgres();
if (reason !== null) process.stderr.write(`restoring to PostgreSQL is not tested: ${reason}\n`);

let seconds = 0;
const restored = async (home: Home, file: string, settings: Pick<Settings, "database">): Promise<RestoreReport> => {
  const clock = {
    ...systemClock,
    now: () => new Date(Date.now() + (seconds += 1) * 1_000).toISOString() as ReturnType<typeof systemClock.now>,
  };
  const report = must(
    await restoreHome({
      home,
      settings,
      passphrase: null,
      file,
      withSettings: false,
      clock,
      log: silent,
      progress: () => undefined,
      confirm: () => Promise.resolve(true),
    }),
  );
  if (report === null) throw new Error("nobody wanted it");
  return report;
};

describe.skipIf(reason !== null)(`moving between engines${reason === null ? "" : ` (${reason})`}`, () => {
  let server: TestServer | undefined;
  const passwords = mkdtempSync(join(tmpdir(), "moltbot-pgpass-"));
  beforeAll(async () => {
    server = await startPostgres();
    // As an operator gives the password: in the file that PGPASSFILE names.
    const file = join(passwords, "pgpass");
    writeFileSync(file, `*:*:*:*:${server.place.password ?? ""}\n`, { mode: 0o600 });
    vi.stubEnv("PGPASSFILE", file);
  });
  afterAll(async () => {
    await server?.stop();
    vi.unstubAllEnvs();
    rmSync(passwords, { recursive: true, force: true });
  });

  const settingsOf = (): Pick<Settings, "database"> => {
    if (server === undefined) throw new Error("the server is not running");
    const { host, port, database: name, user } = server.place;
    return { database: { ...DEFAULT_SETTINGS.database, engine: "postgres", host, port: port ?? 5_432, name, user } };
  };

  /** The same rooms as a gateway opens, over the server. */
  const openOnPostgres = async (home: Home): Promise<Memory> => {
    if (server === undefined) throw new Error("the server is not running");
    const vault = must(
      await openVault({ directory: home.vault, keyFile: home.keyFile, passphrase: null, clock: systemClock }),
    );
    const shared = { clock: systemClock, log: silent };
    const database = must(await openPostgres({ ...shared, connection: server.place, sealer: vault.content }));
    const audit = must(
      await openAuditLog({
        ...shared,
        directory: home.audit,
        signingSeed: vault.auditSigningSeed,
        commitmentKey: vault.key("audit-commitments"),
        content: vault.content,
        details: database.auditDetails,
      }),
    );
    const close = async (): Promise<void> => {
      await audit.close();
      await database.close();
      await vault.close();
    };
    return { vault, database, audit, clock: systemClock, close };
  };

  it("carries a home from SQLite to PostgreSQL and back, twice, with everything in it", async () => {
    const home = homeIn(temporaryFolder());
    const memory = await openHome(home);
    const ada = await newPerson(memory);
    const conversation = await newConversation(memory, ada);
    await say(memory, ada, conversation, "first words");
    const message = await say(memory, ada, conversation, "and an answer");
    await remember(memory, ada, "Ada likes plums");
    await record(memory, ada, "a detail");
    const first = must(await deskOf(home, memory).create(ada.scope, { kind: "backup", folder: null }));
    await memory.close();

    const there = await restored(home, first.file, settingsOf());
    expect(there.rows).toBe(first.rows);
    const onServer = await openOnPostgres(home);
    const path = must(await onServer.database.conversations.path(ada.scope, conversation.id, "main", 9));
    expect(path.at(-1)).toEqual(message);
    expect(must(await onServer.database.memories.search(ada.scope, "plums", 5, [ada.person.id]))).toHaveLength(1);
    expect(must(await onServer.database.check())).toEqual([]);
    expect(must(await onServer.audit.verify())).toMatchObject({ ok: true, faults: [] });
    await say(onServer, ada, conversation, "on the server");
    const second = must(await deskOf(home, onServer).create(ada.scope, { kind: "backup", folder: null }));
    await onServer.close();

    // Onto a server that has rows: they are kept in another schema.
    await restored(home, second.file, settingsOf());
    const again = await openOnPostgres(home);
    expect(must(await again.database.conversations.path(ada.scope, conversation.id, "main", 9))).toHaveLength(3);
    await again.close();

    await restored(home, second.file, DEFAULT_SETTINGS);
    const back = await openHome(home);
    const words = must(await back.database.conversations.path(ada.scope, conversation.id, "main", 9));
    expect(words.map(({ parts }) => parts)).toEqual(
      ["first words", "and an answer", "on the server"].map((text) => [{ type: "text", text }]),
    );
    expect(must(await back.database.memories.search(ada.scope, "plums", 5, [ada.person.id]))).toHaveLength(1);
    expect(must(await back.audit.verify())).toMatchObject({ ok: true, faults: [] });
    await back.close();
    expect(existsSync(`${home.root}/restoring.json`)).toBe(false);
  }, 60_000);
});
