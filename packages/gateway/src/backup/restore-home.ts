import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { done, err, moltbotError, ok } from "@moltbot/contracts";
import type { AccessScope, ClockPort, LogPort, Result } from "@moltbot/contracts";
import { openAuditLog } from "@moltbot/storage/audit";
import { openBackup, restoreBackup, verifyBackup } from "@moltbot/storage/backup";
import type { BackupHeader } from "@moltbot/storage/backup";
import { SCHEMA_VERSION } from "@moltbot/storage/database";
import type { Database, FillingDatabase } from "@moltbot/storage/database";
import { openVault } from "@moltbot/storage/vault";
import type { Vault } from "@moltbot/storage/vault";
import { lockHome } from "../home-lock.ts";
import { prepareHome } from "../home.ts";
import type { Home } from "../home.ts";
import type { Settings } from "../settings/index.ts";
import { endUnderWay } from "./end-under-way.ts";
import { enginePlace, takeSchemas } from "./engine-place.ts";
import type { EnginePlace } from "./engine-place.ts";
import { replayErasures } from "./replay-erasures.ts";
import { CARRIED, stagedTarget } from "./restore-target.ts";
import type { StagedTarget } from "./restore-target.ts";
import { finishSwap, swapHome } from "./swap-home.ts";

/** What is about to happen, for the person who is asked. */
export interface RestoreQuestion {
  readonly home: string;
  readonly madeAt: string;
  readonly rows: number;
  /** Whether something is there that goes aside. */
  readonly replaces: boolean;
}

/** What a restore did. */
export interface RestoreReport {
  readonly file: string;
  readonly madeAt: string;
  readonly rows: number;
  readonly attachments: number;
  readonly auditRecords: number;
  /** Subjects whose rows were removed again, because they were erased since. */
  readonly erasedAgain: number;
  /** Turns, questions and effects that were under way then and are ended now. */
  readonly ended: number;
  /** The folder in the home where the former things lie; null when there were none. */
  readonly aside: string | null;
}

export interface RestoreWish {
  readonly home: Home;
  readonly settings: Pick<Settings, "database">;
  readonly passphrase: string | null;
  readonly file: string;
  /** Also puts back the settings and the policy of the backup, over those that are there. */
  readonly withSettings: boolean;
  readonly clock: ClockPort;
  readonly log: LogPort;
  /** Hears what is being done, and how many of how many bytes of it. */
  progress(step: string, done: number, total: number): void;
  /** Asked once, when the backup was read whole and before anything is replaced; false ends it. */
  confirm(question: RestoreQuestion): Promise<boolean>;
}

const STAGING = "restoring";

const unreadable = (file: string, problem: string): Result<never> =>
  err(moltbotError("BACKUP_UNREADABLE", { file: basename(file), problem }));

interface Read {
  readonly header: BackupHeader;
  readonly bytes: number;
  readonly rows: number;
}

/** The whole backup, read once: nothing is touched for one that is damaged. */
const readWhole = async (wish: RestoreWish, key: Uint8Array): Promise<Result<Read>> => {
  const opened = await openBackup(wish.file, key);
  if (!opened.ok) return opened;
  const { header, bytes } = opened.value;
  await opened.value.close();
  if (header.schema > SCHEMA_VERSION)
    return err(
      moltbotError("BACKUP_TOO_NEW", { file: basename(wish.file), found: header.schema, known: SCHEMA_VERSION }),
    );
  const report = await verifyBackup(wish.file, key, (read) => wish.progress("Reading the backup", read, bytes));
  if (!report.ok) return report;
  const [fault] = report.value.faults;
  return fault === undefined ? ok({ header, bytes, rows: report.value.rows }) : unreadable(wish.file, fault);
};

/** What a restore fills: the new database, and the files beside it. */
interface Filling {
  readonly database: FillingDatabase;
  readonly target: StagedTarget;
}

/** Later copies and certificates than the backup's: an erasure must name the ones and nobody must lose the others. */
const carryOver = async (
  wish: RestoreWish,
  place: EnginePlace,
  { database, target }: Filling,
): Promise<Result<void>> => {
  const before = await place.before();
  if (before === null) return done;
  if (!before.ok) {
    // It may be damaged: that is why somebody restores.
    wish.log.warn("copies and certificates of the former database cannot be read", { code: before.error.code });
    return done;
  }
  try {
    for (const table of CARRIED) {
      if (!before.value.tables.includes(table)) continue;
      for await (const page of before.value.rows(table)) {
        if (!page.ok) {
          wish.log.warn("copies and certificates of the former database cannot be read", { code: page.error.code });
          break;
        }
        const { columns, rows } = page.value;
        const known = target.ids(table);
        const later = rows.filter((row) => !known.has(String(row[columns.indexOf("id")])));
        const carried = later.length === 0 ? done : await database.insert(table, columns, later);
        if (!carried.ok) return carried;
      }
    }
    return done;
  } finally {
    await before.value.close();
  }
};

interface Filled {
  readonly header: BackupHeader;
  readonly rows: number;
  readonly attachments: number;
}

/** Reads the backup a second time, into the staging folder and a new database. */
const fillStaging = async (
  wish: RestoreWish,
  place: EnginePlace,
  staging: string,
  key: Uint8Array,
): Promise<Result<Filled>> => {
  let filling = null as Filling | null; // assigned in the callback, which the compiler does not follow
  const filled = await restoreBackup(wish.file, key, async ({ header, bytes, position }) => {
    const database = await place.fill(header.schema);
    if (!database.ok) return database;
    const target = stagedTarget(staging, database.value);
    filling = { database: database.value, target };
    return ok({
      ...target,
      insert: async (table, columns, rows) => {
        wish.progress("Putting everything back", position(), bytes);
        return target.insert(table, columns, rows);
      },
    });
  });
  const ended = filled.ok && filling !== null ? await finishAll(wish, place, filling) : filled;
  if (ended.ok) return filled;
  filling?.target.abandon();
  await filling?.database.abandon();
  return ended;
};

const finishAll = async (wish: RestoreWish, place: EnginePlace, filling: Filling): Promise<Result<void>> => {
  const carried = await carryOver(wish, place, filling);
  if (!carried.ok) return carried;
  const files = filling.target.finish();
  return files.ok ? filling.database.finish() : files;
};

const firstFault = (faults: Result<readonly string[]>): Result<void> => {
  if (!faults.ok) return faults;
  const [fault] = faults.value;
  return fault === undefined ? done : err(moltbotError("DATABASE_DAMAGED", { problem: fault }));
};

type Settled = Pick<RestoreReport, "auditRecords" | "erasedAgain" | "ended">;

/** What is done once with the rows that are back: erasures again, nothing under way, everything checked. */
const settle = async (
  wish: RestoreWish,
  vault: Vault,
  database: Database,
  staging: string,
  { header, rows, bytes }: Read,
): Promise<Result<Settled>> => {
  const owner = await database.identity.owner();
  if (!owner.ok) return owner;
  let [erasedAgain, ended] = [0, 0];
  if (owner.value !== null) {
    const { tenantId, id: principalId } = owner.value;
    const system: AccessScope = { tenantId, principalId, reach: "system" };
    wish.progress("Removing what was erased", 0, 1);
    const erased = await replayErasures(database, system, vault.erased(), join(staging, "attachments"));
    if (!erased.ok) return erased;
    const over = await endUnderWay(database, system, wish.clock.now());
    if (!over.ok) return over;
    const { id, createdAt: at, generation } = header;
    const copy = { id, kind: "backup", file: wish.file, at, bytes, rows, generation } as const;
    const listed = await database.copies.add(system, copy);
    if (!listed.ok) return listed;
    [erasedAgain, ended] = [erased.value, over.value];
  }
  wish.progress("Checking everything", 0, 1);
  const sound = firstFault(await database.check());
  if (!sound.ok) return sound;
  const auditRecords = await checkAudit(wish, vault, database, join(staging, "audit"), header);
  return auditRecords.ok ? ok({ auditRecords: auditRecords.value, erasedAgain, ended }) : auditRecords;
};

/** Opens the log beside its database, says in it what happened, and verifies every byte. */
const checkAudit = async (
  wish: RestoreWish,
  vault: Vault,
  database: Database,
  directory: string,
  header: BackupHeader,
): Promise<Result<number>> => {
  const audit = await openAuditLog({
    directory,
    signingSeed: vault.auditSigningSeed,
    commitmentKey: vault.key("audit-commitments"),
    content: vault.content,
    details: database.auditDetails,
    clock: wish.clock,
    log: wish.log,
  });
  if (!audit.ok) return audit;
  try {
    const recorded = await audit.value.record({
      event: "backup:restored",
      actor: "system",
      fields: { backup: header.id, madeAt: header.createdAt, generation: header.generation },
    });
    if (!recorded.ok) return recorded;
    const report = await audit.value.verify();
    if (!report.ok) return report;
    const [fault] = report.value.faults;
    return fault === undefined
      ? ok(report.value.records)
      : err(moltbotError("AUDIT_DAMAGED", { record: fault.record ?? "none", problem: fault.problem }));
  } finally {
    await audit.value.close();
  }
};

/** The files of a backup that take the place of those in the home: all, or those that are missing. */
const fileMoves = (wish: RestoreWish, aside: string) => {
  const folder = join(wish.home.root, STAGING, "files");
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names
    .filter((name) => wish.withSettings || !existsSync(join(wish.home.root, name)))
    .map((name) => ({ from: `${STAGING}/files/${name}`, to: name, aside: `${aside}/${name}` }));
};

/** A folder that is not there yet: what an earlier restore put aside is never overwritten. */
const freshName = (root: string, clock: ClockPort): string => {
  const name = `before-${clock.now().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
  let fresh = name;
  for (let count = 2; existsSync(join(root, fresh)); count += 1) fresh = `${name}-${String(count)}`;
  return fresh;
};

const restoreWith = async (wish: RestoreWish, vault: Vault): Promise<Result<RestoreReport | null>> => {
  const { home, clock } = wish;
  const key = vault.key("backup");
  const read = await readWhole(wish, key);
  if (!read.ok) return read;
  const { header } = read.value;

  const aside = freshName(home.root, clock);
  const place = enginePlace({ ...wish, settings: wish.settings.database, vault, staging: STAGING, aside });
  const staging = join(home.root, STAGING);
  rmSync(staging, { recursive: true, force: true });
  const cleared = await place.clear();
  if (!cleared.ok) return cleared;
  const replaces = existsSync(home.database) || existsSync(join(home.audit, "log.jsonl"));
  const question = { home: home.root, madeAt: header.createdAt, rows: read.value.rows, replaces };
  if (!(await wish.confirm(question))) return ok(null);

  for (const folder of ["audit", "attachments", "files"])
    mkdirSync(join(staging, folder), { recursive: true, mode: 0o700 });
  const filled = await fillStaging(wish, place, staging, key);
  if (!filled.ok) return filled;
  wish.progress("Making search indexes", 0, 1);
  const database = await place.open();
  if (!database.ok) return database;
  const settled = await settle(wish, vault, database.value, staging, read.value);
  await database.value.close();
  if (!settled.ok) return settled;

  const forgotten = place.forgetWords();
  // It may be damaged: that is why somebody restores.
  if (!forgotten.ok) wish.log.warn("what goes aside keeps its search indexes", { code: forgotten.error.code });
  const swapped = await swapHome(
    home.root,
    {
      version: 1,
      staging: STAGING,
      moves: [
        ...place.moves,
        ...["audit", "attachments"].map((name) => ({
          from: `${STAGING}/${name}`,
          to: name,
          aside: `${aside}/${name}`,
        })),
        ...fileMoves(wish, aside),
      ],
      schemas: place.schemas,
    },
    takeSchemas,
  );
  if (!swapped.ok) return swapped;
  return ok({
    file: wish.file,
    madeAt: header.createdAt,
    rows: filled.value.rows,
    attachments: filled.value.attachments,
    ...settled.value,
    aside: existsSync(join(home.root, aside)) ? join(home.root, aside) : null,
  });
};

/** Runs work on a home that nobody else uses, with its vault open. A home without a vault is not given a new one. */
const withVault = async <T>(
  wish: Pick<RestoreWish, "home" | "settings" | "passphrase" | "file" | "clock">,
  work: (vault: Vault) => Promise<Result<T>>,
): Promise<Result<T>> => {
  const { home, passphrase, clock } = wish;
  const prepared = prepareHome(home);
  if (!prepared.ok) return prepared;
  const locked = lockHome(home.lock);
  if (!locked.ok) return locked;
  try {
    if (!existsSync(join(home.vault, "vault.json")))
      return unreadable(wish.file, `${home.root} has no vault; put a copy of its keyring into ${home.vault} first`);
    const finished = await finishSwap(home.root, takeSchemas);
    if (!finished.ok) return finished;
    const vault = await openVault({ directory: home.vault, keyFile: home.keyFile, passphrase, clock });
    if (!vault.ok) return vault;
    try {
      return await work(vault.value);
    } finally {
      await vault.value.close();
    }
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && typeof cause.code === "string")) throw cause;
    return err(moltbotError("HOME_NOT_WRITABLE", { home: home.root, problem: cause.code }));
  } finally {
    locked.value();
  }
};

/**
 * Puts a backup back into a home whose gateway is stopped: reads it whole, fills a new database of the engine that the settings name,
 * replays erasures, ends what was under way, checks everything, and only then lets it take the place of what was there, which
 * is kept aside. Null when the person did not want it. A crash at any moment leaves the old home or the new one.
 */
export const restoreHome = async (wish: RestoreWish): Promise<Result<RestoreReport | null>> =>
  withVault(wish, (vault) => restoreWith(wish, vault));
