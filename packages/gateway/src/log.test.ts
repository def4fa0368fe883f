import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openLog } from "./log.ts";
import { VERSION } from "./version.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = (): string => join(folder, "gateway.jsonl");

describe("the program's log", () => {
  it("is JSON Lines with time, level, message and ids, durable line by line, for this user alone", () => {
    const log = openLog(folder, "info");
    log.debug("unheard");
    log.info("ready", { turns: 2 });
    log.setLevel("error");
    log.warn("unheard");
    log.error("broken");
    const lines = readFileSync(file(), "utf8")
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(lines).toEqual([
      { level: "info", timestamp: expect.stringMatching(/^\d{4}-.*Z$/) as unknown, turns: 2, message: "ready" },
      { level: "error", timestamp: expect.any(String) as unknown, message: "broken" },
    ]);
    expect(statSync(file()).mode & 0o077).toBe(0);
  });

  it("keeps one older file when it has grown large", () => {
    writeFileSync(file(), "x".repeat(10 * 1024 * 1024 + 1));
    openLog(folder, "info").info("new");
    expect(existsSync(`${file()}.1`)).toBe(true);
    expect(statSync(file()).size).toBeLessThan(1_000);
  });
});

describe("the version", () => {
  it("is the one in package.json", () => {
    const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8"));
    expect(manifest).toMatchObject({ version: VERSION });
  });
});
