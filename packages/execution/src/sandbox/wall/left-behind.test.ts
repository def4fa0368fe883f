import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { endLeftBehind } from "./left-behind.ts";

const isLinux = process.platform === "linux";

describe.skipIf(!isLinux)(`what a killed gateway left behind${isLinux ? "" : " (skipped: it needs Linux)"}`, () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "moltbot-left-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A process that is called so, with these words; gives how it ends. */
  const processOf = (name: string, ...words: readonly string[]): Promise<NodeJS.Signals | null> => {
    if (!existsSync(join(folder, name))) copyFileSync("/bin/sh", join(folder, name));
    const child = spawn(join(folder, name), ["-c", "read line", "sh", ...words], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    setTimeout(() => child.stdin?.end("\n"), 1_000);
    return new Promise((resolve) => void child.once("exit", (_code, how) => resolve(how)));
  };

  it("is ended where it is a wall on one of these copies, and nothing else is", async () => {
    const copies = join(folder, "copies");
    const started = [
      processOf("bwrap", "--bind", join(copies, "one", "two"), "/workspace"),
      processOf("bwrap", "--bind", join(folder, "copies of others", "two"), "/workspace"),
      processOf("bwrap", "--ro-bind", join(copies, "one"), "/workspace"),
      processOf("editor", "--bind", join(copies, "one"), "/workspace"),
    ];
    // Each is there when its start has been told of.
    await new Promise((resolve) => void setTimeout(resolve, 300));
    expect(endLeftBehind(copies)).toBe(1);
    expect(await Promise.all(started)).toEqual(["SIGKILL", null, null, null]);
    expect(endLeftBehind(copies)).toBe(0);
  });
});
