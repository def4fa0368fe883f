/**
 * A child process for the crash test: appends to a real log and prunes it again and again, says each acknowledged sequence
 * and each pruned count, and waits to be killed. Its side table is a file too, so that both survive.
 */
import { readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { instantOf, ok } from "@moltbot/contracts";
import { createContentSealer } from "../../crypto/index.ts";
import { openAuditLog } from "../index.ts";
import { fileDetails } from "./file-details.ts";
import { keptLog, must } from "./fakes.ts";

const [directory = ""] = process.argv.slice(2);
const key = new Uint8Array(32).fill(3);
let now = Number(readFileSync(join(directory, "..", "clock"), "utf8"));
const log = must(
  await openAuditLog({
    directory,
    signingSeed: key,
    commitmentKey: key,
    content: createContentSealer({ find: () => key, findOrCreate: () => ok(key) }),
    details: fileDetails(join(directory, "..", "rows.jsonl")),
    clock: { now: () => instantOf((now += 1)), monotonic: () => now },
    log: keptLog(),
  }),
);
const say = (word: string, count: number): void => void writeSync(1, `${word} ${String(count)} ${String(now)}\n`);
say("open", log.size());
const lane = async (): Promise<never> => {
  for (;;) say("recorded", must(await log.record({ event: "tool:done", actor: "system", fields: {} })).sequence);
};
const prune = async (): Promise<never> => {
  for (;;) {
    say("pruned", must(await log.prune(instantOf(now - 10))));
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
};
await Promise.all([prune(), ...Array.from({ length: 5 }, lane)]);
