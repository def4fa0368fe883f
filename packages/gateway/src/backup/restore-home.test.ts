import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BackupId } from "@moltbot/contracts";
import type { Readers, Result } from "@moltbot/contracts";
import { createBackup } from "@moltbot/storage/backup";
import { openDatabase } from "@moltbot/storage/database";
import { lockHome } from "../home-lock.ts";
import type { Home } from "../home.ts";
import { systemClock } from "../open-memory.ts";
import { DEFAULT_SETTINGS } from "../settings/index.ts";
import { sourceOf } from "./backup-source.ts";
import { restoreHome } from "./restore-home.ts";
import type { RestoreReport, RestoreWish } from "./restore-home.ts";
import {
  begin,
  deskOf,
  homeIn,
  must,
  newConversation,
  newPerson,
  openHome,
  putAttachment,
  record,
  remember,
  removeFolders,
  say,
  silent,
  temporaryFolder,
} from "./testing/rich-home.ts";

afterEach(removeFolders);

const wishFor = (home: Home, file: string, change: Partial<RestoreWish> = {}): RestoreWish => ({
  home,
  settings: DEFAULT_SETTINGS,
  passphrase: null,
  file,
  withSettings: false,
  clock: systemClock,
  log: silent,
  progress: () => undefined,
  confirm: () => Promise.resolve(true),
  ...change,
});

const restored = async (home: Home, file: string, change: Partial<RestoreWish> = {}): Promise<RestoreReport> => {
  const report = must(await restoreHome(wishFor(home, file, change)));
  if (report === null) throw new Error("nobody wanted it");
  return report;
};

const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

/** A home with something in everything, and a backup of it. */
const withBackup = async () => {
  const home = homeIn(temporaryFolder());
  const memory = await openHome(home);
  const ada = await newPerson(memory);
  const conversation = await newConversation(memory, ada);
  const message = await say(memory, ada, conversation, "the first words");
  const memoryId = await remember(memory, ada, "Ada likes plums");
  await record(memory, ada, "a detail");
  putAttachment(home, "ab".repeat(32), "sealed bytes");
  writeFileSync(join(home.root, "policy.cedar"), "// the policy");
  writeFileSync(join(home.root, "moltbot.json5"), "{ /* then */ }");
  const made = must(await deskOf(home, memory).create(ada.scope, { kind: "backup", folder: null }));
  return { home, memory, ada, conversation, message, memoryId, made };
};
const everybody: Readers = "public";

describe("restoring a home", () => {
  it("brings back rows, words, files and the log as they were, and keeps what was there aside", async () => {
    const { home, memory, ada, conversation, message, made } = await withBackup();
    await say(memory, ada, conversation, "later words");
    await remember(memory, ada, "Ada likes pears");
    rmSync(join(home.root, "attachments"), { recursive: true });
    putAttachment(home, "cd".repeat(32), "later bytes");
    await memory.close();

    const report = await restored(home, made.file);
    expect(report).toMatchObject({ file: made.file, madeAt: made.at, rows: made.rows, attachments: 1, erasedAgain: 0 });
    const again = await openHome(home);
    expect(must(await again.database.conversations.path(ada.scope, conversation.id, "main", 9))).toEqual([message]);
    expect(must(await again.database.memories.search(ada.scope, "plums", 5, [ada.person.id]))).toHaveLength(1);
    expect(must(await again.database.memories.search(ada.scope, "pears", 5, [ada.person.id]))).toEqual([]);
    expect(readFileSync(join(home.root, "attachments", "ab", "ab".repeat(31)), "utf8")).toBe("sealed bytes");
    expect(existsSync(join(home.root, "attachments", "cd"))).toBe(false);
    expect(must(await again.audit.verify())).toMatchObject({ ok: true, faults: [] });
    expect(must(await again.audit.list(1))[0]).toMatchObject({ event: "backup:restored" });
    expect(must(await again.database.check())).toEqual([]);
    await again.close();

    const aside = report.aside ?? "";
    expect(readdirSync(aside).toSorted()).toEqual(expect.arrayContaining(["attachments", "audit", "moltbot.db"]));
    expect(existsSync(join(aside, "attachments", "cd", "cd".repeat(31)))).toBe(true);
    expect(existsSync(join(home.root, "restoring"))).toBe(false);
    expect(existsSync(join(home.root, "restoring.json"))).toBe(false);
  });

  it("makes a home of a vault and a backup alone", async () => {
    const { home, memory, ada, conversation, message, made } = await withBackup();
    await memory.close();
    const folder = temporaryFolder();
    cpSync(home.vault, join(folder, "home", "vault"), { recursive: true });
    const other: Home = { ...homeIn(folder), keyFile: home.keyFile };
    const report = await restored(other, made.file);
    expect(report.aside).toBeNull();
    expect(readFileSync(join(other.root, "policy.cedar"), "utf8")).toBe("// the policy");
    const again = await openHome(other);
    expect(must(await again.database.conversations.path(ada.scope, conversation.id, "main", 9))).toEqual([message]);
    await again.close();
  });

  it("leaves settings that are there, and takes those of the backup when asked to", async () => {
    const { home, memory, made } = await withBackup();
    await memory.close();
    writeFileSync(join(home.root, "moltbot.json5"), "{ /* now */ }");
    await restored(home, made.file);
    expect(readFileSync(join(home.root, "moltbot.json5"), "utf8")).toBe("{ /* now */ }");
    const later = {
      ...systemClock,
      now: () => new Date(Date.now() + 5_000).toISOString() as ReturnType<typeof systemClock.now>,
    };
    const report = await restored(home, made.file, { withSettings: true, clock: later });
    expect(readFileSync(join(home.root, "moltbot.json5"), "utf8")).toBe("{ /* then */ }");
    expect(readFileSync(join(report.aside ?? "", "moltbot.json5"), "utf8")).toBe("{ /* now */ }");
  });

  it("ends what was under way, since nobody knows what it did afterwards", async () => {
    const { home, memory, ada, conversation } = await withBackup();
    const turn = await begin(memory, ada, conversation);
    const made = must(await deskOf(home, memory).create(ada.scope, { kind: "backup", folder: null }));
    await memory.close();
    expect((await restored(home, made.file)).ended).toBe(1);
    const again = await openHome(home);
    expect(must(await again.database.turns.find(ada.scope, turn.id))).toMatchObject({
      state: "unknown",
      end: { code: "TOOL_OUTCOME_UNKNOWN" },
    });
    await again.close();
  });

  it("keeps the list of copies, also of those that were made later, and names the one it came from", async () => {
    const { home, memory, ada, made } = await withBackup();
    const later = must(await deskOf(home, memory).create(ada.scope, { kind: "keyring", folder: null }));
    await memory.close();
    await restored(home, made.file);
    const again = await openHome(home);
    const listed = must(await deskOf(home, again).list(ada.scope));
    expect(listed.map(({ id }) => id).toSorted()).toEqual([made.id, later.id].toSorted());
    expect(listed.every(({ present }) => present)).toBe(true);
    await again.close();
  });

  it("replaces nothing when the person does not want it", async () => {
    const { home, memory, made } = await withBackup();
    await memory.close();
    const before = readFileSync(home.database);
    let asked: unknown = null;
    const confirm: RestoreWish["confirm"] = async (question) => {
      asked = question;
      return false;
    };
    expect(await restoreHome(wishFor(home, made.file, { confirm }))).toEqual({ ok: true, value: null });
    expect(asked).toEqual({ home: home.root, madeAt: made.at, rows: made.rows, replaces: true });
    expect(readFileSync(home.database).equals(before)).toBe(true);
  });

  it("tells how far it is", async () => {
    const { home, memory, made } = await withBackup();
    await memory.close();
    const steps = new Set<string>();
    await restored(home, made.file, { progress: (step) => void steps.add(step) });
    expect([...steps]).toEqual([
      "Reading the backup",
      "Putting everything back",
      "Making search indexes",
      "Removing what was erased",
      "Checking everything",
    ]);
  });
});

describe("what a restore puts aside", () => {
  it("never takes the place of what an earlier one put there, also within one second", async () => {
    const { home, memory, made } = await withBackup();
    await memory.close();
    const now = systemClock.now();
    const clock = { ...systemClock, now: () => now };
    const first = await restored(home, made.file, { clock });
    const second = await restored(home, made.file, { clock });
    const third = await restored(home, made.file, { clock });
    expect(new Set([first.aside, second.aside, third.aside]).size).toBe(3);
    for (const { aside } of [first, second, third]) expect(existsSync(join(aside ?? "", "moltbot.db"))).toBe(true);
  });

  it("is a database that opens, and finds by words again", async () => {
    const { home, memory, ada, made } = await withBackup();
    await remember(memory, ada, "Ada likes Zwetschgen");
    await memory.close();
    const { aside } = await restored(home, made.file);
    const again = await openHome(home);
    const former = must(
      await openDatabase({
        file: join(aside ?? "", "moltbot.db"),
        key: again.vault.key("database"),
        sealer: again.vault.content,
        clock: systemClock,
        log: silent,
      }),
    );
    expect(must(await former.memories.search(ada.scope, "Zwetschgen", 5, [ada.person.id]))).toHaveLength(1);
    await former.close();
    await again.close();
  });
});

describe("a restore that is refused leaves the home as it was", () => {
  it("when the backup is of a later schema", async () => {
    const { home, memory } = await withBackup();
    const real = must(await memory.database.snapshot());
    const file = join(temporaryFolder(), "later.backup");
    must(
      await createBackup({
        file,
        key: memory.vault.key("backup"),
        header: {
          id: BackupId.parse("01930000-0000-7000-8000-000000000001"),
          createdAt: systemClock.now(),
          generation: 0,
        },
        source: sourceOf(home, { ...real, schemaVersion: 9_999 }),
      }),
    );
    await memory.close();
    await unchanged(home, async () => {
      expect(codeOf(await restoreHome(wishFor(home, file)))).toBe("BACKUP_TOO_NEW");
    });
  });

  const unchanged = async (home: Home, work: () => Promise<unknown>): Promise<void> => {
    const names = readdirSync(home.root).toSorted();
    const before = readFileSync(home.database);
    await work();
    expect(readFileSync(home.database).equals(before)).toBe(true);
    expect(readdirSync(home.root).toSorted()).toEqual(names);
  };

  it("when the backup was changed, cut or made by another vault", async () => {
    const { home, memory, made } = await withBackup();
    await memory.close();
    const other = await withBackup();
    await other.memory.close();
    const bytes = readFileSync(made.file);
    const changed = join(temporaryFolder(), "changed.backup");
    await unchanged(home, async () => {
      const flipped = Buffer.from(bytes);
      flipped[bytes.length - 100] = (flipped.at(-100) ?? 0) ^ 1;
      for (const wrong of [flipped, bytes.subarray(0, bytes.length - 1), readFileSync(other.made.file)]) {
        writeFileSync(changed, wrong);
        expect(codeOf(await restoreHome(wishFor(home, changed)))).toBe("BACKUP_UNREADABLE");
      }
      expect(codeOf(await restoreHome(wishFor(home, join(home.root, "nothing"))))).toBe("BACKUP_UNREADABLE");
    });
  });

  it("while a gateway uses the home", async () => {
    const { home, memory, made } = await withBackup();
    await memory.close();
    await unchanged(home, async () => {
      const release = must(lockHome(home.lock));
      expect(codeOf(await restoreHome(wishFor(home, made.file)))).toBe("HOME_IN_USE");
      release();
    });
  });

  it("without a vault, and gives it none", async () => {
    const { memory, made } = await withBackup();
    await memory.close();
    const empty = homeIn(temporaryFolder());
    expect(codeOf(await restoreHome(wishFor(empty, made.file)))).toBe("BACKUP_UNREADABLE");
    expect(existsSync(empty.vault)).toBe(false);
  });
});

describe("a restore and what was erased", () => {
  it("brings nothing back of a conversation whose keys were destroyed", async () => {
    const { home, memory, ada, made } = await withBackup();
    const kept = await newConversation(memory, ada);
    const gone = await newConversation(memory, ada);
    await say(memory, ada, kept, "stays");
    await say(memory, ada, gone, "goes");
    const backup = must(await deskOf(home, memory).create(ada.scope, { kind: "backup", folder: null }));
    must(await memory.vault.erase([`conversation:${gone.id}`]));
    await memory.close();

    const report = await restored(home, backup.file);
    expect(report.erasedAgain).toBe(1);
    const again = await openHome(home);
    expect(codeOf(await again.database.conversations.find(ada.scope, gone.id))).toMatch(/NOT_FOUND/);
    expect(must(await again.database.conversations.path(ada.scope, kept.id, "main", 9))).toHaveLength(1);
    expect(made.id).not.toBe(backup.id);
    await again.close();
  });

  it("brings nothing back of a memory whose key was destroyed, nor its words", async () => {
    const { home, memory, ada, memoryId, made } = await withBackup();
    must(await memory.vault.erase([`memory:${memoryId}`]));
    await memory.close();
    await restored(home, made.file);
    const again = await openHome(home);
    expect(must(await again.database.memories.list(ada.scope, 9))).toEqual([]);
    expect(must(await again.database.memories.search(ada.scope, "plums", 5, everybody))).toEqual([]);
    await again.close();
  });
});
