import { fdatasyncSync, fsyncSync } from "node:fs";
import { join } from "node:path";
import { MessageId, instantOf } from "@moltbot/contracts";
import type { Result } from "@moltbot/contracts";
import { realBackupDisk } from "@moltbot/storage/backup";
import { afterAll, describe, expect, it } from "vitest";
import { openLogFile } from "../../packages/storage/src/audit/log-file.ts";
import { openAuditLogOn } from "../../packages/storage/src/audit/open-audit-log.ts";
import { openVaultOn } from "../../packages/storage/src/vault/open-vault.ts";
import { REAL_STEPS, diskOver } from "../../packages/storage/src/vault/vault-disk.ts";
import { must } from "../support/guard-house.ts";
import { openStorage } from "../support/storage-house.ts";
import { because, whyNoStrace, writeUntilRefused } from "./bad-disk.ts";
import { backUp, copyOf, fillHome, lookAt, newFolder, removeFolders, sayAndRecord } from "./filled-home.ts";
import type { Filled } from "./filled-home.ts";

const codeOf = (result: Result<unknown>): string => (result.ok ? "ok" : result.error.code);
const silent = (): void => undefined;
const quiet = { debug: silent, info: silent, warn: silent, error: silent };
const clock = { now: () => instantOf(Date.now()), monotonic: () => performance.now() };
const refuse = (): never => {
  throw Object.assign(new Error("the disk did not take it"), { code: "EIO" });
};
const closedHome = async (): Promise<Filled> => {
  const { house, ...filled } = await fillHome(newFolder());
  await house.close();
  return filled;
};
const mustBeWhole = async (filled: Filled): Promise<void> => {
  expect(await lookAt(filled)).toMatchObject({ opened: true, codes: [], silentlyLost: [] });
  const house = must(await openStorage(filled.folder, null));
  must(await sayAndRecord(house, filled, "and on it goes"));
  await house.close();
};
afterAll(removeFolders);

describe("after a sync that failed nothing more is acknowledged", { timeout: 30_000 }, () => {
  it("by the keyring: the key of the failed write is never used, and the next start has all others", async () => {
    const filled = await closedHome();
    let failing = false;
    const disk = diskOver({
      ...REAL_STEPS,
      sync: (descriptor) => (failing ? refuse() : fsyncSync(descriptor)),
      syncData: (descriptor) => (failing ? refuse() : fdatasyncSync(descriptor)),
    });
    const vault = must(
      await openVaultOn(disk, {
        directory: join(filled.folder, "home", "vault"),
        keyFile: join(filled.folder, "keys", "home.key"),
        passphrase: null,
        clock,
      }),
    );
    failing = true;
    expect(codeOf(vault.content.seal(["memory:1"], "r", "x"))).toBe("VAULT_LOCKED");
    failing = false;
    // Whether the line reached the disk, nobody knows: nothing is sealed under a new key until the next start.
    expect(codeOf(vault.content.seal(["memory:2"], "r", "x"))).toBe("VAULT_LOCKED");
    failing = true;
    const wish = { name: "other", value: "v", hosts: ["b.example.org"], ownerId: null };
    expect(codeOf(await vault.secrets.set(wish))).not.toBe("ok");
    expect(codeOf(await vault.erase([`conversation:${filled.conversation.id}`]))).toBe("VAULT_LOCKED");
    failing = false;
    await vault.close();
    await mustBeWhole(filled);
  });

  it("by the list of erasures and the keyring's next generation: an erasure that was not acknowledged happens whole or not at all", async () => {
    // Each sync of the erasure is the one that fails, in turn.
    let failures = 0;
    for (let which = 0; which < 4; which += 1) {
      const filled = await closedHome();
      let count = -1;
      const step = (real: (descriptor: number) => void) => (descriptor: number) => {
        if (count >= 0 && count === which) {
          count += 1;
          refuse();
        }
        if (count >= 0) count += 1;
        real(descriptor);
      };
      const disk = diskOver({ ...REAL_STEPS, sync: step(fsyncSync), syncData: step(fdatasyncSync) });
      const options = {
        directory: join(filled.folder, "home", "vault"),
        keyFile: join(filled.folder, "keys", "home.key"),
        passphrase: null,
        clock,
      };
      const vault = must(await openVaultOn(disk, options));
      const subject = `person:to-be-erased`;
      const sealed = must(vault.content.seal([subject], "r", "x"));
      count = 0;
      const erased = await vault.erase([subject]);
      if (!erased.ok) expect([which, erased.error.code]).toEqual([which, "VAULT_LOCKED"]);
      failures += erased.ok ? 0 : 1;
      await vault.close();
      const again = must(await openVaultOn(diskOver(REAL_STEPS), options));
      const opens = again.content.open([subject], "r", sealed).ok;
      const listed = again.erased().some((each) => each.subject === subject);
      expect([which, opens]).toEqual([which, !listed]);
      if (erased.ok) expect([which, listed]).toEqual([which, true]);
      await again.close();
      await mustBeWhole(filled);
    }
    expect(failures).toBeGreaterThan(1);
  });

  it("by the audit log: it refuses everything until the next start, which finds the log whole", async () => {
    const filled = await closedHome();
    const house = must(await openStorage(filled.folder, null));
    await house.audit.close();
    let failing = false;
    const log = must(
      await openAuditLogOn(
        async (path) => {
          const file = await openLogFile(path);
          return { ...file, sync: async () => (failing ? refuse() : file.sync()) };
        },
        {
          directory: join(filled.folder, "home", "audit"),
          signingSeed: house.vault.auditSigningSeed,
          commitmentKey: house.vault.key("audit-commitments"),
          content: house.vault.content,
          details: house.database.auditDetails,
          clock: house.clock,
          log: quiet,
        },
      ),
    );
    const event = { event: "test:happened", actor: "system", fields: {} };
    must(await log.record(event));
    failing = true;
    expect(codeOf(await log.record(event))).toBe("AUDIT_UNWRITABLE");
    failing = false;
    expect(codeOf(await log.record(event))).toBe("AUDIT_UNWRITABLE");
    expect(codeOf(await log.head())).toBe("AUDIT_UNWRITABLE");
    await log.close();
    await house.database.close();
    await house.vault.close();
    await mustBeWhole(filled);
  });

  it("by a backup: BACKUP_PLACE, and nothing lies under its name", async () => {
    const filled = await closedHome();
    const house = must(await openStorage(filled.folder, null));
    const into = newFolder();
    const made = await backUp(house, filled.folder, into, {
      ...realBackupDisk,
      create: async (path) => ({ ...(await realBackupDisk.create(path)), sync: async () => refuse() }),
    });
    expect(codeOf(made)).toBe("BACKUP_PLACE");
    must(await backUp(house, filled.folder, into));
    await house.close();
  });

  it.skipIf(whyNoStrace !== null).each([1, 2, 5, 9])(
    `by the whole house, when the kernel itself refuses every sync from number %i on${because(whyNoStrace)}`,
    async (number) => {
      const filled = await closedHome();
      const inject = `inject=fsync,fdatasync:error=EIO:when=${String(number + 20)}+`;
      const trace = ["strace", "-f", "-q", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e", inject];
      const written = await writeUntilRefused(filled.folder, trace, filled);
      expect(written.refused).not.toEqual([]);
      expect(
        written.refused.filter((code) => !/^(DATABASE_UNAVAILABLE|AUDIT_UNWRITABLE|VAULT_LOCKED)$/.test(code)),
      ).toEqual([]);
      await mustBeWhole(copyOf(filled));
      const house = must(await openStorage(filled.folder, null));
      const lost: string[] = [];
      for (const id of written.accepted)
        if (!(await house.database.conversations.message(filled.scope, MessageId.parse(id))).ok) lost.push(id);
      expect(lost).toEqual([]);
      await house.close();
    },
  );
});
