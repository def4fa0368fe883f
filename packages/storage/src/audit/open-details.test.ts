import { describe, expect, it } from "vitest";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createContentSealer } from "../crypto/index.ts";
import { openAuditLog } from "./index.ts";
import { handClock, keptLog, memoryDetails, must } from "./testing/fakes.ts";
import { err, moltbotError, ok } from "@moltbot/contracts";

const setUp = async () => {
  const key = new Uint8Array(32).fill(3);
  const erased = new Set<string>();
  const content = createContentSealer({
    find: (subject) => (erased.has(subject) ? null : key),
    findOrCreate: (subject) =>
      erased.has(subject) ? err(moltbotError("CONTENT_UNREADABLE", { kind: "record", id: subject })) : ok(key),
  });
  const details = memoryDetails();
  const log = must(
    await openAuditLog({
      directory: join(mkdtempSync(join(tmpdir(), "moltbot-details-")), "audit"),
      signingSeed: key,
      commitmentKey: key,
      content,
      details,
      clock: handClock(),
      log: keptLog(),
    }),
  );
  const record = async (host: string, subject = "person:1") =>
    must(
      await log.record({
        event: "egress:connected",
        actor: "system",
        fields: {},
        details: { host, secret: "x" },
        subject,
      }),
    );
  return { log, details, record, erased };
};

describe("details of records", () => {
  it("open for the records that are asked for, wherever they stand", async () => {
    const { log, record } = await setUp();
    const records = [];
    for (let n = 0; n < 150; n += 1) records.push(await record(`host-${String(n)}.example:443`));
    const bare = must(await log.record({ event: "turn:ended", actor: "system", fields: {} }));
    const wanted = [records[149], records[0], records[70], bare].filter((one) => one !== undefined);
    const found = must(await log.detailsOf(wanted));
    expect([...found]).toEqual([
      [0, { host: "host-0.example:443", secret: "x" }],
      [70, { host: "host-70.example:443", secret: "x" }],
      [149, { host: "host-149.example:443", secret: "x" }],
    ]);
    await log.close();
  });

  it("are left out where the key was erased, the row was dropped, or it is another record's", async () => {
    const { log, details, record, erased } = await setUp();
    const records = [
      await record("a"),
      await record("b", "person:2"),
      await record("c"),
      await record("d"),
      await record("e"),
    ];
    erased.add("person:2");
    const [, , dropped, swapped, last] = details.rows;
    if (dropped === undefined || swapped === undefined || last === undefined) throw new Error("rows are missing");
    details.rows[2] = { ...dropped, sealed: null };
    details.rows[3] = { ...swapped, sealed: last.sealed };
    const found = must(await log.detailsOf(records));
    expect([...found.values()].map(({ host }) => host)).toEqual(["a", "e"]);
    const [first] = records;
    if (first === undefined) throw new Error("no record");
    const forged = { ...first, commitments: { ...first.commitments, host: "0".repeat(64) } };
    expect(must(await log.detailsOf([forged])).size).toBe(0);
    details.failing = true;
    expect((await log.detailsOf(records)).ok).toBe(false);
  });
});
