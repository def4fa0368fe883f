/** A program for the crash tests: durable work over a real database, until somebody kills it. Its clock runs 300 times as fast. */
import { appendFileSync, existsSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  JobId,
  OutboxId,
  PrincipalId,
  ScheduleId,
  TenantId,
  err,
  instantOf,
  moltbotError,
  ok,
} from "@moltbot/contracts";
import type { AccessScope, AuditEvent, Instant, LogPort, OutboxItem } from "@moltbot/contracts";
import { createEventBus } from "../../packages/gateway/src/event-bus.ts";
import { startDurableWork } from "../../packages/gateway/src/work/durable-work.ts";
import type { Courier, JobHandler } from "../../packages/gateway/src/work/index.ts";
import type { WorkPorts } from "../../packages/gateway/src/work/work-ports.ts";
import { createContentSealer, createIds, sha256 } from "../../packages/storage/src/crypto/index.ts";
import { openDatabase, openPostgres } from "../../packages/storage/src/database/index.ts";
import { must, note, notes } from "../support/guard-house.ts";
import type { RoundPlace } from "./work-round.ts";

const SPEED = 300;
const START = Date.parse("2026-11-22T12:00:00.000Z");
const [folder = "", sink = "", mode = "", placeText = ""] = process.argv.slice(2);
const place = JSON.parse(placeText) as RoundPlace; // written by the round

interface Ground {
  readonly tenantId: string;
  readonly ownerId: string;
  readonly began: number;
}
const ids = createIds();
const groundFile = join(folder, "ground.json");
if (!existsSync(groundFile))
  writeFileSync(
    groundFile,
    JSON.stringify({
      tenantId: ids.next(TenantId),
      ownerId: ids.next(PrincipalId),
      began: Date.now(),
    } satisfies Ground),
  );
const ground = JSON.parse(readFileSync(groundFile, "utf8")) as Ground; // written above, before anything else
const owner: AccessScope = {
  tenantId: TenantId.parse(ground.tenantId),
  principalId: PrincipalId.parse(ground.ownerId),
  reach: "own",
};
const system: AccessScope = { ...owner, reach: "system" };
const clock = {
  now: (): Instant => instantOf(START + (Date.now() - ground.began) * SPEED),
  monotonic: () => performance.now(),
};
const say = (level: string) => (message: string, fields?: object) =>
  appendFileSync(join(folder, "log.txt"), `${level} ${message} ${JSON.stringify(fields ?? {})}\n`);
const log: LogPort = { debug: () => undefined, info: () => undefined, warn: say("warn"), error: say("error") };

/** Two processes derive the same keys. */
const sealer = createContentSealer({
  find: (subject) => sha256(subject),
  findOrCreate: (subject) => ok(sha256(subject)),
});
const database = must(
  await ("file" in place
    ? openDatabase({ ...place, key: new Uint8Array(32).fill(7), sealer, clock, log })
    : openPostgres({ ...place, sealer, clock, log })),
);
const unused = async () => err(moltbotError("AUDIT_UNWRITABLE"));
const record = async (event: AuditEvent) => {
  note(folder, "audit.jsonl", { event: event.event, ...event.fields });
  const { actor, fields } = event;
  return ok({ sequence: 0, at: clock.now(), event: event.event, actor, fields, commitments: {} });
};
const ports: WorkPorts = {
  house: {
    store: database,
    audit: {
      record,
      list: unused,
      query: unused,
      proveRecord: unused,
      proveSize: unused,
      prune: unused,
      head: unused,
      verify: unused,
      export: unused,
    },
    events: createEventBus({ clock, ids, log }),
    clock,
    ids,
    log,
    halted: () => false,
  },
  system,
  random: Math.random,
};

/** Every third job fails the first time. */
const handler: JobHandler = {
  housekeeping: false,
  run: async (job) => {
    note(folder, "world.jsonl", { jobId: job.id });
    await wait(2);
    const failsOnce = job.attempts === 1 && Number.parseInt(job.id.slice(-1), 16) % 3 === 0;
    return failsOnce ? err(moltbotError("CONFLICT", { kind: "test" })) : ok(null);
  },
};
const courier: Courier = {
  deliver: (item) =>
    new Promise((resolve) => {
      const sending = request(`${sink}/${item.id}`, { method: "POST" }, (response) => {
        response.resume();
        response.once("end", () => resolve({ kind: "sent" }));
      });
      sending.once("error", () => resolve({ kind: "retry", problem: "HOST_UNREACHABLE" }));
      sending.end();
    }),
};

if (must(await database.schedules.list(owner)).length === 0)
  must(
    await database.schedules.put(owner, {
      id: ids.next(ScheduleId),
      tenantId: owner.tenantId,
      ownerId: owner.principalId,
      name: "every minute",
      cron: "* * * * *",
      timeZone: "UTC",
      kind: "test:work",
      payload: {},
      missed: "run-once",
      active: true,
      nextAt: instantOf(START + 60_000),
      createdAt: instantOf(START),
    }),
  );
const work = await startDurableWork(ports, {
  handlers: new Map([["test:work", handler]]),
  couriers: new Map([["test:send", courier]]),
  backupCron: "",
});

const addJob = async (): Promise<void> => {
  const id = ids.next(JobId);
  const wish = { id, kind: "test:work", payload: { n: 1 }, runAt: clock.now(), mostAttempts: 50, key: null };
  must(await database.jobs.enqueue(owner, wish));
  note(folder, "jobs.jsonl", { jobId: id });
};
const addEffect = async (repeatable: boolean): Promise<void> => {
  const now = clock.now();
  const item: OutboxItem = {
    id: ids.next(OutboxId),
    tenantId: owner.tenantId,
    ownerId: owner.principalId,
    conversationId: null,
    callId: null,
    kind: "test:send",
    payload: { n: 1 },
    repeatable,
    state: "waiting",
    attempts: 0,
    problem: null,
    createdAt: now,
    updatedAt: now,
  };
  must(await database.outbox.put(owner, item));
  note(folder, "effects.jsonl", { outboxId: item.id, repeatable });
};

writeSync(1, "at work\n");
if (mode === "load")
  for (let at = 0; ; at += 1) {
    await Promise.all([addJob(), addEffect(at % 2 === 0)]);
    work.wake();
    await wait(15);
  }

/** Goes on until nothing is open, then switches the schedule off and writes down what stands in the database. */
const [schedule] = must(await database.schedules.list(owner));
if (schedule === undefined) throw new Error("the schedule is gone");
must(await database.schedules.put(owner, { ...schedule, active: false }));
const open = async (): Promise<number> =>
  must(await database.jobs.list(owner, "queued", 500)).length +
  must(await database.jobs.list(owner, "running", 500)).length +
  must(await database.outbox.list(owner, "waiting", 500)).length +
  must(await database.outbox.list(owner, "sending", 500)).length;
for (let tries = 0; (await open()) > 0; tries += 1) {
  if (tries > 600) throw new Error("work stays open");
  work.wake();
  await wait(50);
}
await work.close(1_000);
const done = {
  jobs: must(await database.jobs.list(owner, "all", 100_000)).map(({ id, state }) => ({ id, state })),
  firings: must(await database.schedules.firings(owner, schedule.id, 100_000)).map(({ at, state, jobId }) => ({
    at,
    state,
    jobId,
  })),
  effects: must(await database.outbox.list(owner, "all", 100_000)).map(({ id, state, repeatable }) => ({
    id,
    state,
    repeatable,
  })),
  ran: notes(folder, "world.jsonl").length,
};
writeFileSync(join(folder, "end.json"), JSON.stringify(done));
await database.close();
process.exit(0);
