import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { instantOf } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { openAuditLog } from "../../../packages/storage/src/audit/index.ts";
import { leafLine, readLogLine } from "../../../packages/storage/src/audit/log-line.ts";
import { fill, filledLog, linesOf } from "../../../packages/storage/src/audit/testing/filled-log.ts";
import type { TestOptions } from "../../../packages/storage/src/audit/testing/filled-log.ts";
import { fileOf, must, ownFolder } from "../../../packages/storage/src/audit/testing/open-test-log.ts";

const DAY = 24 * 3_600_000;

/** A log whose first records are hashes since two prunings, closed in order. */
const pruned = async () => {
  const { options, log } = await filledLog(300);
  const first = must(await log.list(1, 1))[0]?.at;
  if (first === undefined) throw new Error("no record");
  const after = (days: number) => instantOf(Date.parse(first) + days * DAY);
  expect(must(await log.prune(after(0.5)))).toBe(100);
  await fill(log, options, 300, 320);
  expect(must(await log.prune(after(1.5)))).toBe(100);
  const head = must(await log.head());
  await log.close();
  return { options, head };
};

const asLeaf = (line: string): string => {
  const read = readLogLine(Buffer.from(line));
  if (typeof read === "string" || read.kind === "head") throw new Error("no record stands there");
  return leafLine(read);
};
const placeOf = (lines: readonly string[], sequence: number): number =>
  lines.findIndex((line) => {
    const read = readLogLine(Buffer.from(line));
    return typeof read !== "string" && read.kind !== "head" && read.sequence === sequence;
  });

/** Opens a log of these lines, checkpoint beside it or not, and checks the whole: whether anybody would notice. */
const isNoticed = async (options: TestOptions, lines: readonly string[], checkpoint: boolean): Promise<boolean> => {
  const copy = { ...options, directory: ownFolder() };
  cpSync(options.directory, copy.directory, { recursive: true });
  writeFileSync(fileOf(copy), `${lines.join("\n")}\n`);
  if (!checkpoint) rmSync(`${copy.directory}/checkpoint.json`, { force: true });
  const opened = await openAuditLog(copy);
  if (!opened.ok) return true;
  const report = must(await opened.value.verify());
  await opened.value.close();
  return !report.ok;
};

describe("a log that retention shortened", { timeout: 30_000 }, () => {
  it("shows every record more that somebody replaced by its hash, wherever it stands, with its checkpoint or without", async () => {
    const { options } = await pruned();
    const lines = linesOf(options);
    const saved = readFileSync(fileOf(options));
    for (const checkpoint of [true, false]) {
      expect(await isNoticed(options, lines, checkpoint)).toBe(false);
      for (const [from, to] of [
        [200, 201],
        [200, 230],
        [200, 301],
        [200, 325],
        [250, 251],
        [300, 301],
      ] as const) {
        const changed = [...lines];
        for (let sequence = from; sequence < to; sequence += 1) {
          const place = placeOf(changed, sequence);
          const line = changed[place];
          if (line === undefined || line.startsWith('{"leaf"')) continue;
          changed[place] = asLeaf(line);
        }
        if (changed.join() === lines.join()) throw new Error("nothing was changed");
        expect(await isNoticed(options, changed, checkpoint), `${String(from)}..${String(to)}`).toBe(true);
      }
    }
    expect(readFileSync(fileOf(options)).equals(saved)).toBe(true);
  });

  it("shows that its end was cut, in every place behind the prunings", async () => {
    const { options } = await pruned();
    const lines = linesOf(options);
    for (let keep = placeOf(lines, 299); keep < lines.length; keep += 1)
      for (const checkpoint of [true, false]) {
        const left = lines.slice(0, keep);
        if (lines.slice(keep).every((line) => line.startsWith('{"head"'))) continue;
        expect(await isNoticed(options, left, checkpoint), `${String(keep)} of ${String(lines.length)}`).toBe(true);
      }
  });
});
