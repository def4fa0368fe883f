import { mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { homeOf, keyFolderOf, overridesOf, processEnvironment, readPassphrase } from "./index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "moltbot-environment-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("the environment", () => {
  it("says where state lies", () => {
    expect(homeOf({})).toBe(join(homedir(), ".moltbot"));
    expect(homeOf({ MOLTBOT_HOME: "" })).toBe(join(homedir(), ".moltbot"));
    expect(homeOf({ MOLTBOT_HOME: "/a/b" })).toBe("/a/b");
    expect(homeOf({ MOLTBOT_HOME: "b" })).toBe(join(process.cwd(), "b"));
  });

  it("keeps key files outside every home", () => {
    expect(keyFolderOf({})).toBe(join(homedir(), ".config", "moltbot", "keys"));
    expect(keyFolderOf({ XDG_CONFIG_HOME: "/c" })).toBe("/c/moltbot/keys");
    expect(keyFolderOf({ XDG_CONFIG_HOME: "relative" })).toBe(join(homedir(), ".config", "moltbot", "keys"));
  });

  it("overrides the keys it names and no other", () => {
    expect(
      overridesOf({ MOLTBOT_PORT: "1", MOLTBOT_HOST: "", MOLTBOT_MODEL: "local", MOLTBOT_NONSENSE: "x", PATH: "y" }),
    ).toEqual({ gateway: { port: "1" }, models: { default: "local" } });
  });

  it("is the process's own when nobody hands one in", () => {
    expect(processEnvironment()).toBe(process.env);
  });
});

describe("the passphrase", () => {
  it("comes from a file or a descriptor, without the line's end", () => {
    const file = join(folder, "p");
    writeFileSync(file, "correct horse \r\n");
    expect(readPassphrase({ descriptor: null, file })).toEqual({ ok: true, value: "correct horse " });
    expect(readPassphrase({ descriptor: openSync(file, "r"), file: null })).toEqual({
      ok: true,
      value: "correct horse ",
    });
    expect(readPassphrase({ descriptor: null, file: null })).toEqual({ ok: true, value: null });
  });

  it("that cannot be read locks the vault, instead of counting as none", () => {
    expect(readPassphrase({ descriptor: null, file: join(folder, "missing") })).toMatchObject({
      ok: false,
      error: { code: "VAULT_LOCKED", context: { problem: expect.stringContaining("ENOENT") as unknown } },
    });
    expect(readPassphrase({ descriptor: 9_999, file: null })).toMatchObject({
      ok: false,
      error: { code: "VAULT_LOCKED" },
    });
  });

  it.each(["", "\n", "\r\n"])("that is empty (%j) locks the vault, instead of sealing it with nothing", (text) => {
    const file = join(folder, "p");
    writeFileSync(file, text);
    expect(readPassphrase({ descriptor: null, file })).toMatchObject({ ok: false, error: { code: "VAULT_LOCKED" } });
  });
});
