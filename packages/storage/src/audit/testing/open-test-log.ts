import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { randomBytes } from "../../crypto/index.ts";
import type { AuditLogOptions } from "../open-audit-log.ts";
import { handClock, keptLog, memoryDetails, memorySealer } from "./fakes.ts";

export { fragileFile, handClock, keptLog, must } from "./fakes.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A fresh folder that is gone when the tests are. */
export const ownFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "moltbot-audit-"));
  folders.push(folder);
  return folder;
};

/** Everything that opening needs, in a folder of its own. */
export const testOptions = () => {
  const { content, keys } = memorySealer();
  return {
    directory: join(ownFolder(), "audit"),
    signingSeed: randomBytes(32),
    commitmentKey: randomBytes(32),
    content,
    keys,
    details: memoryDetails(),
    clock: handClock(),
    log: keptLog(),
  } satisfies AuditLogOptions & { keys: unknown };
};

export const fileOf = (options: Pick<AuditLogOptions, "directory">): string => join(options.directory, "log.jsonl");
