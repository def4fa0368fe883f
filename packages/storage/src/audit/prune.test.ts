import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { instantOf, ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { createContentSealer } from "../crypto/index.ts";
import { openAuditLog, verifyExport, verifyProof } from "./index.ts";
import type { AuditLog } from "./index.ts";
import { openLogFile } from "./log-file.ts";
import type { LogFile } from "./log-file.ts";
import { leafLine, parseLogLine } from "./log-line.ts";
import { openAuditLogOn } from "./open-audit-log.ts";
import { fileDetails } from "./testing/file-details.ts";
import { changeLines, checkedInBackground, fill, filledLog, linesOf } from "./testing/filled-log.ts";
import type { TestOptions } from "./testing/filled-log.ts";
import { fileOf, fragileFile, handClock, keptLog, must, ownFolder, testOptions } from "./testing/open-test-log.ts";
import { verifyExportWith } from "./verify-export.ts";

const START = Date.UTC(2026, 10, 22, 12);
/** The instant at which the record `n` of a filled log was written; a hundred share it. */
const dayOf = (n: number): number => START + Math.floor(n / 100) * 24 * 3_600_000;
const before = (n: number) => instantOf(dayOf(n));

const lineOf = (lines: readonly string[], sequence: number): number =>
  lines.findIndex((line) => line.endsWith(`"sequence":${String(sequence)}}}`));

/** Puts the hash of a record in its place, as an attacker would who wants it forgotten. */
const hide = (lines: string[], sequence: number): void => {
  const at = lineOf(lines, sequence);
  const read = parseLogLine(lines[at] ?? "");
  if (typeof read === "string" || read.kind === "head") throw new Error("not a record");
  lines.splice(at, 1, leafLine(read));
};

const pruned = async (count = 250): Promise<{ readonly options: TestOptions; readonly log: AuditLog }> => {
  const { options, log } = await filledLog(500);
  expect(must(await log.prune(before(count)))).toBe(Math.floor(count / 100) * 100);
  return { options, log };
};

describe("retention", () => {
  it("drops the bodies of the old records, keeps their hashes, and says so on record", async () => {
    const { options, log } = await filledLog(500);
    const kept = must(await log.head());
    const proof = must(await log.proveRecord(40));
    const size = statSync(fileOf(options)).size;
    expect(must(await log.prune(before(200)))).toBe(200);
    expect(statSync(fileOf(options)).size).toBeLessThan(size);
    expect(statSync(fileOf(options)).mode & 0o777).toBe(0o600);
    const text = readFileSync(fileOf(options), "utf8");
    expect(text).not.toContain('"callId":"call-199"');
    expect(text).toContain('"callId":"call-200"');
    expect(must(await log.list(1))[0]).toMatchObject({ event: "log:pruned", fields: { records: 200 } });
    expect(
      must(await log.list(1_000))
        .map(({ sequence }) => sequence)
        .at(-1),
    ).toBe(200);
    expect(must(await log.list(5, 100))).toEqual([]);
    expect(must(await log.query({ decision: "call-199" }, 5))).toEqual([]);
    expect(must(await log.query({ decision: "call-200" }, 5))).toHaveLength(1);
    // The rows keep what proves that log and database belong together, and nothing else.
    expect(
      options.details.rows.slice(0, 200).every(({ sealed, subject }) => sealed === null && subject === "system"),
    ).toBe(true);
    expect(options.details.rows.slice(200).some(({ sealed }) => sealed !== null)).toBe(true);
    // Every head and proof from before stays valid.
    expect(verifyProof(proof)).toBeNull();
    const again = must(await log.proveRecord(40));
    expect(verifyProof(again)).toBeNull();
    expect(again).toMatchObject({ leaf: proof.kind === "inclusion" ? proof.leaf : "" });
    expect(verifyProof(must(await log.proveSize(500)), { head: kept })).toBeNull();
    expect(must(await log.verify())).toMatchObject({ ok: true, records: 501 });
    expect(verifyExport(must(await log.export()), kept)).toMatchObject({ ok: true, records: 501, faults: [] });
    must(await log.record({ event: "a:b", actor: "x", fields: {} }));
    await log.close();

    for (const readWhole of [0, 1_000]) {
      const reopened = must(await openAuditLog({ ...options, readWhole }));
      expect(must(await reopened.verify())).toMatchObject({ ok: true, records: 502 });
      expect((await checkedInBackground(reopened)).state).toBe("sound");
      expect(must(await reopened.list(3, 202)).map(({ sequence }) => sequence)).toEqual([201, 200]);
      await reopened.close();
    }
  });

  it("goes on from where it was, and does nothing when nothing is old enough", async () => {
    const { log } = await pruned();
    const size = log.size();
    expect(must(await log.prune(before(250)))).toBe(0);
    expect(log.size()).toBe(size);
    const both = await Promise.all([log.prune(before(300)), log.prune(before(400))]);
    expect(both.map(must)).toEqual([100, 100]);
    expect(must(await log.verify()).ok).toBe(true);
    // Whatever the clock says, the record that allows it stays.
    expect(must(await log.prune(instantOf(START + 10 ** 12)))).toBeGreaterThan(0);
    expect(must(await log.list(10)).map(({ event }) => event)).toEqual(["log:pruned"]);
    const report = must(await log.verify());
    expect(report).toMatchObject({ ok: true, faults: [] });
    expect(verifyExport(must(await log.export()), must(await log.head())).ok).toBe(true);
    await log.close();
  });

  it("drops a beginning alone: after the first record that is young enough nothing, however old its time", async () => {
    const options = testOptions();
    const log = must(await openAuditLog(options));
    await fill(log, options, 0, 200);
    options.clock.pass(-10 * 24 * 3_600_000);
    await fill(log, options, 200, 300);
    expect(must(await log.prune(before(100)))).toBe(100);
    await log.close();
  });

  it("goes on while records flow, and lets questions that were asked before read what they began to read", async () => {
    const { options, log } = await filledLog(2_000);
    const [count, report, , found] = await Promise.all([
      log.prune(before(1_000)),
      log.verify(),
      fill(log, options, 2_000, 2_600),
      log.query({ decision: "call-1999" }, 5),
    ]);
    expect(must(count)).toBe(1_000);
    expect(must(report)).toMatchObject({ ok: true, faults: [] });
    expect(must(found)).toHaveLength(1);
    expect(must(await log.verify())).toMatchObject({ ok: true, records: 2_601 });
    await log.close();
  });

  it("leaves a log alone that does not verify: it is evidence", async () => {
    const { options, log } = await filledLog(500);
    changeLines(options, (lines) => {
      const at = lineOf(lines, 450);
      lines.splice(at, 1, (lines[at] ?? "").replace("call-450", "call-999"));
    });
    const damaged = linesOf(options);
    expect(await log.prune(before(200))).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    expect(linesOf(options)).toEqual(damaged);
    expect(existsSync(`${fileOf(options)}.new`)).toBe(false);
    await log.close();
    const other = await filledLog(300);
    changeLines(other.options, (lines) => lines.splice(250, 1, "x".repeat((lines[250] ?? "").length)));
    expect(await other.log.prune(before(200))).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    await other.log.close();
  });

  it("leaves the log as it was on a disk that is full, and refuses everything when the exchange fails half-way", async () => {
    const { options, log } = await filledLog(300);
    await log.close();
    const faults = { append: false, place: false };
    const open = async (path: string): Promise<LogFile> => {
      const file = await openLogFile(path);
      return {
        ...file,
        succeed: async () => {
          const successor = await file.succeed();
          return {
            ...successor,
            append: async (bytes) => (faults.append ? Promise.reject(new Error("full")) : successor.append(bytes)),
            takePlace: async () => {
              await successor.takePlace();
              if (faults.place) throw new Error("the folder could not be synced");
            },
          };
        },
      };
    };
    const again = must(await openAuditLogOn(open, options));
    faults.append = true;
    expect(await again.prune(before(200))).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    expect(must(await again.verify()).ok).toBe(true);
    faults.append = false;
    faults.place = true;
    expect(await again.prune(before(200))).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    expect(await again.record({ event: "a:b", actor: "x", fields: {} })).toMatchObject({ ok: false });
    await again.close();
    const third = must(await openAuditLog(options));
    expect(must(await third.verify()).ok).toBe(true);
    expect(must(await third.prune(before(200)))).toBe(0);
    await third.close();
  });

  it("says why when the database, the disk or the record refuses", async () => {
    const { options, log } = await filledLog(300);
    options.details.failing = true;
    expect(await log.prune(before(100))).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    options.details.failing = false;
    const original = { ...options.details };
    options.details.forget = async (size) => {
      options.details.failing = true;
      const answer = await original.forget(size);
      options.details.failing = false;
      return answer;
    };
    expect(await log.prune(before(100))).toMatchObject({ ok: false, error: { code: "DATABASE_UNAVAILABLE" } });
    options.details.forget = async (size) => original.forget(size);
    expect(must(await log.prune(before(100)))).toBe(0);
    expect(options.details.rows[0]?.sealed).toBeNull();
    await log.close();
    expect(await log.prune(before(200))).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    const fragile = fragileFile();
    const broken = must(await openAuditLogOn(fragile.open, options));
    fragile.faults.read = true;
    expect(await broken.prune(before(200))).toMatchObject({ ok: false, error: { code: "AUDIT_UNWRITABLE" } });
    fragile.faults.read = false;
    await broken.close();
  });

  it("is refused to everybody else: no other room can put the words of the log on record", async () => {
    const { log } = await filledLog(3);
    for (const event of ["log:pruned", "log:recovered", "audit:damaged"]) {
      expect(await log.record({ event, actor: "system", fields: { records: 2 } })).toMatchObject({
        ok: false,
        error: { code: "AUDIT_UNWRITABLE" },
      });
    }
    await log.close();
  });
});

describe("a record that an attacker replaced by its hash", () => {
  it.each([200, 201, 350, 499, 500])("is reported when retention did not take it (%i of 501)", async (sequence) => {
    const { options, log } = await pruned();
    const head = must(await log.head());
    const jsonl = must(await log.export());
    await log.close();
    const lines = jsonl.trimEnd().split("\n");
    hide(lines, sequence);
    expect(verifyExport(`${lines.join("\n")}\n`, head)).toMatchObject({ ok: false });
    expect(verifyExport(`${lines.join("\n")}\n`, null)).toMatchObject({ ok: false });
    changeLines(options, (stored) => hide(stored, sequence));
    expect(await openAuditLog(options)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
  });

  it("is reported in a log that never dropped anything, and when the record that allows it goes with it", async () => {
    const { log } = await filledLog(20);
    const head = must(await log.head());
    const lines = must(await log.export())
      .trimEnd()
      .split("\n");
    for (let at = 0; at < 20; at += 1) {
      hide(lines, at);
      const { faults } = verifyExport(`${lines.join("\n")}\n`, head);
      expect(faults[0]?.problem).toContain("no record says that it was to be so");
    }
    await log.close();
    const second = await pruned();
    const all = must(await second.log.export())
      .trimEnd()
      .split("\n");
    for (let at = 200; at <= 500; at += 1) hide(all, at);
    expect(verifyExport(`${all.join("\n")}\n`, must(await second.log.head()))).toMatchObject({ ok: false });
    await second.log.close();
  });

  it("unplug: a verifier that takes any hash for a record lets it pass", async () => {
    const { log } = await filledLog(20);
    const head = must(await log.head());
    const lines = must(await log.export())
      .trimEnd()
      .split("\n");
    for (let at = 0; at < 15; at += 1) hide(lines, at);
    const text = `${lines.join("\n")}\n`;
    expect(verifyExport(text, head).ok).toBe(false);
    expect(verifyExportWith({ allowance: () => Number.MAX_SAFE_INTEGER }, text, head).ok).toBe(true);
    await log.close();
  });
});

describe("a log whose process was killed while it pruned", () => {
  const child = fileURLToPath(new URL("./testing/prune-until-killed.ts", import.meta.url));

  /** Runs the child until it said so much, kills it at once; what it had said. */
  const pruneAndKill = async (directory: string, after: number): Promise<string[]> => {
    const running = spawn(process.execPath, [child, directory], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    let errors = "";
    running.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      running.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        if (said.split("\n").filter((line) => line.startsWith("pruned")).length > after) running.kill("SIGKILL");
      });
      running.once("exit", (code) => (code === null ? resolve() : reject(new Error(errors))));
    });
    return said.split("\n").slice(0, -1);
  };

  it(
    "holds every acknowledged record or its hash, and verifies, after each of several kills",
    { timeout: 60_000 },
    async () => {
      const folder = ownFolder();
      const directory = join(folder, "audit");
      mkdirSync(directory, { mode: 0o700 });
      let now = START;
      let most = 0;
      for (const after of [0, 1, 3, 7, 12]) {
        writeFileSync(join(folder, "clock"), String(now));
        const said = await pruneAndKill(directory, after);
        now = Number(said.at(-1)?.split(" ")[2] ?? now) + 1_000;
        for (const line of said) {
          const [word, count] = line.split(" ");
          if (word === "recorded") most = Math.max(most, Number(count));
        }
        const key = new Uint8Array(32).fill(3);
        const log = must(
          await openAuditLog({
            directory,
            signingSeed: key,
            commitmentKey: key,
            content: createContentSealer({ find: () => key, findOrCreate: () => ok(key) }),
            details: fileDetails(join(folder, "rows.jsonl")),
            clock: handClock(),
            log: keptLog(),
          }),
        );
        expect(log.size()).toBeGreaterThan(most);
        expect(must(await log.verify())).toMatchObject({ ok: true, faults: [] });
        expect(verifyExport(must(await log.export()), must(await log.head()))).toMatchObject({ ok: true });
        expect(existsSync(join(directory, "log.jsonl.new"))).toBe(false);
        await log.close();
      }
      expect(
        linesOf({ ...testOptions(), directory }).filter((line) => line.startsWith('{"leaf"')).length,
      ).toBeGreaterThan(0);
    },
  );
});
