import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import type { AuditReport } from "@moltbot/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openAuditLog, verifyExport } from "./index.ts";
import type { AuditDetailsRow } from "./index.ts";
import { openLogFile } from "./log-file.ts";
import type { LogFile } from "./log-file.ts";
import { leafHash } from "./merkle-tree.ts";
import { openAuditLogOn } from "./open-audit-log.ts";
import { fileOf, must, testOptions } from "./testing/open-test-log.ts";

type Options = ReturnType<typeof testOptions>;

/** A closed log of `count` records with several heads. `unsigned` leaves that many records after the last head. */
const written = async (count: number, unsigned = 0): Promise<Options> => {
  const options = testOptions();
  const files: LogFile[] = [];
  const open = async (path: string): Promise<LogFile> => {
    const file = await openLogFile(path);
    files.push(file);
    return file;
  };
  const log = must(await openAuditLogOn(open, options));
  for (let n = 0; n < count; n += 1) {
    options.clock.pass(n < count - unsigned ? 300 : 0);
    must(
      await log.record({ event: "tool:done", actor: "system", fields: { n, said: "übel" }, details: { to: `p${n}` } }),
    );
  }
  if (unsigned === 0) await log.close();
  else await Promise.all(files.map((file) => file.close())); // as if the process had died
  return options;
};

/** Opens and verifies; what either says about the log. */
const examine = async (
  options: Options,
): Promise<{ readonly opened: boolean; readonly report: AuditReport | string }> => {
  const log = await openAuditLog(options);
  if (!log.ok) return { opened: false, report: log.error.code };
  const report = must(await log.value.verify());
  await log.value.close();
  return { opened: true, report };
};

const isReported = ({ opened, report }: Awaited<ReturnType<typeof examine>>): boolean =>
  !opened ? report === "AUDIT_DAMAGED" : typeof report !== "string" && !report.ok;

const change = (options: Options, edit: (lines: string[]) => void): void => {
  const lines = readFileSync(fileOf(options), "utf8").trimEnd().split("\n");
  edit(lines);
  writeFileSync(fileOf(options), `${lines.join("\n")}\n`);
};

describe("a single flipped byte", () => {
  it.each([
    ["a closed log", 0],
    ["a log whose newest records no head covers yet", 4],
  ])("is reported anywhere in %s", { timeout: 60_000 }, async (_kind, unsigned) => {
    const options = await written(7, unsigned);
    const file = fileOf(options);
    const intact = readFileSync(file);
    const rows = [...options.details.rows];
    const acknowledged = options.details.acknowledgedRows;
    const flipAt = async (place: number, mask: number): Promise<void> => {
      const bytes = Buffer.from(intact);
      bytes.writeUInt8(bytes.readUInt8(place) ^ mask, place);
      writeFileSync(file, bytes);
      options.details.rows.splice(0, Infinity, ...rows);
      options.details.acknowledgedRows = acknowledged;
      rmSync(join(options.directory, "checkpoint.json"), { force: true }); // the round before may have left one
      expect(isReported(await examine(options)), `byte ${place} xor ${mask}`).toBe(true);
    };
    // The end of the file is where a change could pass for a torn write: every byte of it, then anywhere.
    for (let place = intact.length - 120; place < intact.length; place += 1) await flipAt(place, 1 + (place % 255));
    await flipAt(intact.length - 1, 0x80);
    await flipAt(intact.length - 1, 0x2a);
    await fc.assert(fc.asyncProperty(fc.nat(intact.length - 1), fc.integer({ min: 1, max: 255 }), flipAt), {
      numRuns: 150,
    });
    writeFileSync(file, intact);
    options.details.rows.splice(0, Infinity, ...rows);
    expect((await examine(options)).report).toMatchObject({ ok: true });
  });

  it("is reported anywhere in an export", async () => {
    const options = await written(6);
    const text = readFileSync(fileOf(options), "latin1");
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (place, mask) => {
        const bytes = Buffer.from(text, "latin1");
        bytes.writeUInt8(bytes.readUInt8(place) ^ mask, place);
        expect(verifyExport(bytes.toString("utf8"), null).ok).toBe(false);
      }),
      { numRuns: 600 },
    );
  });
});

describe("opening a log", () => {
  it.each([
    ["a beginning of a record", '{"record":{"actor":"sys'],
    ["one byte", "{"],
    ["zeros of a lost block", "\0".repeat(300)],
    ["bytes that are no text", "\u00ff\u00fe"],
  ])("drops %s at the end, says so and records it", async (_kind, torn) => {
    const options = await written(3);
    appendFileSync(fileOf(options), torn, "latin1");
    const log = must(await openAuditLog(options));
    expect(options.log.lines.at(-1)).toContain("warn the end of the audit log was repaired");
    expect(must(await log.list(1))[0]).toMatchObject({
      sequence: 3,
      event: "log:recovered",
      fields: { droppedBytes: torn.length, droppedRows: 0, mendedRows: 0 },
    });
    expect(must(await log.verify())).toMatchObject({ ok: true, records: 4 });
    await log.close();
    expect((await examine(options)).report).toMatchObject({ ok: true, records: 4 });
  });

  it("drops rows whose line the crash prevented, and refuses to explain many of them by a crash", async () => {
    const options = await written(3);
    const [row] = options.details.rows;
    const extra = (count: number): AuditDetailsRow[] =>
      Array.from({ length: count }, (_, i) => ({ leaf: "", subject: "system", sealed: null, ...row, sequence: 3 + i }));
    options.details.rows.push(...extra(512));
    const log = must(await openAuditLog(options));
    expect(must(await log.list(1))[0]?.fields).toEqual({ droppedBytes: 0, droppedRows: 512, mendedRows: 0 });
    await log.close();
    options.details.rows.push(...extra(600).map((one, i) => ({ ...one, sequence: 4 + i })));
    expect(await openAuditLog(options)).toMatchObject({
      ok: false,
      error: { code: "AUDIT_DAMAGED", context: { record: 4 } },
    });
    const accepted = must(await openAuditLog({ ...options, acceptLoss: true }));
    expect(must(await accepted.verify())).toMatchObject({ ok: true, records: 5 });
    await accepted.close();
  });

  it("refuses a database that is behind, unless its owner accepts the loss", async () => {
    const options = await written(6);
    options.details.rows.length = 2;
    expect(await openAuditLog(options)).toMatchObject({
      ok: false,
      error: { code: "DATABASE_BEHIND_AUDIT", context: { missing: 4 } },
    });
    const log = must(await openAuditLog({ ...options, acceptLoss: true }));
    expect(must(await log.list(1))[0]?.fields).toEqual({ droppedBytes: 0, droppedRows: 0, mendedRows: 4 });
    expect(options.details.rows[4]).toMatchObject({ subject: "system", sealed: null });
    expect(must(await log.verify())).toMatchObject({ ok: true, records: 7 });
    await log.close();
  });

  it("passes on a database that fails while it is aligned or compared", async () => {
    const options = await written(6, 2);
    const failing = { ok: false, error: { code: "DATABASE_UNAVAILABLE" } };
    const broken = async () => {
      const store = testOptions().details;
      store.failing = true;
      return store.range(0, 1);
    };
    expect(await openAuditLog({ ...options, details: { ...options.details, leaves: broken } })).toMatchObject(failing);
    const [row] = options.details.rows;
    if (row !== undefined) options.details.rows.push({ ...row, sequence: 6 });
    const truncate = async () => {
      const result = await broken();
      return result.ok ? { ok: true as const, value: undefined } : result;
    };
    expect(await openAuditLog({ ...options, details: { ...options.details, truncate } })).toMatchObject(failing);
    options.details.rows.length = 1;
    const mending = { ...options, acceptLoss: true, details: { ...options.details, put: truncate } };
    expect(await openAuditLog(mending)).toMatchObject(failing);
  });

  it("refuses a newest line that is no record, although the database knows its hash", async () => {
    const options = await written(3);
    const body = '{"z":1,"sequence":3}';
    const leaf = Buffer.from(leafHash(body)).toString("hex");
    appendFileSync(fileOf(options), `{"record":${body}}\n`);
    options.details.rows.push({ sequence: 3, subject: "system", sealed: null, leaf });
    expect(await openAuditLog(options)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
  });

  it("refuses a log of another vault, and one whose newest records the database knows otherwise", async () => {
    const options = await written(5, 3);
    expect(await openAuditLog({ ...options, signingSeed: testOptions().signingSeed })).toMatchObject({
      ok: false,
      error: { code: "AUDIT_DAMAGED" },
    });
    change(options, (lines) => lines.splice(-1, 1, (lines.at(-1) ?? "").replace('"n":4', '"n":5')));
    expect(await openAuditLog(options)).toMatchObject({
      ok: false,
      error: { code: "AUDIT_DAMAGED", context: { record: 4 } },
    });
  });
});

describe("verifying a log in place", () => {
  const open = async (options: Options) => must(await openAuditLog(options));
  const problems = async (log: Awaited<ReturnType<typeof open>>): Promise<string> =>
    must(await log.verify())
      .faults.map(({ record, problem }) => `${record}: ${problem}`)
      .join("; ");

  it("names the record that the database knows otherwise", async () => {
    const options = await written(6);
    const row = options.details.rows[2];
    if (row !== undefined) options.details.rows[2] = { ...row, leaf: "00".repeat(32) };
    const log = await open(options);
    expect(await problems(log)).toBe("2: the record is not the one that the database knows");
    await log.close();
  });

  it("notices rows that vanish or appear while it is open", async () => {
    const options = await written(3);
    const log = await open(options);
    options.details.rows.pop();
    expect(await problems(log)).toContain("the database knows 2 records and the log holds 3");
    await log.close();
  });

  it("notices a file that is cut short or swapped while it is open", async () => {
    const options = await written(4);
    const log = await open(options);
    const lines = readFileSync(fileOf(options), "utf8").split("\n");
    truncateSync(fileOf(options), Buffer.byteLength(`${lines[0]}\n`));
    expect(await problems(log)).toContain("the file holds 1 records and 4 were written");
    // The same number of bytes and records, consistently rewritten together with the database.
    const other = lines.join("\n").replaceAll('"n":3', '"n":4');
    writeFileSync(fileOf(options), other);
    expect(await problems(log)).toContain("were written since the start");
    await log.close();
  });

  it("notices a head that is taken away, a file that grew, and a last line that lost its end", async () => {
    const options = await written(9);
    const log = await open(options);
    const intact = readFileSync(fileOf(options), "utf8");
    const lines = intact.split("\n");
    lines.splice(
      lines.findIndex((line) => line.startsWith('{"head"')),
      1,
    );
    writeFileSync(fileOf(options), lines.join("\n"));
    expect(await problems(log)).toBe("null: the file is not as long as what was written to it");
    writeFileSync(fileOf(options), `${intact}x`);
    expect(await problems(log)).toBe("null: the file is not as long as what was written to it");
    writeFileSync(fileOf(options), intact.slice(0, -1));
    expect(await problems(log)).toContain("9: the line is not complete");
    expect(log.health()).toMatchObject({ state: "damaged", fault: { record: null } });
    writeFileSync(fileOf(options), intact);
    expect(await problems(log)).toBe("");
    // Once damaged, it stays so until somebody looked and started anew.
    expect(log.health().state).toBe("damaged");
    await log.close();
  });

  it("says that an old part cannot be read back instead of leaving it out", async () => {
    const options = testOptions();
    const log = await open(options);
    for (let round = 0; round < 6; round += 1) {
      await Promise.all(
        Array.from({ length: 500 }, () => log.record({ event: "a:b", actor: "system", fields: { round } })),
      );
    }
    const text = readFileSync(fileOf(options), "utf8");
    writeFileSync(fileOf(options), text.replace('"sequence":10}', '"sequence":1x}'));
    expect(await log.list(5, 13)).toMatchObject({
      ok: false,
      error: { code: "AUDIT_DAMAGED", context: { record: 10 } },
    });
    writeFileSync(fileOf(options), "x".repeat(text.length));
    expect(await log.list(5, 13)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    rmSync(fileOf(options));
    await log.close();
  });
});

describe("a log whose end was cut while nobody watched", () => {
  const records = (lines: readonly string[]): number => lines.filter((line) => line.startsWith('{"record"')).length;
  const cutTo = (options: Options, left: number): void =>
    change(options, (lines) => {
      while (records(lines) > left || !(lines.at(-1) ?? "").startsWith('{"record"')) lines.pop();
    });

  it.each([4, 3, 1])("after an orderly end is damaged, even by one record (%i of 5 left)", async (left) => {
    const options = await written(5);
    cutTo(options, left);
    expect(await examine(options)).toEqual({ opened: false, report: "AUDIT_DAMAGED" });
    expect(options.details.rows).toHaveLength(5);
  });

  it("after a crash may lack what the last flush wrote, and nothing before it", async () => {
    const last = await written(5, 5);
    cutTo(last, 4);
    expect((await examine(last)).opened).toBe(true);
    const more = await written(5, 5);
    cutTo(more, 3);
    expect(await examine(more)).toEqual({ opened: false, report: "AUDIT_DAMAGED" });
  });

  it("unplug: a database that forgets what was acknowledged lets the cut pass", async () => {
    const options = await written(5);
    cutTo(options, 2);
    rmSync(join(options.directory, "checkpoint.json")); // whoever can cut the log can take this away too
    const details = { ...options.details, acknowledged: async () => ok(0) };
    expect((await openAuditLog({ ...options, details })).ok).toBe(true);
  });
});
