import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { instantOf } from "@moltbot/contracts";
import type { AuditEvent, ClockPort, LogPort, Result } from "@moltbot/contracts";
import { createExportVerifier, openAuditLog } from "@moltbot/storage/audit";
import type { AuditLog } from "@moltbot/storage/audit";
import { openDatabase } from "@moltbot/storage/database";
import { openVault } from "@moltbot/storage/vault";
import type { Figure } from "../result.ts";

/** How long the log is in the end, and over how many records appending is timed. */
const LONG = 1_000_000;
const APPENDED = 100_000;
const WARM_UP = 2_000;
/** How many callers wait at once; concurrent records share a flush. */
const LANES = 2_048;

const clock: ClockPort = { now: () => instantOf(Date.now()), monotonic: () => performance.now() };
const silent = (): void => undefined;
const log: LogPort = { debug: silent, info: silent, warn: silent, error: silent };

const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

/** What the guard records before a tool runs: ids in the clear, arguments sealed. */
const intent = (n: number): AuditEvent => ({
  event: "tool:intended",
  actor: `agent-${String(n % 7)}`,
  fields: {
    callId: `call-${String(n)}`,
    turnId: `turn-${String(Math.floor(n / 5))}`,
    conversationId: `conversation-${String(n % 40)}`,
    agentId: `agent-${String(n % 7)}`,
    tool: "files.write",
    rule: "granted",
    digest: "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456",
  },
  details: { arguments: `{"path":"note-${String(n)}.txt","text":"buy milk"}` },
  subject: `conversation:conversation-${String(n % 40)}`,
});

const append = async (audit: AuditLog, from: number, to: number): Promise<void> => {
  let next = from;
  const lane = async (): Promise<void> => {
    while (next < to) {
      next += 1;
      must(await audit.record(intent(next)));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
};

/** Vault, database and log of a folder, as the gateway opens them; `openMs` is what the log took of it. */
const open = async (folder: string) => {
  const vault = must(
    await openVault({
      directory: join(folder, "home", "vault"),
      keyFile: join(folder, "key"),
      passphrase: null,
      clock,
    }),
  );
  const database = must(
    await openDatabase({
      file: join(folder, "home", "moltbot.db"),
      key: vault.key("database"),
      sealer: vault.content,
      clock,
      log,
    }),
  );
  const began = performance.now();
  const audit = must(
    await openAuditLog({
      directory: join(folder, "home", "audit"),
      signingSeed: vault.auditSigningSeed,
      commitmentKey: vault.key("audit-commitments"),
      content: vault.content,
      details: database.auditDetails,
      clock,
      log,
    }),
  );
  const openMs = performance.now() - began;
  const close = async (): Promise<void> => {
    await audit.close();
    await database.close();
    await vault.close();
  };
  return { audit, openMs, close };
};

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
};

/** The same with a million records; takes minutes. */
export const measureMillionRecords = (): Promise<readonly Figure[]> => measureAudit(LONG);

/** Appends through the real vault and database; then opens, verifies, proves and asks a log of a million records. */
export const measureAudit = async (records = 100_000): Promise<readonly Figure[]> => {
  const timed = Math.min(APPENDED, records - WARM_UP);
  const folder = mkdtempSync(join(tmpdir(), "moltbot-bench-"));
  try {
    const first = await open(folder);
    await append(first.audit, 0, WARM_UP);
    const took = await seconds(() => append(first.audit, WARM_UP, WARM_UP + timed));
    await append(first.audit, WARM_UP + timed, records);
    await first.close();

    const again = await open(folder);
    const { audit } = again;
    // What opening did not read is read now; it is not what is measured here.
    while (audit.health().state === "checking") await setTimeout(20);
    const verified = await seconds(async () => {
      const report = must(await audit.verify());
      if (!report.ok || report.records < records) throw new Error(`the log does not verify: ${JSON.stringify(report)}`);
    });
    const pieces: Uint8Array[] = [];
    const head = must(await audit.exportTo(async (piece) => void pieces.push(piece)));
    const offline = await seconds(async () => {
      const verifier = createExportVerifier(head);
      for (const piece of pieces) verifier.push(piece);
      if (!verifier.finish().ok) throw new Error("the export does not verify");
    });
    await again.close();
    const many = `${records.toLocaleString("en")} records`;
    const share = records / LONG;
    const most = (name: string, value: number, unit: string, limit: number): Figure => ({
      name: `audit-verify: ${name}`,
      value,
      unit,
      limit,
      sense: "most",
      scaled: true,
    });
    return [
      {
        name: "audit-append: events with sealed details, durable, batched",
        value: timed / took,
        unit: "events/s",
        limit: 20_000,
        sense: "least",
        scaled: true,
      },
      most(`${many} against hashes, heads and database`, verified, "s", 10 * share),
      most(`an export of ${many}, offline`, offline, "s", 10 * share),
      most(`opening a log of ${many}`, again.openMs, "ms", 100),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
