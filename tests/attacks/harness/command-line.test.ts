import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const SCRIPT = join(import.meta.dirname, "..", "..", "..", "scripts", "attack.ts");
const folder = mkdtempSync(join(tmpdir(), "moltbot-attack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const attack = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
};

describe("the harness on the command line", { timeout: 60_000 }, () => {
  it("says what there is", () => {
    const { status, stdout } = attack("--help");
    expect(status).toBe(0);
    for (const word of ["flow", "paths", "ssrf", "exec", "--corpus", "--json", "Exit code"])
      expect(stdout).toContain(word);
  });

  it.each(["paths", "ssrf", "exec"])("shows what a corpus of %s looks like", (kind) => {
    const { status, stdout } = attack(kind, "--help");
    expect(status).toBe(0);
    const example = /\{ .* \}/.exec(stdout)?.[0] ?? "";
    expect(Object.keys(JSON.parse(example) as object)).not.toEqual([]); // the example is JSON
  });

  it.each([
    [[], "No kind of attack is named.", "Choose one of"],
    [["pahts"], 'no kind of attack called "pahts"', "Choose one of"],
    [["exec"], "No corpus is named", '"expectDenied"'],
    [["paths", "--corpus", "/nowhere.json"], "no such file", '"paths"'],
    [["ssrf", "--corpsu", "x"], "--corpsu", "--help"],
    [["ssrf", "exec", "--corpus", "x"], "exec", "--help"],
  ])("plays nothing with %j, and says what to do", (args, problem, next) => {
    const { status, stdout, stderr } = attack(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain(problem);
    expect(stderr).toContain(next);
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  it.each(["paths", "ssrf", "exec"])("names the file that is no corpus of %s", (kind) => {
    const file = join(folder, `${kind}.json`);
    writeFileSync(file, "\uFEFF{}");
    const { status, stderr } = attack(kind, "--corpus", file, "--json");
    expect(status).toBe(2);
    expect(stderr).toContain(`${file}: This`);
    expect(stderr).not.toContain("no JSON");
    expect(stderr).toContain("Give --corpus FILE with a file such as {");
  });
});
