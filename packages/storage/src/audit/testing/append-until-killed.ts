/**
 * A child process for the crash test: appends to a real log for ever, prints each acknowledged sequence, and waits to be
 * killed. Its side table is a file too, so that both survive.
 */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { ok } from "@moltbot/contracts";
import { createContentSealer } from "../../crypto/index.ts";
import { openAuditLog } from "../index.ts";
import { fileDetails } from "./file-details.ts";
import { handClock, keptLog, must } from "./fakes.ts";

const [directory = ""] = process.argv.slice(2);
const key = new Uint8Array(32).fill(3);
const content = createContentSealer({ find: () => key, findOrCreate: () => ok(key) });
const log = must(
  await openAuditLog({
    directory,
    signingSeed: key,
    commitmentKey: key,
    content,
    details: fileDetails(join(directory, "..", "rows.jsonl")),
    clock: handClock(),
    log: keptLog(),
  }),
);
const acknowledged = openSync(join(directory, "..", "acknowledged"), "a");
process.on("exit", () => {
  fsyncSync(acknowledged);
  closeSync(acknowledged);
});
const lane = async (): Promise<never> => {
  for (;;) {
    const record = must(await log.record({ event: "tool:done", actor: "system", fields: {}, details: { a: "b" } }));
    writeSync(acknowledged, `${record.sequence}\n`);
  }
};
await Promise.all(Array.from({ length: 20 }, lane));
