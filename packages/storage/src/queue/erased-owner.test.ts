import { ok } from "@moltbot/contracts";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { createContentSealer, randomBytes } from "../crypto/index.ts";
import { openDatabase } from "../database/index.ts";
import type { Database } from "../database/index.ts";
import { aSchedule, aWish, anItem, second } from "./testing/work-engine.ts";
import { AT, codeOf, must, person, removeFolders, scopeOf, temporaryFile } from "./testing/world.ts";

const silent = () => undefined;
const ada = person();
const bob = person(ada.tenantId);
const tenant = { ...scopeOf(ada), reach: "tenant" as const };
const keys = new Map<string, Uint8Array>();
let db: Database;
beforeEach(async () => {
  keys.clear();
  const findOrCreate = (subject: string) => {
    const key = keys.get(subject) ?? randomBytes(32);
    keys.set(subject, key);
    return ok(key);
  };
  db = must(
    await openDatabase({
      file: temporaryFile(),
      key: new Uint8Array(32).fill(7),
      sealer: createContentSealer({ find: (subject) => keys.get(subject) ?? null, findOrCreate }),
      clock: { now: () => AT, monotonic: () => 0 },
      log: { debug: silent, info: silent, warn: silent, error: silent },
    }),
  );
});
afterEach(() => db.close());
afterAll(removeFolders);
const erase = (): void => void keys.delete(`person:${ada.id}`);

describe("an attacker with the database and without the key of an erased owner", () => {
  it("reads no payload, name, expression or reason of their work", async () => {
    must(await db.jobs.enqueue(scopeOf(ada), aWish({ key: "the name of a friend" })));
    const schedule = must(await db.schedules.put(scopeOf(ada), aSchedule(ada)));
    must(await db.outbox.put(scopeOf(ada), anItem(ada)));
    erase();
    for (const read of [
      await db.jobs.list(tenant, "all", 9),
      await db.schedules.list(tenant),
      await db.outbox.list(tenant, "all", 9),
    ])
      expect(codeOf(read)).toBe("CONTENT_UNREADABLE");
    expect(must(await db.schedules.firings(tenant, schedule.id, 9))).toEqual([]);
  });
});

describe("unplug: with the key still there, the same attacker reads everything", () => {
  it("so it is the key that hides it", async () => {
    must(await db.jobs.enqueue(scopeOf(ada), aWish()));
    expect(must(await db.jobs.list(tenant, "all", 9))).toMatchObject([
      { payload: { secretly: "the payload of a job" } },
    ]);
  });
});

describe("work whose owner was erased", () => {
  it("is taken back when its time comes, and holds up nobody else's", async () => {
    const hers = must(await db.jobs.enqueue(scopeOf(ada), aWish())).job;
    const his = must(await db.jobs.enqueue(scopeOf(bob), aWish())).job;
    must(await db.outbox.put(scopeOf(ada), anItem(ada)));
    const item = anItem(bob);
    must(await db.outbox.put(scopeOf(bob), item));
    erase();
    const leases = must(await db.jobs.claim(["test:work"], AT, second(60), 10));
    expect(leases.map(({ job }) => job.id)).toEqual([his.id]);
    expect(must(await db.outbox.take(AT, 10)).map(({ id }) => id)).toEqual([item.id]);
    // Neither comes again, also when every lease has run out.
    const later = must(await db.jobs.claim(["test:work"], second(99), second(199), 10));
    expect(later.map(({ job }) => job.id)).toEqual([his.id]);
    expect(must(await db.outbox.take(second(99), 10))).toEqual([]);
    expect(must(await db.jobs.cancel(tenant, hers.id))).toBe(false);
  });
});
