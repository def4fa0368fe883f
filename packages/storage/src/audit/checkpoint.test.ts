import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkpointStore } from "./checkpoint.ts";
import { openAuditLog } from "./index.ts";
import { openLogFile } from "./log-file.ts";
import type { LogFile } from "./log-file.ts";
import { openAuditLogOn } from "./open-audit-log.ts";
import { changeLines, checkedInBackground, fill, filledLog, linesOf } from "./testing/filled-log.ts";
import type { TestOptions } from "./testing/filled-log.ts";
import { fileOf, keptLog, must } from "./testing/open-test-log.ts";

/** Small enough that the logs of these tests are long. */
const readWhole = 100;
const checkpointOf = (options: TestOptions): string => join(options.directory, "checkpoint.json");

/** Opens a log and counts what is read of its file before it is open. */
const openCounting = async (options: TestOptions) => {
  let bytes = 0;
  const open = async (path: string): Promise<LogFile> => {
    const file = await openLogFile(path);
    return {
      ...file,
      read: async (position, length) => {
        bytes += length;
        return file.read(position, length);
      },
    };
  };
  const log = must(await openAuditLogOn(open, { ...options, readWhole }));
  return { log, bytes };
};

/** A closed long log whose record 700 was changed, with the same length. */
const changed = async (): Promise<TestOptions> => {
  const { options, log } = await filledLog(1_500);
  await log.close();
  changeLines(options, (lines) => {
    const at = lines.findIndex((line) => line.includes('"callId":"call-700"'));
    lines.splice(at, 1, (lines[at] ?? "").replace("call-700", "call-999"));
  });
  return options;
};

describe("opening a long log", () => {
  it("reads only what came after its checkpoint, and the rest while others work", async () => {
    const { options, log } = await filledLog(3_000);
    const head = must(await log.head());
    await log.close();
    const size = readFileSync(fileOf(options)).length;
    const { log: again, bytes } = await openCounting(options);
    expect(bytes).toBeLessThan(size / 4);
    expect(again.size()).toBe(3_000);
    expect(again.lastHead()).toMatchObject({ size: 3_000, root: head.root });
    expect(again.health().state).toBe("checking");
    expect(must(await again.list(2)).map(({ sequence }) => sequence)).toEqual([2_999, 2_998]);
    expect(must(await again.record({ event: "a:b", actor: "x", fields: {} })).sequence).toBe(3_000);
    expect(await checkedInBackground(again)).toMatchObject({ state: "sound", fault: null });
    expect(must(await again.verify())).toMatchObject({ ok: true, records: 3_001 });
    await again.close();
  });

  it("goes on from a checkpoint that is older than the end, as a crash leaves it", async () => {
    const { options, log } = await filledLog(400);
    await log.close();
    const kept = readFileSync(checkpointOf(options));
    const second = must(await openAuditLog(options));
    await fill(second, options, 400, 700);
    await second.close();
    writeFileSync(checkpointOf(options), kept);
    const third = must(await openAuditLog({ ...options, readWhole }));
    expect(third.size()).toBe(700);
    expect(must(await third.list(2, 500)).map(({ sequence }) => sequence)).toEqual([499, 498]);
    expect((await checkedInBackground(third)).state).toBe("sound");
    await third.close();
  });

  it("finds a change from before the checkpoint in the background, and says so loudly and on record", async () => {
    const options = await changed();
    const log = must(await openAuditLog({ ...options, readWhole }));
    expect(await checkedInBackground(log)).toMatchObject({ state: "damaged", fault: { record: 700 } });
    expect(options.log.lines.join("\n")).toMatch(/error the audit log is damaged/);
    while (log.size() === 1_500) await new Promise((resolve) => setTimeout(resolve, 2));
    const [newest] = must(await log.list(1));
    expect(newest).toMatchObject({ event: "audit:damaged", actor: "system", fields: { code: "AUDIT_DAMAGED" } });
    must(await log.record({ event: "a:b", actor: "x", fields: {} }));
    expect(must(await log.verify()).ok).toBe(false);
    expect(log.health().state).toBe("damaged");
    await log.close();
  });

  it("is closed in the middle of its background check without waiting for the rest", async () => {
    const { options, log } = await filledLog(2_500);
    await log.close();
    const again = must(await openAuditLog({ ...options, readWhole }));
    await again.close();
    expect(options.log.lines.filter((line) => line.startsWith("error"))).toEqual([]);
  });

  it("says that the background check could not be done", async () => {
    const { options, log } = await filledLog(300);
    await log.close();
    let isBroken = false;
    const details: TestOptions["details"] = {
      ...options.details,
      leaves: async (from, to) => {
        options.details.failing = isBroken;
        const rows = await options.details.range(from, to);
        options.details.failing = false;
        return rows;
      },
    };
    const again = must(await openAuditLog({ ...options, details, readWhole }));
    isBroken = true;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(options.log.lines.join("\n")).toContain("could not be checked after the start");
    expect(again.health().state).toBe("checking");
    await again.close();
  });

  it("reads everything when the checkpoint was changed, cut, or is of another vault", async () => {
    const options = await changed();
    const text = readFileSync(checkpointOf(options), "utf8");
    for (const forged of [
      text.replace(/"size":1500/, '"size":1499'),
      text.replace(/"hashes":0/, '"hashes":9'),
      text.slice(0, 50),
      "{}",
      "[]",
    ]) {
      expect(forged).not.toBe(text);
      writeFileSync(checkpointOf(options), forged);
      expect(await openAuditLog({ ...options, readWhole })).toMatchObject({
        ok: false,
        error: { code: "AUDIT_DAMAGED" },
      });
    }
    const other = checkpointStore(options.directory, options.signingSeed, options.log);
    writeFileSync(checkpointOf(options), text);
    expect(await other.read()).toBeNull();
  });

  it("goes on without a checkpoint that cannot be written", async () => {
    const { options, log } = await filledLog(10);
    mkdirSync(`${checkpointOf(options)}.new`);
    await log.close();
    expect(options.log.lines.join("\n")).toContain("warn the checkpoint of the audit log could not be written");
    expect(existsSync(checkpointOf(options))).toBe(false);
    const again = must(await openAuditLog(options));
    expect(again.size()).toBe(10);
    await again.close();
    chmodSync(options.directory, 0o700);
  });

  it("writes checkpoints while records flow, so that a crash costs little", async () => {
    const { options, log } = await filledLog(16_400);
    must(await log.head()); // comes after the flush and all that belongs to it
    const stored = JSON.parse(readFileSync(checkpointOf(options), "utf8")) as { size: number }; // written by this very log
    expect(stored.size).toBeGreaterThanOrEqual(16_384);
    await log.close();
  });
});

describe("a checkpoint of a log of any length", () => {
  /** A closed log with several heads, of which one in the middle is taken away. */
  const withoutHead = async (): Promise<TestOptions> => {
    const { options, log } = await filledLog(500);
    await log.close();
    changeLines(options, (lines) => {
      const heads = lines.flatMap((line, at) => (line.startsWith('{"head"') ? [at] : []));
      lines.splice(heads[1] ?? 0, 1);
    });
    return options;
  };

  it("shows that a signed head was taken away", async () => {
    const options = await withoutHead();
    expect(await openAuditLog(options)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
  });

  it("shows that the end was cut, when nothing else would", async () => {
    const { options, log } = await filledLog(500);
    await log.close();
    writeFileSync(fileOf(options), `${linesOf(options).slice(0, 50).join("\n")}\n`);
    options.details.rows.length = 49;
    options.details.acknowledgedRows = 49;
    expect(await openAuditLog(options)).toMatchObject({ ok: false, error: { code: "AUDIT_DAMAGED" } });
    const accepted = must(await openAuditLog({ ...options, acceptLoss: true }));
    await accepted.close();
    const again = must(await openAuditLog(options));
    expect(must(await again.verify()).ok).toBe(true);
    await again.close();
  });

  it("unplug: without it, a head that was taken away is not missed", async () => {
    const options = await withoutHead();
    rmSync(checkpointOf(options));
    const log = must(await openAuditLog(options));
    expect(must(await log.verify()).ok).toBe(true);
    await log.close();
  });

  it("unplug: whoever has its key has opening skip what they changed", async () => {
    const options = await changed();
    rmSync(checkpointOf(options));
    expect((await openAuditLog({ ...options, readWhole })).ok).toBe(false);
    const file = await openLogFile(fileOf(options));
    const lines = linesOf(options);
    const { createLogChecker } = await import("./check-log.ts");
    const checker = createLogChecker({ publicKey: null, head: null, depth: "hashes" });
    for (const line of lines) checker.push(Buffer.from(line));
    const store = checkpointStore(options.directory, options.commitmentKey, keptLog());
    await store.write(
      { tree: checker.tree.state(), bytes: await file.size(), hashes: 0, lastHead: checker.lastHead() },
      file,
    );
    await file.close();
    const log = must(await openAuditLog({ ...options, readWhole }));
    // And the check in the background finds it all the same.
    expect((await checkedInBackground(log)).state).toBe("damaged");
    await log.close();
  });
});
