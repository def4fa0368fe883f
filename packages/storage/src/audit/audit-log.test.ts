import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { AuditRecord, err, moltbotError, ok } from "@moltbot/contracts";
import type { AuditEvent } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { commitmentOf } from "./commit-details.ts";
import { openAuditLog, verifyExport } from "./index.ts";
import { openAuditLogOn } from "./open-audit-log.ts";
import { fileOf, fragileFile, must, testOptions } from "./testing/open-test-log.ts";

const event = (n: number): AuditEvent => ({ event: "tool:intended", actor: "system", fields: { n } });
const many = (from: number, to: number): AuditEvent[] => Array.from({ length: to - from }, (_, i) => event(from + i));
const unwritable = { ok: false, error: { code: "AUDIT_UNWRITABLE" } };

describe("the audit log", () => {
  it("keeps records in order and gives them back newest first", async () => {
    const log = must(await openAuditLog(testOptions()));
    const records = await Promise.all(many(0, 50).map((one) => log.record(one)));
    expect(records.map((record) => must(record).sequence)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(must(await log.list(3)).map(({ fields }) => fields)).toEqual([{ n: 49 }, { n: 48 }, { n: 47 }]);
    expect(must(await log.list(2, 10)).map(({ sequence }) => sequence)).toEqual([9, 8]);
    expect(must(await log.list(5, 2)).map(({ sequence }) => sequence)).toEqual([1, 0]);
    expect(must(await log.list(0))).toEqual([]);
    expect(must(await log.list(5, 0))).toEqual([]);
    expect(must(await log.list(2, 1_000_000)).map(({ sequence }) => sequence)).toEqual([49, 48]);
    expect(log.size()).toBe(50);
    await log.close();
  });

  it("writes canonical lines that only this user can read", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    const record = must(await log.record({ event: "a:b", actor: "x", fields: { z: 1, a: "ü", m: null, b: true } }));
    const [line = ""] = readFileSync(fileOf(options), "utf8").split("\n");
    expect(line).toBe(
      '{"record":{"actor":"x","at":"2026-11-22T12:00:00.000Z","commitments":{},"event":"a:b","fields":{"a":"ü","b":true,"m":null,"z":1},"sequence":0}}',
    );
    expect(AuditRecord.parse(record)).toEqual(record);
    expect(statSync(fileOf(options)).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(fileOf(options))).mode & 0o777).toBe(0o700);
    await log.close();
  });

  it("commits to details by a keyed salted hash and keeps them sealed beside the log", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    const wish = { ...event(0), subject: "person:1", details: { host: "canary.example", path: "/\ud800x" } };
    const first = must(await log.record(wish));
    const second = must(await log.record(wish));
    expect(first.commitments["host"]).not.toBe(second.commitments["host"]);
    expect(readFileSync(fileOf(options), "utf8")).not.toContain("canary");
    const [row] = options.details.rows;
    expect(Buffer.from(row?.sealed ?? []).toString("latin1")).not.toContain("canary");
    const opened = must(options.content.open(["person:1"], "audit:0", row?.sealed ?? new Uint8Array()));
    const kept = JSON.parse(opened) as Record<string, { salt: string; value: string }>; // the shape that sealing wrote
    expect(kept["path"]?.value).toBe("/\ufffdx");
    for (const [name, { salt, value }] of Object.entries(kept)) {
      expect(commitmentOf(options.commitmentKey, name, salt, value)).toBe(first.commitments[name]);
    }
    expect(options.content.open(["person:1"], "audit:1", row?.sealed ?? new Uint8Array()).ok).toBe(false);
    await log.close();
  });

  it("stays valid when a subject's key is erased", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    must(await log.record({ ...event(0), subject: "person:1", details: { to: "someone" } }));
    options.keys.delete("person:1");
    expect(must(await log.verify())).toMatchObject({ ok: true, records: 1, faults: [] });
    await log.close();
  });

  it("seals details of nobody in particular for the system", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    must(await log.record({ ...event(0), details: { to: "x" } }));
    expect([...options.keys.keys()]).toEqual(["system"]);
    expect(options.details.rows[0]?.subject).toBe("system");
    await log.close();
  });

  it("refuses an event that has no JSON text, and goes on with the next", async () => {
    const log = must(await openAuditLog(testOptions()));
    const [bad, good] = await Promise.all([
      log.record({ event: "a:b", actor: "x", fields: { n: Number.NaN } }),
      log.record({ event: "a:\udfff", actor: "x", fields: { "\ud800": "\ud800" } }),
    ]);
    expect(bad).toMatchObject(unwritable);
    expect(must(good)).toMatchObject({ sequence: 0, event: "a:\ufffd", fields: { "\ufffd": "\ufffd" } });
    expect(must(await log.verify()).ok).toBe(true);
    await log.close();
  });

  it("signs a head at most once a second while records flow, and at the close", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    const heads = (): number => readFileSync(fileOf(options), "utf8").split('{"head"').length - 1;
    for (const one of many(0, 5)) must(await log.record(one));
    expect(heads()).toBe(1);
    options.clock.pass(999);
    must(await log.record(event(5)));
    expect(heads()).toBe(1);
    options.clock.pass(1);
    must(await log.record(event(6)));
    expect(heads()).toBe(2);
    must(await log.record(event(7)));
    await log.close();
    await log.close();
    expect(heads()).toBe(3);
    expect(await log.record(event(8))).toMatchObject(unwritable);
    expect(await log.head()).toMatchObject(unwritable);
    expect(await log.export()).toMatchObject(unwritable);
    expect(await log.verify()).toMatchObject(unwritable);
  });

  it("hands out a head that an export verifies against, and adds no head where nothing was added", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    await Promise.all(many(0, 20).map((one) => log.record(one)));
    const head = must(await log.head());
    const size = statSync(fileOf(options)).size;
    expect(must(await log.head()).size).toBe(20);
    expect(statSync(fileOf(options)).size).toBe(size);
    await Promise.all(many(20, 33).map((one) => log.record(one)));
    const text = must(await log.export());
    expect(verifyExport(text, head)).toMatchObject({ ok: true, records: 33, faults: [] });
    expect(text.trimEnd().split("\n").at(-1)).toContain('"size":33');
    await log.close();
  });

  it("refuses an export that is too long for one text, and gives it in pieces", async () => {
    const options = testOptions();
    const log = must(await openAuditLog({ ...options, longestExport: 2_000 }));
    await Promise.all(many(0, 20).map((one) => log.record(one)));
    expect(await log.export()).toMatchObject({ ok: false, error: { code: "EXPORT_TOO_LARGE" } });
    const pieces: Uint8Array[] = [];
    const head = must(await log.exportTo(async (piece) => void pieces.push(piece)));
    expect(verifyExport(Buffer.concat(pieces).toString(), head)).toMatchObject({ ok: true, records: 20 });
    await log.close();
    expect(await log.exportTo(async () => undefined)).toMatchObject(unwritable);
  });

  it("exports and verifies while it is empty", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    expect(must(await log.verify())).toMatchObject({ ok: true, records: 0, head: null });
    expect(must(await log.list(10))).toEqual([]);
    const text = must(await log.export());
    expect(verifyExport(text, must(await log.head()))).toMatchObject({ ok: true, records: 0 });
    await log.close();
    const again = must(await openAuditLog(options));
    must(await again.record(event(0)));
    expect(must(await again.verify()).ok).toBe(true);
    await again.close();
  });

  it("continues after a restart and reads back beyond its memory", async () => {
    const options = testOptions();
    const first = must(await openAuditLog(options));
    for (let from = 0; from < 4_500; from += 300) {
      await Promise.all(many(from, from + 300).map((one) => first.record(one)));
      options.clock.pass(400);
    }
    const old = must(await first.list(5, 40)).map(({ fields }) => fields["n"]);
    expect(old).toEqual([39, 38, 37, 36, 35]);
    const head = must(await first.head());
    await first.close();

    const second = must(await openAuditLog(options));
    expect(second.size()).toBe(4_500);
    must(await second.record(event(4_500)));
    for (const [limit, before] of [
      [7, 1],
      [1_200, 4_501],
      [50, 3_520],
      [3, 2_000],
      [4_501, 4_501],
    ] as const) {
      const expected = Array.from({ length: Math.min(limit, before) }, (_, i) => before - 1 - i);
      expect(must(await second.list(limit, before)).map(({ fields }) => fields["n"])).toEqual(expected);
    }
    expect(verifyExport(must(await second.export()), head)).toMatchObject({ ok: true, records: 4_501 });
    expect(must(await second.verify())).toMatchObject({ ok: true, records: 4_501 });
    await second.close();
  });

  it("verifies while records flow", async () => {
    const log = must(await openAuditLog(testOptions()));
    const flowing = Promise.all(many(0, 2_000).map((one) => log.record(one)));
    const reports = [await log.verify(), await log.verify()];
    await flowing;
    reports.push(await log.verify());
    expect(reports.map((report) => must(report).ok)).toEqual([true, true, true]);
    await log.close();
  });
});

describe("the audit log on a failing disk", () => {
  const opened = async () => {
    const options = testOptions();
    const disk = fragileFile();
    const log = must(await openAuditLogOn(disk.open, options));
    must(await log.record(event(0)));
    return { options, disk, log };
  };

  it.each(["append", "sync"] as const)(
    "refuses everything from a failed %s until it is opened again",
    async (fault) => {
      const { options, disk, log } = await opened();
      disk.faults.leaveBytes = 25;
      disk.faults[fault] = true;
      expect(await Promise.all([log.record(event(1)), log.record(event(2))])).toMatchObject([unwritable, unwritable]);
      disk.faults[fault] = false;
      expect(await log.record(event(3))).toMatchObject(unwritable);
      expect(await log.head()).toMatchObject(unwritable);
      expect(await log.export()).toMatchObject(unwritable);
      expect(log.size()).toBe(1);
      expect(must(await log.list(9)).map(({ fields }) => fields)).toEqual([{ n: 0 }]);
      await log.close();
      expect(options.log.lines.join()).toContain("refuses everything");

      const again = must(await openAuditLog(options));
      expect(must(await again.verify()).ok).toBe(true);
      const kept = must(await again.list(9)).map(({ event: name }) => name);
      // Nobody was told of the two, so either end is right; but a torn line is never kept.
      expect(kept).toEqual(
        fault === "append" ? ["log:recovered", "tool:intended"] : ["tool:intended", "tool:intended", "tool:intended"],
      );
      await again.close();
    },
  );

  it("refuses while the database refuses, and recovers with it", async () => {
    const { options, log } = await opened();
    options.details.failing = true;
    expect(await log.record(event(1))).toMatchObject(unwritable);
    expect(await log.verify()).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
    options.details.failing = false;
    expect(must(await log.record(event(2))).sequence).toBe(1);
    expect(must(await log.verify()).ok).toBe(true);
    await log.close();
  });

  it("refuses when the details cannot be sealed", async () => {
    const options = testOptions();
    const content = { ...options.content, seal: () => err(moltbotError("VAULT_LOCKED")) };
    const log = must(await openAuditLog({ ...options, content }));
    expect(await log.record({ ...event(0), details: { a: "b" } })).toMatchObject(unwritable);
    expect(must(await log.record(event(1))).sequence).toBe(0);
    await log.close();
  });

  it("answers every caller when a port breaks its promise and throws", async () => {
    const options = testOptions();
    const thrown: unknown[] = [new Error("a bug"), "not even an error"];
    for (const cause of thrown) {
      const details = {
        ...options.details,
        put: async () => {
          throw cause;
        },
      };
      const log = must(await openAuditLog({ ...testOptions(), details }));
      expect(await Promise.all([log.record(event(0)), log.record(event(1))])).toMatchObject([unwritable, unwritable]);
      expect(await log.record(event(2))).toMatchObject(unwritable);
      await log.close();
    }
  });

  it("says so when a page of the database cannot be read in the middle of a verification", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    await Promise.all(many(0, 1_001).map((one) => log.record(one)));
    const { rows } = options.details;
    for (const failAt of [0, 1_000]) {
      options.details.range = async (from, to) =>
        from >= failAt ? err(moltbotError("DATABASE_UNAVAILABLE")) : ok(rows.slice(from, to));
      expect(await log.verify()).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
    }
    await log.close();
  });

  it("refuses to verify and to list what it cannot read", async () => {
    const { disk, log } = await opened();
    disk.faults.read = true;
    expect(await log.verify()).toMatchObject(unwritable);
    disk.faults.read = false;
    await log.close();
  });

  it("cannot be opened where the file cannot be opened or read", async () => {
    const refused = await openAuditLog({ ...testOptions(), directory: "/dev/null/audit" });
    expect(refused).toMatchObject(unwritable);
    const { options, disk, log } = await opened();
    await log.close();
    disk.faults.read = true;
    expect(await openAuditLogOn(disk.open, options)).toMatchObject(unwritable);
    const cause: unknown = "not even an error";
    const odd = openAuditLogOn(async () => {
      throw cause;
    }, options);
    expect(await odd).toMatchObject(unwritable);
  });

  it("cannot be opened without the database, nor when the recovery cannot be recorded", async () => {
    const { options, disk, log } = await opened();
    await log.close();
    options.details.failing = true;
    expect(await openAuditLog(options)).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
    options.details.failing = false;
    const extra = options.details.rows[0];
    if (extra !== undefined) options.details.rows.push({ ...extra, sequence: 1 });
    disk.faults.append = true;
    expect(await openAuditLogOn(disk.open, options)).toMatchObject(unwritable);
  });
});
