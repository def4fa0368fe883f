import { readdir, rm, stat } from "node:fs/promises";
import { isAbsolute, basename, dirname, join } from "node:path";
import { BackupId, err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  AuditPort,
  BackupInfo,
  BackupReport,
  ClockPort,
  EventBus,
  IdPort,
  LogPort,
  Result,
  Store,
} from "@moltbot/contracts";
import { createBackup, isPart, verifyBackup } from "@moltbot/storage/backup";
import type { BackupMade, Snapshot } from "@moltbot/storage/backup";
import type { Home } from "../home.ts";
import { peopleOf } from "../keep-house.ts";
import { backupFolder, copyName, isPresent, wasMadeByItself } from "./backup-place.ts";
import { sourceOf } from "./backup-source.ts";
import { copyKeyring } from "./copy-keyring.ts";

/** Who wants a backup, and how. */
export interface BackupWish {
  readonly kind: BackupInfo["kind"];
  /** Null or empty: the home's own. */
  readonly folder: string | null;
  /** Made by a schedule, and so to be removed by it. */
  readonly byItself?: boolean;
}

/** Backups as the operations and the schedule see them. */
export interface BackupDesk {
  /** Makes one while everything goes on, on record; one at a time. BACKUP_PLACE when it cannot be put there. */
  create(scope: AccessScope, wish: BackupWish): Promise<Result<BackupInfo>>;
  list(scope: AccessScope): Promise<Result<readonly BackupInfo[]>>;
  /** Reads one from end to end. */
  verify(file: string): Promise<Result<BackupReport>>;
  /** Removes the oldest of those that were made by themselves in this folder, so that `keep` are left. Returns how many went. */
  thinOut(scope: AccessScope, folder: string | null, keep: number): Promise<Result<number>>;
}

export interface BackupDeskPorts {
  readonly home: Pick<Home, "root" | "audit" | "vault">;
  readonly vault: { key(purpose: "backup"): Uint8Array; generation(): number };
  readonly database: { snapshot(): Promise<Result<Snapshot>> } & Pick<Store, "copies" | "people">;
  readonly audit: Pick<AuditPort, "record" | "head">;
  readonly events: Pick<EventBus, "publish">;
  readonly clock: ClockPort;
  readonly ids: IdPort;
  readonly log: LogPort;
}

const DAY = 86_400_000;

type Made = Omit<BackupInfo, "present">;
type Known = (made: Made) => Promise<Result<void>>;

/** The desk of one home. */
export const createBackupDesk = (ports: BackupDeskPorts): BackupDesk => {
  const { home, vault, database, audit, events, clock, ids, log } = ports;
  let turn: Promise<unknown> = Promise.resolve();

  /** One at a time: two would read everything twice and gain nothing. */
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  /** A moment of the database, and a log on the disk that reaches as far. */
  const moment = async (): Promise<Result<Snapshot>> => {
    const snapshot = await database.snapshot();
    if (!snapshot.ok) return snapshot;
    // Rows come before lines; a head is written when the lines of all earlier rows are.
    const head = await audit.head();
    if (head.ok) return snapshot;
    await snapshot.value.close();
    return head;
  };

  const writeBackup = async (id: BackupId, folder: string, byItself: boolean, known: Known): Promise<Result<Made>> => {
    const snapshot = await moment();
    if (!snapshot.ok) return snapshot;
    const at = clock.now();
    const generation = vault.generation();
    const file = join(folder, copyName(byItself ? "itself" : "person", at, id));
    const infoOf = ({ bytes, rows }: BackupMade): Made => ({ id, kind: "backup", file, at, bytes, rows, generation });
    const key = vault.key("backup");
    const made = await createBackup({
      file,
      key,
      header: { id, createdAt: at, generation },
      source: sourceOf(home, snapshot.value),
      known: (made) => known(infoOf(made)),
    });
    key.fill(0);
    return made.ok ? ok(infoOf(made.value)) : made;
  };

  const writeKeyring = async (id: BackupId, folder: string, known: Known): Promise<Result<Made>> => {
    const at = clock.now();
    const generation = vault.generation();
    const name = copyName("keyring", at, id);
    const infoOf = (bytes: number): Made => ({
      id,
      kind: "keyring",
      file: join(folder, name),
      at,
      bytes,
      rows: 0,
      generation,
    });
    const copied = await copyKeyring(home.vault, folder, name, async (bytes) => {
      const told = await known(infoOf(bytes));
      // An erasure that came in between has made its list of copies, and this one would hold what it destroyed.
      return told.ok && vault.generation() !== generation
        ? err(moltbotError("BACKUP_PLACE", { folder, problem: "the vault is being changed" }))
        : told;
    });
    return copied.ok ? ok(infoOf(copied.value)) : copied;
  };

  const create = async (scope: AccessScope, { kind, folder: wanted, byItself = false }: BackupWish) => {
    const folder = backupFolder(home, wanted);
    if (!folder.ok) return folder;
    const id = ids.next(BackupId);
    const actor = byItself ? "system" : scope.principalId;
    const begun = await audit.record({
      event: "backup:begun",
      actor,
      fields: { backup: id, kind },
      details: { folder: folder.value },
    });
    if (!begun.ok) return begun;
    await sweepParts(folder.value);
    const known: Known = (made) => database.copies.add(scope, made);
    const made =
      kind === "keyring"
        ? await writeKeyring(id, folder.value, known)
        : await writeBackup(id, folder.value, byItself, known);
    const fields = made.ok
      ? { backup: id, kind, bytes: made.value.bytes, rows: made.value.rows, generation: made.value.generation }
      : { backup: id, kind, code: made.error.code };
    const recorded = await audit.record({ event: made.ok ? "backup:made" : "backup:failed", actor, fields });
    if (!made.ok) return made;
    if (!recorded.ok) return recorded;
    const by = { id: scope.principalId, tenantId: scope.tenantId };
    events.publish(
      "backup:made",
      { tenantId: scope.tenantId, audience: await peopleOf(database, by, "keepers") },
      { id, kind },
    );
    return ok({ ...made.value, present: true });
  };

  /** What a kill left behind long ago; a younger one may belong to another home that puts its backups here. */
  const sweepParts = async (folder: string): Promise<void> => {
    try {
      for (const name of (await readdir(folder)).filter(isPart)) {
        const path = join(folder, name);
        if (Date.parse(clock.now()) - (await stat(path)).mtimeMs > DAY) await rm(path, { recursive: true });
      }
    } catch (cause) {
      log.warn("parts of backups could not be removed", { problem: cause instanceof Error ? cause.name : "unknown" });
    }
  };

  const list = async (scope: AccessScope): Promise<Result<readonly BackupInfo[]>> => {
    const listed = await database.copies.list(scope);
    return listed.ok ? ok(listed.value.map((copy) => ({ ...copy, present: isPresent(copy.file) }))) : listed;
  };

  return {
    create: (scope, wish) => inTurn(() => create(scope, wish)),
    list,
    verify: async (file) => {
      if (!isAbsolute(file))
        return err(moltbotError("REQUEST_INVALID", { path: "file", problem: "it is not an absolute path" }));
      const key = vault.key("backup");
      try {
        return await verifyBackup(file, key);
      } finally {
        key.fill(0);
      }
    },
    thinOut: async (scope, wanted, keep) => {
      const folder = backupFolder(home, wanted);
      if (!folder.ok) return folder;
      const listed = await list(scope);
      if (!listed.ok) return listed;
      const old = listed.value
        .filter(({ file, present }) => present && dirname(file) === folder.value && wasMadeByItself(basename(file)))
        .toSorted((a, b) => (a.at < b.at ? 1 : -1))
        .slice(keep);
      try {
        for (const { file } of old) await rm(file);
      } catch (cause) {
        if (!(cause instanceof Error && "code" in cause)) throw cause;
        return err(moltbotError("BACKUP_PLACE", { folder: folder.value, problem: String(cause.code) }));
      }
      if (old.length === 0) return ok(0);
      const recorded = await audit.record({
        event: "backup:thinned",
        actor: "system",
        fields: { removed: old.length },
      });
      return recorded.ok ? ok(old.length) : recorded;
    },
  };
};
