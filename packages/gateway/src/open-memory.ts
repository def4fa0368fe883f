import { statSync } from "node:fs";
import { err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type { ClockPort, LogPort, Result } from "@moltbot/contracts";
import { openAuditLog } from "@moltbot/storage/audit";
import type { AuditLog } from "@moltbot/storage/audit";
import { openDatabase, openPostgres } from "@moltbot/storage/database";
import type { Database } from "@moltbot/storage/database";
import { openVault } from "@moltbot/storage/vault";
import type { Vault } from "@moltbot/storage/vault";
import { takeSchemas } from "./backup/engine-place.ts";
import { finishSwap } from "./backup/swap-home.ts";
import type { Home } from "./home.ts";
import { postgresPlaceOf } from "./postgres-place.ts";
import type { Settings } from "./settings/index.ts";

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
  /** Opens the vault, unless one was opened before: its closing is then the memory's business, whatever becomes of the rest. */
  readonly passphrase: string | null;
  readonly vault?: Vault;
  /** Which engine keeps everything; the home's own file when left out. */
  readonly database?: Settings["database"];
  readonly acceptLoss: boolean;
  readonly log: LogPort;
}

/** What opens the vault; without any of them its key file or the keychain does. */
export interface Credentials {
  readonly passphrase: string | null;
  readonly recoveryCode?: string | null;
  /** Lets the keychain of this machine open the vault from then on. */
  readonly useKeychain?: boolean;
}

/** Opens the vault of a home, or makes it. */
export const openHomeVault = async (home: Home, credentials: Credentials): Promise<Result<Vault>> =>
  openVault({
    directory: home.vault,
    keyFile: home.keyFile,
    clock: systemClock,
    passphrase: credentials.passphrase,
    recoveryCode: credentials.recoveryCode ?? null,
    useKeychain: credentials.useKeychain ?? false,
  });

/** Reading every page of a larger file would hold up the start; `doctor` does it then. */
const CHECKED_AT_START = 64 * 1024 * 1024;

const checkWhenSmall = async (database: Database, file: string): Promise<Result<void>> => {
  // A server's pages are the server's to check; reading all of it here would hold up everybody who uses it.
  if (database.engine === "postgres" || statSync(file).size > CHECKED_AT_START) return ok(undefined);
  const checked = await database.check();
  if (!checked.ok) return checked;
  const [fault] = checked.value;
  return fault === undefined
    ? ok(undefined)
    : err(moltbotError("DATABASE_DAMAGED", { problem: fault.split("\n")[0] ?? fault }));
};

/** Opens vault, database and audit log; what was opened is closed again when a later one cannot be. */
export const openMemory = async (wish: MemoryWish): Promise<Result<Memory>> => {
  const { home, acceptLoss, log } = wish;
  const clock = systemClock;
  const opened = wish.vault === undefined ? await openHomeVault(home, wish) : ok(wish.vault);
  if (!opened.ok) return opened;
  const vault = opened.value;
  // A restore that a crash cut off is finished before anything that it replaces is opened.
  const finished = await finishSwap(home.root, takeSchemas);
  if (!finished.ok) {
    await vault.close();
    return finished;
  }
  const shared = { sealer: vault.content, clock, log };
  const database =
    wish.database?.engine === "postgres"
      ? await openPostgres({ ...shared, connection: postgresPlaceOf(wish.database) })
      : await openDatabase({ ...shared, file: home.database, key: vault.key("database") });
  if (!database.ok) {
    await vault.close();
    return database;
  }
  const sound = acceptLoss ? ok(undefined) : await checkWhenSmall(database.value, home.database);
  if (!sound.ok) {
    await database.value.close();
    await vault.close();
    return sound;
  }
  const audit = await openAuditLog({
    directory: home.audit,
    signingSeed: vault.auditSigningSeed,
    commitmentKey: vault.key("audit-commitments"),
    content: vault.content,
    details: database.value.auditDetails,
    clock,
    log,
    acceptLoss,
  });
  if (!audit.ok) {
    await database.value.close();
    await vault.close();
    return audit;
  }
  return ok({
    vault,
    database: database.value,
    audit: audit.value,
    clock,
    close: async () => {
      await audit.value.close();
      await database.value.close();
      await vault.close();
    },
  });
};
