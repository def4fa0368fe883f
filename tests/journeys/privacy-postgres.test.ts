import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { openAuditLog } from "@moltbot/storage/audit";
import { openPostgres } from "@moltbot/storage/database";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openHomeVault, systemClock } from "../../packages/gateway/src/open-memory.ts";
import type { Memory, MemoryWish } from "../../packages/gateway/src/open-memory.ts";
import { createAttachmentDesk } from "../../packages/gateway/src/privacy/attachment-desk.ts";
import { createPrivacyDesk } from "../../packages/gateway/src/privacy/desk.ts";
import { must, openPrivacyHouse } from "../../packages/gateway/src/privacy/testing/open-privacy-house.ts";
import type { PrivacyHouse } from "../../packages/gateway/src/privacy/testing/open-privacy-house.ts";
import { startPostgres, whyNoPostgres } from "../../packages/storage/src/testing/index.ts";
import type { TestServer } from "../../packages/storage/src/testing/index.ts";

const WORDS = ["zqtitle", "zqone", "zqtwo", "zqmemory", "zqname", "zqcontent"] as const;
const DEBIAN = "/usr/lib/postgresql";
const pgDump = (): string =>
  (existsSync(DEBIAN) ? readdirSync(DEBIAN) : [])
    .map((version) => join(DEBIAN, version, "bin", "pg_dump"))
    .find((path) => existsSync(path)) ?? "pg_dump";

const reason = whyNoPostgres();
if (reason !== null) process.stderr.write(`PostgreSQL tests are skipped: ${reason}\n`);
const skipped = reason !== null && process.env["CI"] !== "true";

describe.skipIf(skipped)("what is erased is in no dump of PostgreSQL", { timeout: 120_000 }, () => {
  let server: TestServer;
  let house: PrivacyHouse;
  const openOn = async (wish: MemoryWish): Promise<Result<Memory>> => {
    const vault = must(await openHomeVault(wish.home, wish));
    const { log } = wish;
    const database = must(
      await openPostgres({ connection: server.place, sealer: vault.content, clock: systemClock, log }),
    );
    const audit = must(
      await openAuditLog({
        directory: wish.home.audit,
        signingSeed: vault.auditSigningSeed,
        commitmentKey: vault.key("audit-commitments"),
        content: vault.content,
        details: database.auditDetails,
        clock: systemClock,
        log,
      }),
    );
    const close = async (): Promise<void> => {
      await audit.close();
      await database.close();
      await vault.close();
    };
    return ok({ vault, database, audit, clock: systemClock, close });
  };
  const dump = (): string => {
    const { host, port, database, user, password } = server.place;
    return execFileSync(
      pgDump(),
      ["--host", host ?? "", "--port", String(port ?? ""), "--username", user ?? "", database ?? ""],
      {
        env: { PATH: process.env["PATH"] ?? "", PGPASSWORD: String(password ?? "") },
        encoding: "utf8",
        maxBuffer: 100_000_000,
      },
    );
  };
  /** How many keyed words and places in the index of messages a dump holds. */
  const indexed = async () => ({
    words: Number((await server.ask("select count(*) as n from moltbot.word_index"))[0]?.["n"]),
    places: Number((await server.ask("select count(*) as n from moltbot.message_index"))[0]?.["n"]),
  });

  beforeAll(async () => {
    server = await startPostgres();
    house = await openPrivacyHouse(undefined, openOn);
  }, 120_000);
  afterAll(async () => {
    await house.close();
    await server.stop();
  });

  it("neither its words nor its id, nor a keyed word of it; another conversation stays whole", async () => {
    const robins = await house.converse("robins", ["a red robin"]);
    const before = await indexed();
    const subject = await house.converse(`about ${WORDS[0]}`, [`first ${WORDS[1]}`, `second ${WORDS[2]}`]);
    await house.remember(`remember ${WORDS[3]}`, await house.from(subject));
    must(
      await createAttachmentDesk(house.ports).create(house.owner, {
        conversationId: subject.id,
        name: `${WORDS[4]}.txt`,
        mediaType: "text/plain",
        content: Buffer.from(WORDS[5]),
      }),
    );
    const full = dump();
    expect(full).toContain(subject.id);
    // Without the keys not even the words of what is there can be read.
    for (const word of WORDS) expect(full).not.toContain(word);
    expect((await indexed()).words).toBeGreaterThan(before.words);
    const { store } = house.ports.house;
    expect(must(await store.conversations.search(house.me, WORDS[1], { limit: 10 }))).toHaveLength(1);

    const certificate = must(
      await createPrivacyDesk(house.ports).erase(house.owner, { kind: "conversation", id: subject.id }),
    );
    expect(certificate.rows).toMatchObject({ conversations: 1, messages: 2, memories: 1, attachments: 1 });
    const after = dump();
    for (const word of WORDS) expect(after).not.toContain(word);
    // The log's side table names whose details a record had.
    const elsewhere = after
      .split("\n")
      .filter((line) => line.includes(subject.id) && !line.includes(`conversation:${subject.id}`));
    expect(elsewhere).toEqual([]);
    expect(await indexed()).toEqual(before);
    expect(must(await store.conversations.search(house.me, WORDS[1], { limit: 10 }))).toEqual([]);
    expect(must(await store.conversations.search(house.me, "robin", { limit: 10 }))).toHaveLength(1);
    expect(must(await store.conversations.path(house.me, robins.id, "main", 10))).toHaveLength(1);
    expect(must(await house.memory.audit.verify()).ok).toBe(true);
  });
});
