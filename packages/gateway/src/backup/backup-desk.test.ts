import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { moltbotError, err } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { openBackup } from "@moltbot/storage/backup";
import { DEFAULT_SETTINGS } from "../settings/index.ts";
import { systemClock } from "../open-memory.ts";
import { createBackupDesk } from "./backup-desk.ts";
import { backupBySettings } from "./backup-job.ts";
import { restoreHome } from "./restore-home.ts";
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
} from "./testing/rich-home.ts";

afterEach(removeFolders);

const opened = async () => {
  const home = homeIn(temporaryFolder());
  const memory = await openHome(home);
  const ada = await newPerson(memory);
  return { home, memory, ada, desk: deskOf(home, memory) };
};
const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);

describe("making a backup", () => {
  it("puts it into the home's own folder, on record and on the list", async () => {
    const { home, memory, ada, desk } = await opened();
    const made = must(await desk.create(ada.scope, { kind: "backup", folder: null }));
    expect(made.file).toMatch(/\/backups\/moltbot-\d{8}T\d{6}Z-[0-9a-f]{8}\.backup$/);
    expect(statSync(made.file)).toMatchObject({ size: made.bytes });
    expect(statSync(join(home.root, "backups")).mode & 0o777).toBe(0o700);
    expect(must(await desk.list(ada.scope))).toEqual([made]);
    const events = must(await memory.audit.list(2)).map(({ event, actor }) => [event, actor]);
    expect(events).toEqual([
      ["backup:made", ada.person.id],
      ["backup:begun", ada.person.id],
    ]);
    await memory.close();
  });

  it("holds no line of the keyring, nothing of the vault and no word", async () => {
    const { home, memory, ada, desk } = await opened();
    await remember(memory, ada, "Zwetschgen");
    const made = must(await desk.create(ada.scope, { kind: "backup", folder: null }));
    const backup = must(await openBackup(made.file, memory.vault.key("backup")));
    let plain = "";
    for await (const item of backup.items()) {
      plain += "bytes" in item ? Buffer.from(item.bytes).toString("latin1") : "";
      if (item.kind === "rows") plain += `${item.table} ${JSON.stringify(item.rows)}`;
    }
    await backup.close();
    expect(plain).toContain("memories");
    for (const line of readFileSync(join(home.vault, "keyring.jsonl"), "latin1").split("\n"))
      if (line.length > 8) expect(plain).not.toContain(line.slice(0, 40));
    for (const word of ["wrappedRoot", "memory_words", "message_words", "word_index", "wetschgen"])
      expect(plain).not.toContain(word);
    await memory.close();
  });

  it("refuses folders that are not this user's, not there, not folders, or of the home", async () => {
    const { home, memory, ada, desk } = await opened();
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "x");
    symlinkSync(home.vault, join(folder, "link"));
    for (const wrong of [
      "relative",
      join(folder, "missing"),
      join(folder, "file"),
      home.root,
      home.vault,
      join(folder, "link"),
    ])
      expect(codeOf(await desk.create(ada.scope, { kind: "backup", folder: wrong }))).toBe("BACKUP_PLACE");
    if (process.getuid?.() !== 0)
      expect(codeOf(await desk.create(ada.scope, { kind: "backup", folder: "/" }))).toBe("BACKUP_PLACE");
    expect(codeOf(await desk.create(ada.scope, { kind: "backup", folder }))).toBe("ok");
    mkdirSync(join(home.root, "backups", "weekly"), { recursive: true });
    expect(codeOf(await desk.create(ada.scope, { kind: "backup", folder: join(home.root, "backups", "weekly") }))).toBe(
      "ok",
    );
    await memory.close();
  });

  it("is not made when that cannot be recorded, and says so when the log cannot follow", async () => {
    const { home, memory, ada } = await opened();
    const unwritable = async () => err(moltbotError("AUDIT_UNWRITABLE"));
    const ports = {
      home,
      vault: memory.vault,
      database: memory.database,
      events: { publish: () => undefined },
      clock: systemClock,
      ids: { next: () => "" as never },
      log: silent,
    };
    const mute = createBackupDesk({ ...ports, audit: { record: unwritable, head: () => memory.audit.head() } });
    expect(codeOf(await mute.create(ada.scope, { kind: "backup", folder: null }))).toBe("AUDIT_UNWRITABLE");
    expect(readdirSync(join(home.root, "backups"))).toEqual([]);
    await memory.close();
  });

  it("removes what a kill left long ago, and nothing younger", async () => {
    const { home, memory, ada, desk } = await opened();
    must(await desk.create(ada.scope, { kind: "backup", folder: null }));
    const [old, young] = [".moltbot-a.backup.1.part", ".moltbot-b.backup.2.part"].map((name) =>
      join(home.root, "backups", name),
    );
    if (old === undefined || young === undefined) throw new Error("two names");
    for (const path of [old, young]) writeFileSync(path, "half");
    utimesSync(old, new Date(0), new Date(0));
    must(await desk.create(ada.scope, { kind: "backup", folder: null }));
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
    await memory.close();
  });

  it("is consistent while others write without pause, and everything in it verifies", async () => {
    const { home, memory, ada, desk } = await opened();
    const conversation = await newConversation(memory, ada);
    let writing = true;
    let written = 0;
    const writers = [0, 1].map(async () => {
      while (writing) {
        await say(memory, ada, conversation, "words");
        await record(memory, ada, "a detail");
        written += 1;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    });
    const made = [];
    for (let n = 0; n < 3; n += 1) made.push(must(await desk.create(ada.scope, { kind: "backup", folder: null })));
    writing = false;
    await Promise.all(writers);
    expect(written).toBeGreaterThan(5);
    await memory.close();
    for (const { file } of made) {
      expect(must(await restore(home, file))).toMatchObject({ file });
      const again = await openHome(home);
      expect(must(await again.audit.verify())).toMatchObject({ ok: true, faults: [] });
      expect(must(await again.database.check())).toEqual([]);
      await again.close();
    }
  }, 60_000);
});

let moment = 0;
/** Each restore a second later than the one before: their folders are named by the second. */
const restore = (home: ReturnType<typeof homeIn>, file: string) =>
  restoreHome({
    home,
    settings: DEFAULT_SETTINGS,
    passphrase: null,
    file,
    withSettings: false,
    clock: {
      ...systemClock,
      now: () => new Date(Date.now() + (moment += 1) * 1_000).toISOString() as ReturnType<typeof systemClock.now>,
    },
    log: silent,
    progress: () => undefined,
    confirm: () => Promise.resolve(true),
  });

describe("copying the keyring", () => {
  it("copies the vault's sealed files into a folder of its own, on the list", async () => {
    const { home, memory, ada, desk } = await opened();
    const folder = temporaryFolder();
    const made = must(await desk.create(ada.scope, { kind: "keyring", folder }));
    expect(made).toMatchObject({ kind: "keyring", rows: 0, present: true, generation: memory.vault.generation() });
    for (const name of ["vault.json", "keyring.jsonl"])
      expect(readFileSync(join(made.file, name)).equals(readFileSync(join(home.vault, name)))).toBe(true);
    expect(statSync(made.file).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder)).toHaveLength(1);
    expect(must(await desk.list(ada.scope)).map(({ id }) => id)).toEqual([made.id]);
    await memory.close();
  });

  it.skipIf(process.getuid?.() === 0)("is named when the folder cannot be written", async () => {
    const { memory, ada, desk } = await opened();
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);
    expect(codeOf(await desk.create(ada.scope, { kind: "keyring", folder }))).toBe("BACKUP_PLACE");
    chmodSync(folder, 0o700);
    await memory.close();
  });
});

describe("backups that come by themselves", () => {
  it("are thinned out to the newest, and no other file is touched", async () => {
    const { home, memory, ada, desk } = await opened();
    const mine = must(await desk.create(ada.scope, { kind: "backup", folder: null }));
    const stranger = join(home.root, "backups", "moltbot-auto-20200101T000000Z-00000000.backup");
    writeFileSync(stranger, "not on the list");
    for (let n = 0; n < 4; n += 1) must(await backupBySettings(desk, ada.scope, { cron: "", folder: "", keep: 2 }));
    const left = readdirSync(join(home.root, "backups")).filter((name) => name.startsWith("moltbot-auto"));
    expect(left).toHaveLength(3);
    expect([existsSync(mine.file), existsSync(stranger)]).toEqual([true, true]);
    const listed = must(await desk.list(ada.scope));
    expect(listed.filter(({ present }) => present)).toHaveLength(3);
    await memory.close();
  });
});

describe("verifying", () => {
  it("reads files of this machine by their whole path alone, and tells nothing of others", async () => {
    const { home, memory, ada, desk } = await opened();
    const made = must(await desk.create(ada.scope, { kind: "backup", folder: null }));
    expect(must(await desk.verify(made.file))).toMatchObject({ ok: true, rows: made.rows });
    expect(codeOf(await desk.verify("backups/x"))).toBe("REQUEST_INVALID");
    const other = await desk.verify(join(home.vault, "vault.json"));
    expect(codeOf(other)).toBe("BACKUP_UNREADABLE");
    expect(JSON.stringify(other)).not.toContain("wrapped");
    await memory.close();
  });
});
