import { JobId, OutboxId, PrincipalId, ScheduleId, TenantId, instantOf } from "@moltbot/contracts";
import type { Firing, Job, OutboxItem, Schedule } from "@moltbot/contracts";
import { afterEach, describe, expect, it, vi } from "vitest";
import { run } from "../testing/run.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const id = (digit: number): string => `01930000-0000-7000-8000-00000000000${String(digit)}`;
const owned = {
  tenantId: TenantId.parse(id(1)),
  ownerId: PrincipalId.parse(id(2)),
  createdAt: instantOf(Date.UTC(2026, 10, 22, 12)),
  updatedAt: instantOf(Date.UTC(2026, 10, 22, 12)),
};
const job: Job = {
  ...owned,
  id: JobId.parse(id(3)),
  kind: "backup:create",
  payload: {},
  state: "dead",
  runAt: owned.createdAt,
  attempts: 5,
  mostAttempts: 5,
  problem: "BACKUP_PLACE",
};
const { updatedAt: _unused, ...scheduled } = owned;
const schedule: Schedule = {
  ...scheduled,
  id: ScheduleId.parse(id(4)),
  name: "audit head\u200b",
  cron: "0 * * * *",
  timeZone: "Europe/Berlin",
  kind: "audit:head",
  payload: {},
  missed: "run-once",
  active: true,
  nextAt: null,
};
const firing: Firing = {
  scheduleId: schedule.id,
  at: owned.createdAt,
  state: "unknown",
  jobId: job.id,
  settledAt: null,
  problem: "TOOL_OUTCOME_UNKNOWN",
};
const item: OutboxItem = {
  ...owned,
  id: OutboxId.parse(id(5)),
  conversationId: null,
  callId: null,
  kind: "telegram:send",
  payload: {},
  repeatable: false,
  state: "unknown",
  attempts: 1,
  problem: null,
};

describe("jobs", () => {
  it("lists them, and what gave up with the reason", async () => {
    const all = await run(["jobs"], { "GET /v2/jobs?state=all&limit=50": { json: [job] } });
    expect(all.out).toMatch(/backup:create +dead .* 5 of 5 +BACKUP_PLACE/);
    const dead = await run(["jobs", "--dead"], { "GET /v2/jobs?state=dead&limit=50": { json: [] } });
    expect(dead.out).toBe("Nothing gave up.\n");
  });

  it("takes one up again", async () => {
    const done = await run(["jobs", "retry", job.id], {
      [`POST /v2/jobs/${job.id}/retry`]: { json: { ...job, state: "queued" } },
    });
    expect(done.out).toBe("✓ backup:create is taken up again\n");
  });

  it("prints one JSON value when asked", async () => {
    const done = await run(["jobs", "--json", "--limit", "7"], { "GET /v2/jobs?state=all&limit=7": { json: [job] } });
    expect(JSON.parse(done.out)).toEqual([job]);
  });
});

describe("schedules", () => {
  it("lists them with their times, every character visible", async () => {
    const done = await run(["schedules"], {
      "GET /v2/schedules": { json: [schedule, { ...schedule, active: false }] },
    });
    expect(done.out).toMatch(/audit head\\u200b +0 \* \* \* \* +Europe\/Berlin +audit:head +-\n/);
    expect(done.out).toMatch(/ off\n$/);
  });

  it("accounts for every time", async () => {
    const done = await run(["schedules", "firings", schedule.id], {
      [`GET /v2/schedules/${schedule.id}/firings?limit=50`]: { json: [firing] },
    });
    expect(done.out).toMatch(/unknown +- +0193.* +TOOL_OUTCOME_UNKNOWN/);
  });
});

describe("outbox", () => {
  it("shows what nobody knows", async () => {
    const done = await run(["outbox", "--state", "unknown"], {
      "GET /v2/outbox?state=unknown&limit=50": { json: [item] },
    });
    expect(done.out).toMatch(/telegram:send +unknown .* 1 +no +-\n/);
  });
});
