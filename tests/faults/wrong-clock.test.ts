import { mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  AgentId,
  CallId,
  ConversationId,
  JobId,
  ReminderId,
  ScheduleId,
  ToolName,
  instantOf,
  label,
  ok,
  ownScope,
} from "@moltbot/contracts";
import type { Conversation, Instant, Principal, Reminder, Schedule } from "@moltbot/contracts";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { House } from "../../packages/gateway/src/house.ts";
import { startReminderClock } from "../../packages/gateway/src/reminder-clock.ts";
import { startJobRunner } from "../../packages/gateway/src/work/job-runner.ts";
import { startScheduleClock } from "../../packages/gateway/src/work/schedule-clock.ts";
import { aHandler, openWorkHouse, owner, system, until } from "../../packages/gateway/src/work/testing/work-house.ts";
import type { WorkHouse } from "../../packages/gateway/src/work/testing/work-house.ts";
import { must, openGuardHouse } from "../support/guard-house.ts";
import { nextId, openStorage } from "../support/storage-house.ts";
import { fillHome, lookAt, newFolder, removeFolders, sayAndRecord } from "./filled-home.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const JUMPS = [
  ["five hours back", -5 * HOUR],
  ["three days forward", 3 * DAY],
] as const;
const BETWEEN = [
  ["while it runs", false],
  ["between two starts", true],
] as const;
const CASES = JUMPS.flatMap(([jump, by]) => BETWEEN.map(([when, restarts]) => [jump, when, by, restarts] as const));
afterAll(removeFolders);

describe("a clock that is set wrong", { timeout: 30_000 }, () => {
  let house: WorkHouse;
  beforeEach(async () => {
    house = await openWorkHouse("2026-11-22T12:00:30.000Z");
  });
  afterEach(() => house.close());
  const now = (): Instant => house.ports.house.clock.now();
  const settle = async (restarts: boolean): Promise<void> => {
    if (restarts) await house.crash();
  };

  it.each(CASES)(
    "%s, %s: no time of a schedule fires twice, none is lost without an account",
    async (_jump, _when, by, restarts) => {
      const schedule: Schedule = {
        id: nextId(ScheduleId),
        tenantId: owner.tenantId,
        ownerId: owner.principalId,
        name: "every hour",
        cron: "0 * * * *",
        timeZone: "UTC",
        kind: "test:work",
        payload: {},
        missed: "run-once",
        active: true,
        nextAt: instantOf(Date.parse("2026-11-22T13:00:00.000Z")),
        createdAt: now(),
      };
      must(await house.store.schedules.put(owner, schedule));
      const handlers = new Map([["test:work", aHandler()]]);
      let clock = startScheduleClock(house.ports, handlers, () => undefined);
      house.set("2026-11-22T13:00:01.000Z");
      await clock.wake();
      house.advance(by);
      if (restarts) {
        await clock.close();
        await settle(true);
        clock = startScheduleClock(house.ports, handlers, () => undefined);
      }
      await clock.wake();
      // And on through the hours, over the time that had been fired before.
      for (let hour = 0; hour < 8; hour += 1) {
        house.advance(HOUR);
        await clock.wake();
      }
      await clock.close();
      const firings = must(await house.store.schedules.firings(owner, schedule.id, 1_000));
      const times = firings.map(({ at }) => at);
      expect(new Set(times).size).toBe(times.length);
      const jobs = must(await house.store.jobs.list(owner, "all", 1_000));
      expect(jobs).toHaveLength(firings.filter(({ jobId }) => jobId !== null).length);
      // Every whole hour from the first look to the last one has its account, fired or missed.
      const sorted = times.toSorted();
      const [first = "", last = ""] = [sorted[0], sorted.at(-1)];
      expect(times).toHaveLength((Date.parse(last) - Date.parse(first)) / HOUR + 1);
      expect(Date.parse(now()) - Date.parse(last)).toBeLessThan(HOUR);
      if (by > 0) expect(firings.some(({ state }) => state === "missed")).toBe(true);
    },
  );

  it.each(CASES)(
    "%s, %s: a job that is due runs once, and one that is leased ends once",
    async (_jump, _when, by, restarts) => {
      const id = nextId(JobId);
      const wish = { id, kind: "test:work", payload: {}, runAt: now(), mostAttempts: 5, key: null };
      must(await house.store.jobs.enqueue(owner, wish));
      const [lease] = must(await house.store.jobs.claim(["test:work"], now(), instantOf(house.time.now + 60_000), 1));
      if (lease === undefined) throw new Error("nothing was due");
      house.advance(by);
      await settle(restarts);
      const handler = aHandler();
      const runner = startJobRunner(house.ports, new Map([["test:work", handler]]));
      // A lease of this process that the clock does not end is still held: its holder ends it.
      if (!restarts && by < 0) must(await house.store.jobs.complete(lease));
      else await until(async () => must(await house.store.jobs.find(owner, id)).state === "done");
      expect(must(await house.store.jobs.complete(lease).then((late) => ok(late.ok)))).toBe(false);
      await runner.close(0);
      expect(handler.jobs.length).toBe(!restarts && by < 0 ? 0 : 1);
      expect(must(await house.store.jobs.find(owner, id))).toMatchObject({ state: "done" });
    },
  );

  it.each(CASES)("%s, %s: a reminder fires once, and says when it is late", async (_jump, _when, by, restarts) => {
    const principal: Principal = {
      id: owner.principalId,
      tenantId: owner.tenantId,
      kind: "person",
      name: "Ada",
      role: "owner",
    };
    must(await house.store.identity.createPerson(principal));
    const conversation: Conversation = {
      id: nextId(ConversationId),
      agentId: nextId(AgentId),
      ownerId: principal.id,
      audience: [],
      title: "",
      heads: { main: null },
      activeHead: "main",
      createdAt: now(),
      updatedAt: now(),
    };
    must(await house.store.conversations.create(owner, conversation));
    const reminder: Reminder = {
      id: nextId(ReminderId),
      ownerId: principal.id,
      agentId: conversation.agentId,
      conversationId: conversation.id,
      callId: nextId(CallId),
      text: "stretch",
      dueAt: instantOf(house.time.now + 60_000),
      state: "scheduled",
      createdAt: now(),
      firedAt: null,
      label: label("authority", [principal.id]),
    };
    must(await house.store.reminders.create(owner, reminder));
    const start = () => startReminderClock(house.ports.house as House, system); // it uses what durable work has too
    let clock = start();
    const fired = async () => {
      clock.wake();
      await clock.close();
      clock = start();
      const path = must(await house.store.conversations.path(owner, conversation.id, "main", 100));
      return path.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "reminder" ? [part.late] : [])));
    };
    house.advance(by);
    await settle(restarts);
    expect(await fired()).toEqual(by > 0 ? [true] : []);
    house.advance(by > 0 ? -DAY : 5 * HOUR + 61_000);
    expect(await fired()).toEqual([by > 0]);
    house.advance(DAY);
    await settle(restarts);
    expect(await fired()).toEqual([by > 0]);
    await clock.close();
  });
});

describe("a clock that is set wrong under the storage and the guard", { timeout: 30_000 }, () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-11-22T12:00:00.000Z") });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const jump = (by: number): void => void vi.setSystemTime(Date.now() + by);

  it.each(CASES)(
    "%s, %s: the audit log keeps its order and verifies, and every record says the time that the clock showed",
    async (_jump, _when, by, restarts) => {
      const { house: first, ...filled } = await fillHome(newFolder());
      let house = first;
      const before = must(await house.audit.list(1))[0];
      jump(by);
      if (restarts) {
        await house.close();
        house = must(await openStorage(filled.folder, null));
      }
      must(await sayAndRecord(house, filled, "after the jump"));
      const after = must(await house.audit.list(1))[0];
      expect(after?.sequence).toBe((before?.sequence ?? 0) + 1);
      expect(Date.parse(after?.at ?? "") - Date.parse(before?.at ?? "")).toBe(by);
      expect(must(await house.audit.verify()).ok).toBe(true);
      await house.close();
      expect(await lookAt(filled)).toMatchObject({ opened: true, codes: [], silentlyLost: [] });
    },
  );

  it.each(CASES)("%s, %s: a sign-in link opens once", async (_jump, _when, by, restarts) => {
    const { house: first, ...filled } = await fillHome(newFolder());
    let house = first;
    const person = { principalId: filled.owner.ownerId, strong: true, usedAt: null };
    const links = ["used", "unused"].map((verifier) => ({
      ...person,
      verifier,
      expiresAt: instantOf(Date.now() + 60_000),
    }));
    for (const link of links) must(await house.database.identity.createSignInLink(link));
    expect(must(await house.database.identity.useSignInLink("used", house.clock.now(), "any"))).not.toBeNull();
    jump(by);
    if (restarts) {
      await house.close();
      house = must(await openStorage(filled.folder, null));
    }
    const use = async (verifier: string) =>
      must(await house.database.identity.useSignInLink(verifier, house.clock.now(), "any"));
    expect(await use("used")).toBeNull();
    const opened = await use("unused");
    if (by > 0) expect(opened).toBeNull();
    expect(await use("unused")).toBeNull();
    await house.close();
  });

  it.each(CASES)(
    "%s, %s: an approval is refused by name while the clock is in doubt, and its call runs at most once",
    async (_jump, _when, by, restarts) => {
      const folder = newFolder();
      mkdirSync(join(folder, "home"), { recursive: true });
      let ran = 0;
      const open = () =>
        openGuardHouse({
          folder,
          manifest: {
            name: ToolName.parse("world.write"),
            version: 1,
            title: "Write into the world",
            description: "",
            effect: "commit",
            permissions: ["world:write"],
            input: z.strictObject({ text: z.string() }),
            critical: ["text"],
            result: "context",
            undo: "irreversible",
            repeatable: false,
          },
          act: async () => {
            ran += 1;
          },
        });
      let house = await open();
      const call = house.callOf({ text: "as the model asked" }, "untrusted");
      await house.queueTurn(call);
      const verdict = must(await house.guard.consider(house.scope, call, []));
      if (verdict.kind !== "ask") throw new Error("it does not ask");
      const approval = must(await house.guard.ask(house.scope, call, verdict));
      jump(by);
      if (restarts) {
        await house.memory.close();
        house = await open();
      }
      expect(house.scope).toEqual(ownScope(house.owner));
      const answered = await house.guard.answer(
        house.owner,
        approval.id,
        { answer: "allow", scope: "once" },
        "session",
      );
      // A question from the future is as little to be trusted as one that is too old: a clock in doubt refuses.
      expect(answered.ok ? "ok" : answered.error.code).toBe("APPROVAL_EXPIRED");
      for (let n = 0; n < 3; n += 1) await house.attempt(call);
      expect(ran).toBe(0);
      jump(-by);
      const again = await house.guard.answer(house.owner, approval.id, { answer: "allow", scope: "once" }, "session");
      for (let n = 0; n < 3; n += 1) await house.attempt(call);
      // What was refused while the clock stood in the future stays refused; what it was set back from was not, and runs.
      expect([again.ok, ran]).toEqual([true, by > 0 ? 0 : 1]);
      expect(must(await house.memory.audit.verify()).ok).toBe(true);
      await house.memory.close();
    },
  );
});
