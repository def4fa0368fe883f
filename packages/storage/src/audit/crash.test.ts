import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ok } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { createContentSealer } from "../crypto/index.ts";
import { openAuditLog } from "./index.ts";
import { fileDetails } from "./testing/file-details.ts";
import { handClock, keptLog, must, ownFolder } from "./testing/open-test-log.ts";

const child = fileURLToPath(new URL("./testing/append-until-killed.ts", import.meta.url));

/** Runs the child until it has acknowledged more, kills it at once, and waits until it is gone. */
const appendAndKill = async (directory: string): Promise<void> => {
  const told = join(directory, "..", "acknowledged");
  const before = existsSync(told) ? statSync(told).size : 0;
  const running = spawn(process.execPath, [child, directory], { stdio: ["ignore", "ignore", "pipe"] });
  const errors: string[] = [];
  running.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const gone = new Promise((resolve) => running.once("exit", resolve));
  const deadline = Date.now() + 10_000;
  while (!existsSync(told) || statSync(told).size < before + 400) {
    if (Date.now() > deadline || running.exitCode !== null)
      throw new Error(`the child wrote nothing: ${errors.join("")}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  running.kill("SIGKILL");
  await gone;
};

describe("a log whose process was killed while it appended", () => {
  it("holds every acknowledged record after each of two kills and verifies", { timeout: 40_000 }, async () => {
    const directory = join(ownFolder(), "audit");
    for (let round = 0; round < 2; round += 1) {
      await appendAndKill(directory);
      const key = new Uint8Array(32).fill(3);
      const log = must(
        await openAuditLog({
          directory,
          signingSeed: key,
          commitmentKey: key,
          content: createContentSealer({ find: () => key, findOrCreate: () => ok(key) }),
          details: fileDetails(join(directory, "..", "rows.jsonl")),
          clock: handClock(),
          log: keptLog(),
        }),
      );
      const told = readFileSync(join(directory, "..", "acknowledged"), "utf8")
        .split("\n")
        .filter(Boolean)
        .map(Number);
      expect(told.length).toBeGreaterThan(50);
      expect(log.size()).toBeGreaterThan(Math.max(...told));
      expect(must(await log.verify())).toMatchObject({ ok: true, faults: [] });
      await log.close();
    }
  });
});
