import { err, moltbotError, ok } from "@moltbot/contracts";
import type {
  AuditDetailsReader,
  AuditEvent,
  AuditHead,
  AuditPort,
  AuditRecord,
  AuditReport,
  Result,
} from "@moltbot/contracts";
import { exportPieces } from "./export-log.ts";
import { createLogWriter, unwritable } from "./log-writer.ts";
import type { AuditLogPorts, AuditLogState, LogWriter } from "./log-writer.ts";
import { openDetails } from "./open-details.ts";
import { proveRecord, proveSize } from "./prove.ts";
import type { Snapshot } from "./prove.ts";
import { createPrune } from "./prune-log.ts";
import { queryLog } from "./query-log.ts";
import { placeOf, readRecords } from "./read-records.ts";
import { createTiles } from "./tiles.ts";
import type { Tiles } from "./tiles.ts";
import { verifyLog } from "./verify-log.ts";
import { watchHealth } from "./watch-health.ts";
import type { AuditHealth } from "./watch-health.ts";

/** What only the log itself says: the verifier rests on it, so nobody else may. */
const OWN_EVENTS = ["log:", "audit:"];

/** A longer text cannot be made, nor sent as one answer. */
const LONGEST_EXPORT = 256 * 1024 * 1024;

/** The open log. */
export interface AuditLog extends AuditPort, AuditDetailsReader {
  /** Signs a last head and lets go of the file; everything after it is refused. */
  close(): Promise<void>;
  /** How many records are durable. */
  size(): number;
  /** The newest head in the file, null before the first: what a person is shown at sign-in. Costs nothing. */
  lastHead(): AuditHead | null;
  /** The export in pieces of whole lines, for a log that is too long to be one text; returns the head that it ends with. */
  exportTo(take: (piece: Uint8Array) => Promise<void>): Promise<Result<AuditHead>>;
  /** What the check at the start, the one in the background and `verify` found. */
  health(): AuditHealth;
}

/** The log and what only opening may ask of it. */
export interface OpenedLog extends AuditLog {
  /** Records what only the log itself says. */
  recordOwn(event: AuditEvent): Promise<Result<AuditRecord>>;
}

const list = async (writer: LogWriter, limit: number, before: number): Promise<Result<readonly AuditRecord[]>> => {
  const { size, hashes, tail } = writer.now();
  const to = Math.max(hashes, Math.min(Math.floor(before), size));
  const from = Math.max(hashes, to - Math.max(0, Math.floor(limit)));
  const first = size - tail.length;
  const newer = tail.slice(Math.max(0, from - first), Math.max(0, to - first));
  if (from >= Math.min(to, first)) return ok(newer.toReversed());
  const older = await writer.reading(
    async () => writer.now().bytes,
    async (held, end) => readRecords(held, end, from, Math.min(to, first)),
  );
  return older.ok ? ok([...older.value, ...newer].toReversed()) : older;
};

const proving = async <T>(
  writer: LogWriter,
  tiles: Tiles,
  work: (snapshot: Snapshot) => Promise<Result<T>>,
): Promise<Result<T>> =>
  writer.reading(
    async () => ({ head: await writer.writeHead(), bytes: writer.now().bytes }),
    async (held, { head, bytes }) => (head.ok ? work({ file: held, bytes, head: head.value, tiles }) : head),
  );

/** The log over a file that opening has checked. */
export const createAuditLog = (ports: AuditLogPorts, found: AuditLogState): OpenedLog => {
  const { file, log, details } = ports;
  const writer = createLogWriter(ports, found);
  const tiles = createTiles();
  const prune = createPrune(ports, writer);
  const health = watchHealth(log, writer.now().size - found.unread);
  let isClosing = false;

  const verifyAll = async (isBackground: boolean): Promise<Result<AuditReport | null>> =>
    writer.reading(
      async () => {
        const { size, bytes } = writer.now();
        const isKnown = writer.state() !== "poisoned";
        const rows = await details.highest();
        return { size, bytes, rows, onDisk: isKnown ? await file.size() : null, root: isKnown ? writer.root() : null };
      },
      async (held, known) => {
        tiles.restart();
        const report = await verifyLog({ ...ports, file: held }, known, {
          leaf: ({ sequence, leaf }) => tiles.append(sequence, leaf),
          next: (checked) => {
            if (isBackground) health.checking(checked);
            return !(isBackground && isClosing);
          },
        });
        if (!report.ok || report.value === null) return report;
        if (report.value.ok) health.sound(report.value.records);
        else health.damaged(report.value.faults, report.value.records);
        return report;
      },
    );

  /** What opening took from a checkpoint is read now, while others work. Damage is put on record: nobody may be looking. */
  const verifyInBackground = async (): Promise<void> => {
    const report = await verifyAll(true);
    if (!report.ok && !isClosing) {
      log.error("the audit log could not be checked after the start", { code: report.error.code });
    }
    const { fault } = health.health();
    if (!report.ok || report.value === null || fault === null) return;
    const fields = { record: fault.record, code: fault.code, faults: report.value.faults.length };
    await writer.record({ event: "audit:damaged", actor: "system", fields });
  };
  if (found.unread > 0) {
    health.checking(writer.now().size - found.unread);
    setImmediate(() => void verifyInBackground());
  }

  const exportTo: AuditLog["exportTo"] = async (take) =>
    writer.reading(
      async () => ({ head: await writer.writeHead(), bytes: writer.now().bytes }),
      async (held, { head, bytes }) => {
        if (!head.ok) return head;
        for await (const piece of exportPieces(held, bytes, head.value)) await take(piece);
        return head;
      },
    );

  return {
    size: () => writer.now().size,
    lastHead: () => writer.now().lastHead,
    health: health.health,
    recordOwn: async (event) => writer.record(event),
    record: async (event) =>
      OWN_EVENTS.some((prefix) => event.event.startsWith(prefix)) ? unwritable() : writer.record(event),
    list: async (limit, before = writer.now().size) => list(writer, limit, before),
    query: async (query, limit, before) =>
      writer.reading(
        async () => writer.now().bytes,
        async (held, end) =>
          queryLog(held, before === undefined ? end : await placeOf(held, end, before), query, limit),
      ),
    proveRecord: async (sequence) => proving(writer, tiles, async (snapshot) => proveRecord(snapshot, sequence)),
    proveSize: async (size) => proving(writer, tiles, async (snapshot) => proveSize(snapshot, size)),
    prune,
    detailsOf: (records) => openDetails(ports, records),
    head: async () => writer.exclusively(async () => writer.writeHead()),
    verify: async () => {
      const report = await verifyAll(false);
      if (!report.ok) return report;
      return report.value === null ? unwritable() : ok(report.value);
    },
    exportTo,
    export: async () => {
      const most = ports.longestExport ?? LONGEST_EXPORT;
      if (writer.now().bytes > most) return err(moltbotError("EXPORT_TOO_LARGE", { most }));
      const pieces: Uint8Array[] = [];
      const exported = await exportTo(async (piece) => void pieces.push(piece));
      return exported.ok ? ok(Buffer.concat(pieces).toString("utf8")) : exported;
    },
    close: async () => {
      isClosing = true;
      await writer.close();
    },
  };
};
