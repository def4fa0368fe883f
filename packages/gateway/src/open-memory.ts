import { statSync } from "node:fs";
import { err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, Result } from "@moltbot/contracts";
import { openAuditLog } from "@moltbot/storage/audit";
import type { AuditLog } from "@moltbot/storage/audit";
import { openDatabase } from "@moltbot/storage/database";
import type { Database } from "@moltbot/storage/database";
import { openVault } from "@moltbot/storage/vault";
import type { Vault } from "@moltbot/storage/vault";
import type { Home } from "./home.ts";

/** The rooms of storage, open: the vault first, whose keys open the database, whose rows the audit log is checked against. */
export interface Memory {
  readonly vault: Vault;
  readonly database: Database;
  readonly audit: AuditLog;
  readonly clock: ClockPort;
  close(): Promise<void>;
}

export const systemClock: ClockPort = Object.freeze({
  now: () => instantOf(Date.now()),
  monotonic: () => performance.now(),
});

export interface MemoryWish {
  readonly home: Home;
  readonly passphrase: string | null;
  readonly acceptLoss: boolean;
  readonly log: LogPort;
}

/** Reading every page of a larger file would hold up the start; `doctor` does it then. */
const CHECKED_AT_START = 64 * 1024 * 1024;

const checkWhenSmall = async (database: Database, file: string): Promise<Result<void>> => {
  if (statSync(file).size > CHECKED_AT_START) return ok(undefined);
  const checked = await database.check();
  if (!checked.ok) return checked;
  const [fault] = checked.value;
  return fault === undefined
    ? ok(undefined)
    : err(moltbotError("DATABASE_DAMAGED", { problem: fault.split("\n")[0] ?? fault }));
};

/** Opens vault, database and audit log; what was opened is closed again when a later one cannot be. */
export const openMemory = async ({ home, passphrase, acceptLoss, log }: MemoryWish): Promise<Result<Memory>> => {
  const clock = systemClock;
  const vault = await openVault({ directory: home.vault, keyFile: home.keyFile, passphrase, clock });
  if (!vault.ok) return vault;
  const database = await openDatabase({
    file: home.database,
    key: vault.value.key("database"),
    sealer: vault.value.content,
    clock,
    log,
  });
  if (!database.ok) {
    await vault.value.close();
    return database;
  }
  const sound = acceptLoss ? ok(undefined) : await checkWhenSmall(database.value, home.database);
  if (!sound.ok) {
    await database.value.close();
    await vault.value.close();
    return sound;
  }
  const audit = await openAuditLog({
    directory: home.audit,
    signingSeed: vault.value.auditSigningSeed,
    commitmentKey: vault.value.key("audit-commitments"),
    content: vault.value.content,
    details: database.value.auditDetails,
    clock,
    log,
    acceptLoss,
  });
  if (!audit.ok) {
    await database.value.close();
    await vault.value.close();
    return audit;
  }
  return ok({
    vault: vault.value,
    database: database.value,
    audit: audit.value,
    clock,
    close: async () => {
      await audit.value.close();
      await database.value.close();
      await vault.value.close();
    },
  });
};
