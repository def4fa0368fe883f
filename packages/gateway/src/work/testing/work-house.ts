import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OutboxId, PrincipalId, TenantId, err, instantOf, moltbotError, ok } from "@moltbot/contracts";
import type {
  AccessScope,
  AuditEvent,
  AuditRecord,
  DomainEvent,
  Instant,
  Job,
  LogPort,
  OutboxItem,
  Result,
  Store,
} from "@moltbot/contracts";
import { createContentSealer, createIds, sha256 } from "@moltbot/storage/crypto";
import { openDatabase } from "@moltbot/storage/database";
import { createEventBus } from "../../event-bus.ts";
import type { JobHandler } from "../job-handler.ts";
import type { WorkPorts } from "../work-ports.ts";

/** The value, or the test fails with the error's own words. */
export const must = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
};

/** Waits until it is so; fails loudly when it never is. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 400; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error("it never came to be");
};

export const at = (text: string): Instant => instantOf(Date.parse(text));

const ids = createIds();
/** Whoever owns the work in these tests. */
export const owner: AccessScope = { tenantId: ids.next(TenantId), principalId: ids.next(PrincipalId), reach: "own" };
export const system: AccessScope = { ...owner, reach: "system" };

/** A real database in a temporary folder, a clock that is moved by hand, and a log that may refuse. */
export const openWorkHouse = async (start = "2026-11-22T12:00:00.000Z") => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-work-"));
  const time = { now: Date.parse(start) };
  const switches = { halted: false, auditFails: false, databaseFails: false };
  const said: { readonly level: string; readonly message: string; readonly fields: unknown }[] = [];
  const say =
    (level: string): LogPort["info"] =>
    (message, fields) =>
      void said.push({ level, message, fields });
  const log: LogPort = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  const clock = { now: () => instantOf(time.now), monotonic: () => performance.now() };
  const records: AuditEvent[] = [];
  const record = async (event: AuditEvent): Promise<Result<AuditRecord>> => {
    if (switches.auditFails) return err(moltbotError("AUDIT_UNWRITABLE"));
    records.push(event);
    const { event: name, actor, fields } = event;
    return ok({ sequence: records.length - 1, at: clock.now(), event: name, actor, fields, commitments: {} });
  };
  const refused = async (): Promise<Result<never>> =>
    err(moltbotError("AUDIT_UNWRITABLE", { problem: "this test asks for records alone" }));
  const audit: WorkPorts["house"]["audit"] = {
    record,
    list: refused,
    query: refused,
    proveRecord: refused,
    proveSize: refused,
    prune: refused,
    head: refused,
    verify: refused,
    export: refused,
  };
  const events = createEventBus({ clock, ids, log });
  const heard: DomainEvent[] = [];
  events.subscribe((event) => void heard.push(event));
  const open = async (): Promise<Store & { close(): Promise<void> }> =>
    must(
      await openDatabase({
        file: join(folder, "moltbot.db"),
        key: new Uint8Array(32).fill(7),
        sealer: createContentSealer({
          find: (subject) => sha256(subject),
          findOrCreate: (subject) => ok(sha256(subject)),
        }),
        clock,
        log,
      }),
    );
  let database = await open();
  const store = new Proxy({} as Store, {
    get: (_target, name): unknown =>
      switches.databaseFails && name === "atomically"
        ? async () => err(moltbotError("DATABASE_UNAVAILABLE", { problem: "busy" }))
        : Reflect.get(database, name),
  });
  const ports: WorkPorts = {
    house: { store, audit, events, clock, ids, log, halted: () => switches.halted },
    system,
    random: () => 0.5,
  };
  return {
    ports,
    store,
    time,
    switches,
    said,
    records,
    heard,
    events: (): readonly string[] => records.map(({ event }) => event),
    advance: (milliseconds: number): void => {
      time.now += milliseconds;
    },
    set: (text: string): void => {
      time.now = Date.parse(text);
    },
    /** As another process, after this one is gone. */
    crash: async (): Promise<void> => {
      await database.close();
      database = await open();
    },
    close: async (): Promise<void> => {
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
export type WorkHouse = Awaited<ReturnType<typeof openWorkHouse>>;

/** A handler that does what it is told, and counts. */
export const aHandler = (
  run: (job: Job, signal: AbortSignal) => Promise<Result<unknown>> = async () => ok(null),
  housekeeping = false,
): JobHandler & { readonly jobs: Job[] } => {
  const jobs: Job[] = [];
  return {
    housekeeping,
    jobs,
    run: (job, signal) => {
      jobs.push(job);
      return run(job, signal);
    },
  };
};

/** An effect of the owner's that waits to leave. */
export const anEffect = (now: Instant, change: Partial<OutboxItem> = {}): OutboxItem => ({
  id: ids.next(OutboxId),
  tenantId: owner.tenantId,
  ownerId: owner.principalId,
  conversationId: null,
  callId: null,
  kind: "test:send",
  payload: {},
  repeatable: false,
  state: "waiting",
  attempts: 0,
  problem: null,
  createdAt: now,
  updatedAt: now,
  ...change,
});
