import { readFileSync, writeFileSync } from "node:fs";
import type { AuditEvent } from "@moltbot/contracts";
import { openAuditLog } from "../index.ts";
import type { AuditLog } from "../index.ts";
import { fileOf, must, testOptions } from "./open-test-log.ts";

export type TestOptions = ReturnType<typeof testOptions>;

const eventOf = (n: number): AuditEvent => ({
  event: n % 3 === 0 ? "tool:intended" : "tool:settled",
  actor: `agent-${String(n % 5)}`,
  fields: { n, callId: `call-${String(n)}`, tool: n % 2 === 0 ? "calc" : "files.read" },
  ...(n % 4 === 0 ? { details: { to: `p${String(n)}` }, subject: `person:${String(n % 7)}` } : {}),
});

/** Adds so many records, in batches, a day apart every hundred. */
export const fill = async (log: AuditLog, options: TestOptions, from: number, to: number): Promise<void> => {
  for (let begin = from; begin < to; begin += 100) {
    const batch = Array.from({ length: Math.min(100, to - begin) }, (_unused, at) => log.record(eventOf(begin + at)));
    for (const recorded of await Promise.all(batch)) must(recorded);
    options.clock.pass(24 * 3_600_000);
  }
};

/** An open log of so many records. */
export const filledLog = async (count: number): Promise<{ readonly options: TestOptions; readonly log: AuditLog }> => {
  const options = testOptions();
  const log = must(await openAuditLog(options));
  await fill(log, options, 0, count);
  return { options, log };
};

/** Changes the lines of a log's file. */
export const changeLines = (options: TestOptions, edit: (lines: string[]) => void): void => {
  const lines = readFileSync(fileOf(options), "utf8").trimEnd().split("\n");
  edit(lines);
  writeFileSync(fileOf(options), `${lines.join("\n")}\n`);
};

export const linesOf = (options: TestOptions): string[] => readFileSync(fileOf(options), "utf8").trimEnd().split("\n");

/** Waits until the check in the background came to an end. */
export const checkedInBackground = async (log: AuditLog): Promise<ReturnType<AuditLog["health"]>> => {
  for (let tries = 0; log.health().state === "checking" && tries < 2_000; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return log.health();
};
