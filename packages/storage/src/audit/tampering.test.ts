import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AuditHead } from "@moltbot/contracts";
import { instantOf } from "@moltbot/contracts";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { signerFromSeed } from "../crypto/index.ts";
import { createExportVerifier, openAuditLog, verifyExport } from "./index.ts";
import { headLine, recordLine } from "./log-line.ts";
import { createFrontier } from "./merkle-tree.ts";
import { changeLines, fill, filledLog, linesOf } from "./testing/filled-log.ts";
import type { TestOptions } from "./testing/filled-log.ts";
import { fileOf, must, testOptions } from "./testing/open-test-log.ts";
import { isSigned, signHead } from "./tree-head.ts";
import { verifyExportWith } from "./verify-export.ts";

/** What a bit error, a keyboard and an attacker would write in a byte's place. */
const MASKS = [0x01, 0x20, 0x80];
const PUT = ["\n", " ", `"`].map((text) => text.charCodeAt(0));

const verifyBytes = (bytes: Uint8Array, head: AuditHead): boolean => {
  const verifier = createExportVerifier(head);
  verifier.push(bytes);
  return verifier.finish().ok;
};

/** A small export, with a pruned beginning or none, and its last head as it was kept elsewhere. */
const smallExport = async (isPruned: boolean): Promise<{ readonly bytes: Buffer; readonly head: AuditHead }> => {
  const options = testOptions();
  const log = must(await openAuditLog(options));
  await fill(log, options, 0, 3);
  await fill(log, options, 3, 6);
  if (isPruned) expect(must(await log.prune(instantOf(Date.UTC(2026, 10, 23, 0))))).toBe(3);
  const head = must(await log.head());
  const bytes = Buffer.from(must(await log.export()));
  await log.close();
  return { bytes, head };
};

describe.each([
  ["a small export", false],
  ["a small export whose beginning is hashes alone", true],
])("%s", (_kind, isPruned) => {
  let bytes: Buffer;
  let head: AuditHead;
  let lines: string[];
  beforeAll(async () => {
    ({ bytes, head } = await smallExport(isPruned));
    lines = bytes.toString("utf8").split("\n").slice(0, -1);
  });
  const isReported = (changed: readonly string[], given: AuditHead | null = head): boolean =>
    !verifyExport(changed.map((line) => `${line}\n`).join(""), given).ok;

  it("verifies as it is", () => {
    expect(verifyBytes(bytes, head)).toBe(true);
    expect(isReported(lines)).toBe(false);
  });

  it("shows every change of a single byte", { timeout: 60_000 }, () => {
    for (let place = 0; place < bytes.length; place += 1) {
      const was = bytes.readUInt8(place);
      for (const now of [...MASKS.map((mask) => was ^ mask), ...PUT].filter((value) => value !== was)) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(now, place);
        if (verifyBytes(changed, head)) expect.fail(`byte ${String(place)} as ${String(now)} was not reported`);
      }
    }
  });

  it("shows every byte that is missing or too many", { timeout: 60_000 }, () => {
    for (let place = 0; place <= bytes.length; place += 1) {
      const [front, back] = [bytes.subarray(0, place), bytes.subarray(place)];
      const changed = PUT.map((byte) => Buffer.concat([front, Buffer.of(byte), back]));
      if (place < bytes.length) changed.push(Buffer.concat([front, back.subarray(1)]));
      for (const one of changed) {
        if (!one.equals(bytes) && verifyBytes(one, head)) expect.fail(`at byte ${String(place)} nothing was reported`);
      }
    }
  });

  it("shows every truncation", { timeout: 60_000 }, () => {
    for (let end = 0; end < bytes.length; end += 1) {
      if (verifyBytes(bytes.subarray(0, end), head)) expect.fail(`the end at ${String(end)} was not reported`);
      if (end > 0 && verifyBytes(bytes.subarray(end), head)) expect.fail(`the beginning at ${String(end)} was not`);
    }
  });

  it("shows every line that is missing, twice there, or in another's place", () => {
    for (let a = 0; a < lines.length; a += 1) {
      expect(isReported(lines.toSpliced(a, 1)), `line ${String(a)} missing`).toBe(true);
      expect(isReported(lines.toSpliced(a, 0, lines[a] ?? "")), `line ${String(a)} twice`).toBe(true);
      for (let b = a + 1; b < lines.length; b += 1) {
        const swapped = lines.with(a, lines[b] ?? "").with(b, lines[a] ?? "");
        expect(isReported(swapped), `lines ${String(a)} and ${String(b)}`).toBe(true);
        expect(isReported(lines.toSpliced(a, b - a)), `lines from ${String(a)} to ${String(b)}`).toBe(true);
      }
    }
  });

  it("unplug: without the last head, a shorter log that is signed anew passes", () => {
    const mallory = signerFromSeed(testOptions().signingSeed);
    const first = isPruned ? lines.slice(0, 0) : lines.slice(0, 2);
    const tree = createFrontier();
    for (const line of first) {
      const record = JSON.parse(line) as { record: Parameters<typeof recordLine>[0] }; // what the log wrote
      tree.append(recordLine(record.record).leaf);
    }
    const forged = [...first, headLine(signHead(mallory, first.length, tree.root(), head.at))];
    expect(isReported(forged, null)).toBe(false);
    expect(isReported(forged)).toBe(true);
  });

  it("unplug: without the check of signatures, a changed head passes", () => {
    const at = lines.length - 1;
    const changed = lines.with(at, (lines[at] ?? "").replace(/"at":"2026/, '"at":"2025'));
    expect(isReported(changed)).toBe(true);
    const text = changed.map((line) => `${line}\n`).join("");
    expect(verifyExportWith({ isSigned: () => true }, text, head).ok).toBe(true);
    expect(verifyExportWith({ isSigned }, text, head).ok).toBe(false);
  });
});

describe("a large export", () => {
  const RECORDS = 100_000;
  const signer = signerFromSeed(new Uint8Array(32).fill(7));
  let bytes: Buffer;
  let head: AuditHead;
  let starts: number[]; // where each line begins

  beforeAll(() => {
    const tree = createFrontier();
    const at = instantOf(Date.UTC(2026, 10, 22));
    const lines: string[] = [];
    for (let sequence = 0; sequence < RECORDS; sequence += 1) {
      const fields = { callId: `call-${String(sequence)}`, tool: "calc" };
      const { line, leaf } = recordLine({ sequence, at, event: "tool:done", actor: "agent", fields, commitments: {} });
      tree.append(leaf);
      lines.push(`${line}\n`);
    }
    head = signHead(signer, RECORDS, tree.root(), at);
    lines.push(`${headLine(head)}\n`);
    starts = [0];
    for (const line of lines) starts.push((starts.at(-1) ?? 0) + line.length);
    bytes = Buffer.from(lines.join(""));
  });

  const line = (at: number): Buffer => bytes.subarray(starts[at], starts[at + 1]);
  const rest = (at: number): Buffer => bytes.subarray(starts[at]);

  it("verifies as it is", { timeout: 60_000 }, () => {
    expect(verifyBytes(bytes, head)).toBe(true);
  });

  it("shows changes at random places: bytes, lines missing, lines exchanged, the end cut", { timeout: 180_000 }, () => {
    const place = fc.nat(RECORDS - 2);
    const damage = fc.oneof(
      fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ mask, at);
        return changed;
      }),
      place.map((at) => Buffer.concat([bytes.subarray(0, starts[at]), rest(at + 1)])),
      place.map((at) => Buffer.concat([bytes.subarray(0, starts[at]), line(at + 1), line(at), rest(at + 2)])),
      fc.nat(bytes.length - 1).map((end) => bytes.subarray(0, end)),
    );
    fc.assert(
      fc.property(damage, (changed) => {
        expect(verifyBytes(changed, head)).toBe(false);
      }),
      { numRuns: 12, seed: 5 },
    );
  });
});

describe("the log in place, with what the database knows of it", () => {
  interface Kept {
    readonly options: TestOptions;
    readonly bytes: Buffer;
    readonly rows: TestOptions["details"]["rows"];
    readonly acknowledged: number;
    readonly checkpoint: Buffer;
  }
  const keep = async (): Promise<Kept> => {
    const { options, log } = await filledLog(30);
    await fill(log, options, 30, 60);
    await fill(log, options, 60, 75);
    await log.close();
    return {
      options,
      bytes: readFileSync(fileOf(options)),
      rows: [...options.details.rows],
      acknowledged: options.details.acknowledgedRows,
      checkpoint: readFileSync(join(options.directory, "checkpoint.json")),
    };
  };
  /** Puts everything back, changes something, and says whether opening or verifying reports it. */
  const isReported = async (kept: Kept, change: (options: TestOptions) => void): Promise<boolean> => {
    const { options } = kept;
    writeFileSync(fileOf(options), kept.bytes);
    writeFileSync(join(options.directory, "checkpoint.json"), kept.checkpoint);
    options.details.rows.splice(0, Infinity, ...kept.rows);
    options.details.acknowledgedRows = kept.acknowledged;
    change(options);
    const log = await openAuditLog(options);
    if (!log.ok) return ["AUDIT_DAMAGED", "DATABASE_BEHIND_AUDIT"].includes(log.error.code);
    const report = must(await log.value.verify());
    await log.value.close();
    return !report.ok;
  };

  it("verifies as it is", async () => {
    expect(await isReported(await keep(), () => undefined)).toBe(false);
  });

  it("shows changed bytes at some hundred places", { timeout: 60_000 }, async () => {
    const kept = await keep();
    const step = Math.floor(kept.bytes.length / 250);
    for (let place = 3; place < kept.bytes.length; place += step) {
      const reported = await isReported(kept, (options) => {
        const changed = Buffer.from(kept.bytes);
        changed.writeUInt8(changed.readUInt8(place) ^ (1 + (place % 255)), place);
        writeFileSync(fileOf(options), changed);
      });
      expect(reported, `byte ${String(place)}`).toBe(true);
    }
  });

  it("shows every line that is missing or in its neighbour's place, heads too", { timeout: 60_000 }, async () => {
    const kept = await keep();
    const count = linesOf(kept.options).length;
    for (let at = 0; at < count; at += 1) {
      const missing = await isReported(kept, (options) => changeLines(options, (lines) => lines.splice(at, 1)));
      expect(missing, `line ${String(at)} missing`).toBe(true);
      if (at === 0) continue;
      const swapped = await isReported(kept, (options) =>
        changeLines(options, (lines) => lines.splice(at - 1, 2, lines[at] ?? "", lines[at - 1] ?? "")),
      );
      expect(swapped, `lines ${String(at - 1)} and ${String(at)}`).toBe(true);
    }
  });

  it("shows every row that is changed, missing or in its neighbour's place", { timeout: 60_000 }, async () => {
    const kept = await keep();
    for (let at = 0; at < kept.rows.length; at += 1) {
      const row = kept.rows[at];
      const next = kept.rows[at + 1];
      if (row === undefined) continue;
      const leaf = `${row.leaf.slice(0, at % 64)}${row.leaf[at % 64] === "0" ? "1" : "0"}${row.leaf.slice((at % 64) + 1)}`;
      const changed = await isReported(kept, ({ details }) => details.rows.splice(at, 1, { ...row, leaf }));
      expect(changed, `row ${String(at)}`).toBe(true);
      expect(await isReported(kept, ({ details }) => details.rows.splice(at, 1))).toBe(true);
      if (next === undefined) continue;
      const swap = ({ details }: TestOptions): unknown =>
        details.rows.splice(at, 2, { ...next, sequence: row.sequence }, { ...row, sequence: next.sequence });
      expect(await isReported(kept, (options) => void swap(options))).toBe(true);
    }
  });

  it("unplug: without rows and checkpoint, the newest records can be forged before a head covers them", async () => {
    const kept = await keep();
    const forge = (options: TestOptions): void =>
      changeLines(options, (lines) => {
        lines.pop(); // the head of the close
        lines.pop();
      });
    expect(await isReported(kept, forge)).toBe(true);
    const passes = !(await isReported(kept, (options) => {
      forge(options);
      rmSync(join(options.directory, "checkpoint.json"));
      options.details.rows.pop();
      options.details.acknowledgedRows = 0;
    }));
    expect(passes).toBe(true);
  });
});
